import JSON

/// The checks of one look at a container.
struct HealthReport: Sendable {
  let level: HealthOptions.Level
  let checks: [HealthCheck]
  let seconds: Double

  var isHealthy: Bool { checks.allSatisfy(\.isHealthy) }

  /// One line a check, hints below those that failed.
  var text: String {
    let passed = checks.count { $0.isHealthy }
    var output = "\(level.rawValue): \(isHealthy ? "healthy" : "unhealthy"), \(passed) of \(checks.count) checks"
    output += " passed in \(Stopwatch.text(seconds)) s\n"
    let width = checks.map(\.name.count).max() ?? 0
    for check in checks {
      let name = check.name + String(repeating: " ", count: width - check.name.count)
      output += "  \(check.isHealthy ? "ok  " : "FAIL")  \(name)  \(Stopwatch.text(check.seconds)) s  \(check.detail)\n"
      if let hint = check.hint { output += "        hint: \(hint)\n" }
    }
    return output
  }

  var json: JSONValue {
    .object([
      "level": .string(level.rawValue), "ok": .bool(isHealthy), "seconds": .number(Stopwatch.text(seconds)),
      "checks": .array(checks.map(\.json)),
    ])
  }
}
