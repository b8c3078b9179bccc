extension FindingReport {
  /// The report as JUnit XML: a rule without findings is a test that passed, each finding is one of its own.
  ///
  /// - Parameters:
  ///   - threshold: From which severity a finding is a failure; those below it are tests that passed.
  ///   - time: When the check ran, in the form of RFC 3339.
  public func junit(failingAt threshold: Severity?, at time: String) -> String {
    let found = Dictionary(grouping: findings, by: \.rule.id)
    let cases = rules.flatMap { rule -> [JUnitDocument.Case] in
      guard let findings = found[rule.id] else {
        return [JUnitDocument.Case(name: rule.summary, className: rule.id, seconds: "0", failure: nil)]
      }
      return findings.map { finding in
        let isFailure = threshold.map { finding.severity >= $0 } ?? false
        let details = [finding.place?.description, finding.message, finding.hint.map { "hint: \($0)" }]
        return JUnitDocument.Case(
          name: finding.subject.map { "\($0): \(finding.message)" } ?? finding.message, className: rule.id,
          seconds: "0",
          failure: isFailure
            ? JUnitDocument.Failure(
              message: finding.message, kind: finding.severity.rawValue,
              text: details.compactMap(\.self).joined(separator: "\n"))
            : nil)
      }
    }
    return JUnitDocument(name: subject, time: time, seconds: "0", cases: cases).text
  }

  /// The report as workflow commands, of which GitHub makes annotations in the code.
  ///
  /// Specification: GitHub Actions, "Workflow commands", on properties and on the escaping of data.
  public var annotations: String {
    findings.map { finding in
      var properties: [String] = []
      if let place = finding.place {
        properties.append("file=\(Self.property(place.file))")
        if let line = place.line { properties.append("line=\(line)") }
        if let column = place.column { properties.append("col=\(column)") }
      }
      properties.append("title=\(Self.property(finding.rule.id))")
      let text = finding.message + (finding.hint.map { "\nhint: \($0)" } ?? "")
      return "::\(finding.severity.annotation) \(properties.joined(separator: ","))::\(Self.data(text))\n"
    }.joined()
  }

  private static func data(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": escaped += "%25"
      case "\r": escaped += "%0D"
      case "\n": escaped += "%0A"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func property(_ text: String) -> String {
    var escaped = ""
    for character in data(text) {
      switch character {
      case ":": escaped += "%3A"
      case ",": escaped += "%2C"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
