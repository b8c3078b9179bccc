/// What a check looked for and what it found.
public struct FindingReport: Sendable, Hashable {
  /// What was checked, for example an image's name or its folder.
  public let subject: String
  /// The rules that were applied, sorted by identifier; those without a finding held.
  public let rules: [Finding.Rule]
  /// The findings: the worst first, then by place, subject and rule.
  public let findings: [Finding]

  /// Joins rules and findings; equal findings count once.
  public init(subject: String, rules: [Finding.Rule], findings: [Finding]) {
    self.subject = subject
    self.rules = Set(rules + findings.map(\.rule)).sorted { $0.id < $1.id }
    self.findings = Set(findings).sorted(by: Self.precedes)
  }

  /// The findings that a gate counts.
  public func failures(atOrAbove threshold: Severity?) -> [Finding] {
    guard let threshold else { return [] }
    return findings.filter { $0.severity >= threshold }
  }

  /// How many findings there are of each severity, the worst first, without those that have none.
  public var counts: [(severity: Severity, count: Int)] {
    Severity.allCases.reversed().compactMap { severity in
      let count = findings.count { $0.severity == severity }
      return count == 0 ? nil : (severity, count)
    }
  }

  private static func precedes(_ first: Finding, _ second: Finding) -> Bool {
    if first.severity != second.severity { return first.severity > second.severity }
    if first.place != second.place {
      guard let one = first.place, let other = second.place else { return second.place != nil }
      return one < other
    }
    return (first.rule.id, first.subject ?? "", first.message) < (second.rule.id, second.subject ?? "", second.message)
  }
}
