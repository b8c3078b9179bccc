/// Results as JUnit XML, valid against the schema that Ant's and Jenkins's readers share (windyroad JUnit.xsd).
struct JUnitDocument {
  /// How one test ended.
  struct Case {
    let name: String
    let className: String
    let seconds: String
    /// Why it failed, if it did.
    let failure: Failure?
  }

  /// A failed test's reason in a line, its kind, and all that there is to read about it.
  struct Failure {
    let message: String
    let kind: String
    let text: String
  }

  let name: String
  /// When the tests ran, in the form of RFC 3339.
  let time: String
  let seconds: String
  let cases: [Case]

  var text: String {
    let failures = cases.count { $0.failure != nil }
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
    xml += "  <testsuite id=\"0\" package=\"drydock\" name=\"\(XMLText.escape(name))\" timestamp=\"\(timestamp)\""
    xml += " hostname=\"localhost\" tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"0\""
    xml += " time=\"\(seconds)\">\n    <properties/>\n"
    for test in cases {
      xml += "    <testcase name=\"\(XMLText.escape(test.name))\" classname=\"\(XMLText.escape(test.className))\""
      xml += " time=\"\(test.seconds)\""
      if let failure = test.failure {
        xml += ">\n      <failure message=\"\(XMLText.escape(failure.message))\""
        xml += " type=\"\(XMLText.escape(failure.kind))\">"
        xml += "\(XMLText.escape(failure.text))</failure>\n    </testcase>\n"
      } else {
        xml += "/>\n"
      }
    }
    return xml + "    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n"
  }

  /// The schema's form of a time has no zone.
  private var timestamp: String { String(time.prefix(19)) }
}

/// What XML needs.
package enum XMLText {
  /// XML's five entities; characters that XML 1.0 (section 2.2) has no way to write become U+FFFD.
  package static func escape(_ text: String) -> String {
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
