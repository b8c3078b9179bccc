internal import Host
public import Findings
public import JSON

extension HealthResult {
  /// The result as a test, for reports.
  public var testCase: TestReport.Case {
    TestReport.Case(
      name: "the health check succeeds", group: "health", duration: duration,
      outcome: isHealthy ? .passed : .failed(reason: summary, output: log), detail: isHealthy ? summary : nil)
  }

  /// A line for each check with its times in seconds, its exit code and what it printed.
  public var log: String {
    var lines = probes.map { probe in
      let times = "\(TestReport.seconds(probe.start))-\(TestReport.seconds(probe.end)) s"
      let output = probe.output.lines.filter { !$0.isEmpty }.joined(separator: "\n  ")
      return "\(times)  exit code \(probe.exitCode)\(output.isEmpty ? "" : "\n  \(output)")"
    }
    if case .ended(_, let output) = verdict, !output.isEmpty { lines.append(output) }
    return lines.joined(separator: "\n")
  }

  /// The result as JSON; the checks as `docker inspect` shows them, with times in seconds since the start.
  public var json: JSONValue {
    .object([
      "healthy": .bool(isHealthy), "summary": .string(summary), "seconds": .number(TestReport.seconds(duration)),
      "log": .array(
        probes.map { probe in
          .object([
            "start": .number(TestReport.seconds(probe.start)), "end": .number(TestReport.seconds(probe.end)),
            "exitCode": .integer(probe.exitCode), "output": .string(probe.output),
          ])
        }),
    ])
  }
}
