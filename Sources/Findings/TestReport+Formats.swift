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

  /// The report as JUnit XML, in the form that CI systems read (the schema of the Jenkins xUnit plugin).
  public var junit: String {
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    let counts = "tests=\"\(cases.count)\" failures=\"\(failures.count)\" errors=\"0\""
    xml += "<testsuites \(counts) time=\"\(Self.seconds(duration))\">\n"
    xml += "  <testsuite name=\"\(Self.escape(subject))\" \(counts) skipped=\"0\" time=\"\(Self.seconds(duration))\">\n"
    for test in cases {
      let name = "name=\"\(Self.escape(test.name))\" classname=\"\(Self.escape("\(subject).\(test.group)"))\""
      xml += "    <testcase \(name) time=\"\(Self.seconds(test.duration))\""
      switch test.outcome {
      case .passed: xml += "/>\n"
      case .failed(let reason, let output):
        xml += ">\n      <failure message=\"\(Self.escape(reason))\">\(Self.escape(output))</failure>\n"
        xml += "    </testcase>\n"
      }
    }
    return xml + "  </testsuite>\n</testsuites>\n"
  }

  /// A time in seconds with three digits after the point.
  public static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    let fraction = String(milliseconds % 1000)
    return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
  }

  /// XML's five entities; characters that XML 1.0 (section 2.2) has no way to write become U+FFFD.
  static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&apos;"
      case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
