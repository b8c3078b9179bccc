public import JSON

extension TestReport {
  /// The report for people: a line a test, then what failed with its output.
  public func text(color: Bool = false) -> String {
    let green = color ? "\u{1B}[32m" : ""
    let red = color ? "\u{1B}[31m" : ""
    let plain = color ? "\u{1B}[0m" : ""
    let width = cases.map(\.name.count).max() ?? 0
    var lines = cases.map { test in
      let mark = test.hasPassed ? "\(green)ok  \(plain)" : "\(red)FAIL\(plain)"
      let padding = String(repeating: " ", count: width - test.name.count)
      let line = "\(mark)  \(test.name)\(padding)  \(Self.seconds(test.duration)) s"
      return test.detail.map { "\(line)  \($0)" } ?? line
    }
    for test in failures {
      guard case .failed(let reason, let output) = test.outcome else { continue }
      lines.append("\n\(red)FAIL\(plain)  \(test.name): \(reason)")
      lines += output.split(separator: "\n", omittingEmptySubsequences: false).suffix(40).map { "      \($0)" }
    }
    lines.append("\(cases.count - failures.count) passed, \(failures.count) failed in \(Self.seconds(duration)) s")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The report as JSON.
  public var json: JSONValue {
    .object([
      "subject": .string(subject),
      "passed": .integer(cases.count - failures.count),
      "failed": .integer(failures.count),
      "tests": .array(
        cases.map { test in
          var reason: JSONValue?
          var printed: JSONValue?
          if case .failed(let text, let output) = test.outcome {
            reason = .string(text)
            printed = .string(output)
          }
          return .object([
            "name": .string(test.name), "group": .string(test.group),
            "outcome": .string(test.hasPassed ? "passed" : "failed"),
            "seconds": .number(Self.seconds(test.duration)),
            "detail": test.detail.map(JSONValue.string), "reason": reason, "output": printed,
          ])
        }),
    ])
  }

  /// The report as JUnit XML, in the form that CI systems read.
  ///
  /// - Parameter time: When the tests ran, in the form of RFC 3339.
  public func junit(at time: String) -> String {
    JUnitDocument(
      name: subject, time: time, seconds: Self.seconds(duration),
      cases: cases.map { test in
        var failure: JUnitDocument.Failure?
        if case .failed(let reason, let output) = test.outcome {
          failure = JUnitDocument.Failure(message: reason, kind: test.group, text: output)
        }
        return JUnitDocument.Case(
          name: test.name, className: "\(subject).\(test.group)", seconds: Self.seconds(test.duration),
          failure: failure)
      }
    ).text
  }

  /// A time in seconds with three digits after the point.
  public static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    let fraction = String(milliseconds % 1000)
    return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
  }
}
