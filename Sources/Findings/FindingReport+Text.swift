public import JSON

extension FindingReport {
  /// The report for people: a block for each finding, then the counts.
  ///
  /// The first line is `PLACE: SEVERITY: MESSAGE [RULE]`, which editors and terminals can follow.
  public func text(color: Bool = false) -> String {
    var text = ""
    for finding in findings {
      let place = finding.place.map { "\($0.description): " } ?? ""
      text += "\(place)\(Self.painted(finding.severity, color)): \(finding.message) [\(finding.rule.id)]\n"
      if let hint = finding.hint { text += "  hint: \(hint)\n" }
    }
    return text + "\(subject): \(summary)\n"
  }

  /// The counts in words.
  public var summary: String {
    if findings.isEmpty { return "nothing found by \(rules.count) rules" }
    let kinds = counts.map { "\($0.count) \($0.severity.rawValue)" }.joined(separator: ", ")
    return "\(findings.count) finding\(findings.count == 1 ? "" : "s") (\(kinds))"
  }

  private static func painted(_ severity: Severity, _ color: Bool) -> String {
    guard color else { return severity.rawValue }
    let code =
      switch severity {
      case .info: "36"
      case .low: "34"
      case .medium: "33"
      case .high: "31"
      case .critical: "1;31"
      }
    return "\u{1B}[\(code)m\(severity.rawValue)\u{1B}[0m"
  }

  /// The report as JSON.
  public var json: JSONValue {
    .object([
      "subject": .string(subject),
      "counts": .object(counts.map { JSONMember($0.severity.rawValue, .integer($0.count)) }),
      "rules": .strings(rules.map(\.id)),
      "findings": .array(
        findings.map { finding in
          .object([
            "rule": .string(finding.rule.id), "severity": .string(finding.severity.rawValue),
            "file": (finding.place?.file).map(JSONValue.string), "line": (finding.place?.line).map { .integer($0) },
            "column": (finding.place?.column).map { .integer($0) }, "subject": finding.subject.map(JSONValue.string),
            "message": .string(finding.message), "hint": finding.hint.map(JSONValue.string),
          ])
        }),
    ])
  }
}
