public import Findings
public import OCI

/// What a check of several platforms has found, told once where it holds for all of them.
public enum PlatformFindings {
  /// Joins the findings of each platform: those of all stand once, others name their platform.
  ///
  /// - Parameters:
  ///   - lists: The findings of each platform.
  ///   - platforms: The platforms, in the same order.
  public static func joined(_ lists: [[Finding]], of platforms: [Platform]) -> [Finding] {
    guard lists.count > 1 else { return lists.first ?? [] }
    var holders: [Finding: Int] = [:]
    for list in lists { for finding in Set(list) { holders[finding, default: 0] += 1 } }
    return lists.enumerated().flatMap { number, list in
      list.compactMap { finding in
        if holders[finding] == lists.count { return number == 0 ? finding : nil }
        return Finding(
          finding.rule, severity: finding.severity, at: finding.place, subject: finding.subject,
          "\(platforms[number]): \(finding.message)", hint: finding.hint)
      }
    }
  }
}
