internal import OCI

extension MetadataTest {
  /// Compares a configuration with what is asked of it: a verdict for each thing asked, with its name.
  func checks(_ image: ImageRoot) -> [(name: String, verdict: Verdict)] {
    let config = image.config
    var checks: [(name: String, verdict: Verdict)] = []
    func add(_ name: String, _ problem: String?) {
      checks.append((name, problem.map { Verdict(problem: $0) } ?? Verdict()))
    }
    let variables = image.variables
    for entry in environment { add("variable \(entry.name)", entry.problem(variables[entry.name], "the variable")) }
    for name in unboundVariables {
      add("no variable \(name)", variables[name].map { "the variable \(name) is set to '\($0)'" })
    }
    for entry in labels { add("label \(entry.name)", entry.problem(config.labels[entry.name], "the label")) }
    if let entrypoint { add("entrypoint", Self.difference(entrypoint, config.entrypoint, "the entrypoint")) }
    if let command { add("command", Self.difference(command, config.command, "the command")) }
    let ports = config.exposedPorts
    for port in exposedPorts { add("port \(port)", Self.has(ports, port) ? nil : "the port \(port) is not exposed") }
    for port in unexposedPorts { add("no port \(port)", Self.has(ports, port) ? "the port \(port) is exposed" : nil) }
    for path in volumes { add("volume \(path)", config.volumes.contains(path) ? nil : "\(path) is no volume") }
    for path in unmountedVolumes {
      add("no volume \(path)", config.volumes.contains(path) ? "\(path) is a volume" : nil)
    }
    if let workingDirectory {
      add("workdir", Self.difference(workingDirectory, config.workingDirectory ?? "", "the working directory"))
    }
    if let user { add("user", Self.difference(user, config.user ?? "", "the user")) }
    if let healthcheck {
      let found = config.healthcheck?.test.words ?? ["NONE"]
      add("healthcheck", Self.difference(healthcheck.words, found, "the health check"))
    }
    return checks
  }

  private static func difference<Value: Equatable>(_ expected: Value, _ found: Value, _ what: String) -> String? {
    expected == found ? nil : "\(what) is \(found), expected \(expected)"
  }

  /// Whether a port is exposed; without a protocol, by any.
  private static func has(_ ports: [String], _ port: String) -> Bool {
    ports.contains(port) || (!port.contains("/") && ports.contains { $0.split(separator: "/").first == port[...] })
  }
}

extension MetadataTest.Entry {
  /// What is wrong with a value, nil if nothing is.
  fileprivate func problem(_ found: String?, _ what: String) -> String? {
    guard let found else { return "\(what) \(name) is not set" }
    switch value {
    case .text(let text): return found == text ? nil : "\(what) \(name) is '\(found)', expected '\(text)'"
    case .pattern(let pattern):
      return pattern.matches(found) ? nil : "\(what) \(name) is '\(found)', which does not match '\(pattern)'"
    }
  }
}

extension Healthcheck.Test {
  /// The words of a configuration's `Test`.
  var words: [String] {
    switch self {
    case .exec(let words): ["CMD"] + words
    case .shell(let line): ["CMD-SHELL", line]
    case .none: ["NONE"]
    }
  }
}
