internal import Host
internal import JSON

/// One result in the output of a script: a line of JSON.
struct CheckLine: Sendable, Equatable {
  /// What was checked.
  let check: String
  /// Whether it held.
  let isOK: Bool
  /// How long it took.
  let duration: Duration
  /// What was found, or why it did not hold.
  let detail: String?

  /// Reads a line; nil for one that is something else.
  init?(parsing line: some StringProtocol) {
    guard line.first == "{", let value = try? JSONValue(parsing: String(line)), let check = value["check"]?.string,
      let isOK = value["ok"]?.bool
    else { return nil }
    self.check = check
    self.isOK = isOK
    let seconds = value["seconds"]?.double ?? 0
    duration = seconds.isFinite && seconds >= 0 && seconds < 1e6 ? .milliseconds(Int64(seconds * 1000)) : .zero
    detail = value["detail"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Splits an output into results and everything else.
  static func split(_ output: String) -> (checks: [CheckLine], rest: String) {
    var checks: [CheckLine] = []
    var rest: [Substring] = []
    for line in output.lines {
      if let check = CheckLine(parsing: line) { checks.append(check) } else { rest.append(line) }
    }
    return (checks, rest.joined(separator: "\n"))
  }
}
