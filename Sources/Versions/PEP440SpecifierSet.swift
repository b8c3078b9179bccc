/// Says which versions a requirement accepts: clauses that all have to hold (PEP 440, "Version specifiers").
public struct PEP440SpecifierSet: Sendable, Hashable {
  /// The clauses in the order in which they were written.
  public let clauses: [PEP440Specifier]

  /// Accepts every version.
  public static let any = PEP440SpecifierSet(clauses: [])

  init(clauses: [PEP440Specifier]) {
    self.clauses = clauses
  }

  /// Accepts exactly `version`, and its local labels unless it has one itself.
  public static func exactly(_ version: PEP440Version) -> PEP440SpecifierSet {
    PEP440SpecifierSet(clauses: [
      PEP440Specifier(comparison: .equal, version: version, isPrefix: false, text: version.description)
    ])
  }

  /// Whether `version` satisfies every clause, whatever its stage.
  public func contains(_ version: PEP440Version) -> Bool {
    clauses.allSatisfy { $0.contains(version) }
  }

  /// Whether a clause names a pre-release, which lets pre-releases in (PEP 440, "Handling of pre-releases").
  public var namesPreRelease: Bool { clauses.contains(where: \.namesPreRelease) }

  /// The versions that satisfy every clause.
  public var ranges: VersionRanges<PEP440Cut> {
    clauses.reduce(.full) { $0.intersection($1.ranges) }
  }

  /// Returns the versions that an installer may choose, in the order given.
  ///
  /// A pre-release is chosen if a clause names one, if `allowingPreReleases` is set, or if nothing else satisfies the
  /// clauses (PEP 440, "Handling of pre-releases").
  public func filter(
    _ versions: some Sequence<PEP440Version>, allowingPreReleases: Bool = false
  ) -> [PEP440Version] {
    let matching = versions.filter(contains)
    if allowingPreReleases || namesPreRelease { return matching }
    let final = matching.filter { !$0.isPreRelease }
    return final.isEmpty ? matching : final
  }

  /// The exact version that a clause pins with `==` or `===`.
  public var pinnedVersion: PEP440Version? {
    clauses.first { ($0.comparison == .equal && !$0.isPrefix) || $0.comparison == .arbitraryEqual }?.version
  }
}

extension PEP440SpecifierSet: CustomStringConvertible {
  /// The clauses, normalised, joined by commas.
  public var description: String { clauses.map(\.description).joined(separator: ",") }
}
