internal import Findings
internal import Packages
internal import Versions

/// The security advisories by the packages that they are about.
struct RPMMendings {
  private var byName: [String: [(advisory: RPMAdvisory, package: RPMAdvisory.Package)]] = [:]

  init(_ advisories: [RPMAdvisory]) {
    for advisory in advisories {
      for package in advisory.packages { byName[package.name, default: []].append((advisory, package)) }
    }
  }

  /// What a newer version mends, the worst of it first; nil if no advisory lies between the two.
  func summary(of pin: RPMPin, upTo newest: RPMVersion) -> (text: String, severity: Severity?)? {
    let found = (byName[pin.name] ?? []).filter { _, package in
      package.architecture == pin.architecture && pin.version < package.version && package.version <= newest
    }
    var seen: Set<String> = []
    let texts = found.compactMap { advisory, _ -> (rank: Severity?, text: String)? in
      guard seen.insert(advisory.id).inserted else { return nil }
      let words = ([advisory.severity] + advisory.references.prefix(4)).filter { !$0.isEmpty }
      return (
        Self.severity(advisory.severity), advisory.id + (words.isEmpty ? "" : " (\(words.joined(separator: ", ")))")
      )
    }
    guard !texts.isEmpty else { return nil }
    let sorted = texts.enumerated().sorted { one, other in
      let (mine, theirs) = (one.element.rank ?? .high, other.element.rank ?? .high)
      return mine == theirs ? one.offset < other.offset : theirs < mine
    }.map(\.element)
    let more = sorted.count > 3 ? " and \(sorted.count - 3) more" : ""
    return (sorted.prefix(3).map(\.text).joined(separator: ", ") + more, sorted[0].rank)
  }

  /// The words of Red Hat's and Amazon's advisories; nil for any other.
  private static func severity(_ word: String) -> Severity? {
    switch word.lowercased() {
    case "critical": .critical
    case "important", "high": .high
    case "moderate", "medium": .medium
    case "low": .low
    default: nil
    }
  }
}
