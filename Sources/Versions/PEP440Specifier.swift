/// Is one clause of a version specifier, for example `>=1.2` (PEP 440, "Version specifiers").
public struct PEP440Specifier: Sendable, Hashable {
  /// The comparison that a clause makes.
  public enum Operator: String, Sendable, Hashable {
    case equal = "=="
    case notEqual = "!="
    case compatible = "~="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case arbitraryEqual = "==="
  }

  /// The comparison.
  public let comparison: Operator
  /// The version compared with; `nil` only for an arbitrary equality with text that is no version.
  public let version: PEP440Version?
  /// Whether the version ends in `.*`, which asks for a prefix.
  public let isPrefix: Bool
  /// The version part as written.
  public let text: String

  init(comparison: Operator, version: PEP440Version?, isPrefix: Bool, text: String) {
    self.comparison = comparison
    self.version = version
    self.isPrefix = isPrefix
    self.text = text
  }

  /// Whether the clause names a pre-release, which lets pre-releases in.
  public var namesPreRelease: Bool {
    comparison != .notEqual && version?.isPreRelease == true
  }

  /// Whether `candidate` satisfies the clause.
  public func contains(_ candidate: PEP440Version) -> Bool {
    // "Arbitrary equality" is a comparison of text.
    if comparison == .arbitraryEqual {
      return text.lowercased() == candidate.description.lowercased() || version == candidate
    }
    return ranges.contains(from: .before(candidate))
  }

  /// The versions that satisfy the clause.
  public var ranges: VersionRanges<PEP440Cut> {
    guard let version else { return .empty }
    switch comparison {
    case .equal: return isPrefix ? Self.prefix(version.epoch, version.release) : equal(version)
    case .notEqual: return (isPrefix ? Self.prefix(version.epoch, version.release) : equal(version)).complement
    case .arbitraryEqual: return VersionRanges(from: .before(version), to: .after(version))
    case .compatible:
      // "Compatible release": `~=2.2.post3` is `>=2.2.post3, ==2.*`.
      let compatible = Self.prefix(version.epoch, Array(version.release.dropLast()))
      return VersionRanges(from: .before(version), to: nil).intersection(compatible)
    case .greaterOrEqual: return VersionRanges(from: .before(version), to: nil)
    case .lessOrEqual: return VersionRanges(from: nil, to: .afterLocalLabels(of: version))
    case .greater:
      // "Exclusive ordered comparison": no post-release and no local label of the version named.
      let after: PEP440Cut =
        version.postRelease == nil && version.developmentRelease == nil
        ? .afterPostReleases(version) : .afterLocalLabels(of: version)
      return VersionRanges(from: after, to: nil)
    case .less:
      // "Exclusive ordered comparison": no pre-release of the version named unless that is one itself.
      return VersionRanges(from: nil, to: version.isPreRelease ? .before(version) : .beforeDevelopment(of: version))
    }
  }

  /// "Version matching": a local label counts only if the clause has one.
  private func equal(_ version: PEP440Version) -> VersionRanges<PEP440Cut> {
    VersionRanges(from: .before(version), to: version.local.isEmpty ? .afterLocalLabels(of: version) : .after(version))
  }

  /// The versions whose release begins with `release`, pre-releases among them.
  private static func prefix(_ epoch: UInt64, _ release: [UInt64]) -> VersionRanges<PEP440Cut> {
    let first = PEP440Version(epoch: epoch, release: release, developmentRelease: 0)
    return VersionRanges(from: .before(first), to: afterPrefix(first))
  }

  /// The cut after all versions whose release begins with that of `first`, the first development release of them all.
  static func afterPrefix(_ first: PEP440Version) -> PEP440Cut? {
    guard first.developmentRelease == 0, first.preRelease == nil, first.postRelease == nil else { return nil }
    var next = first.release
    next[next.count - 1] += 1
    return .before(PEP440Version(epoch: first.epoch, release: next, developmentRelease: 0))
  }
}

extension PEP440Specifier: CustomStringConvertible {
  /// The clause with its version normalised.
  public var description: String {
    let normal = comparison == .arbitraryEqual ? text : version?.description ?? text
    return comparison.rawValue + normal + (isPrefix ? ".*" : "")
  }
}
