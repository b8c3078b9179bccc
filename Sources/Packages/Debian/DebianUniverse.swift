/// All packages of some suites for one architecture, to choose from.
public struct DebianUniverse: Sendable {
  /// The processor architecture, in Debian's word.
  public let architecture: String
  /// How the indexes became known, one for each suite.
  public let evidence: [DebianArchiveEvidence]
  private let indexes: [PackageIndex]

  init(architecture: String, evidence: [DebianArchiveEvidence], indexes: [PackageIndex]) {
    self.architecture = architecture
    self.evidence = evidence
    self.indexes = indexes
  }

  /// The date of the newest Release file, in seconds since 1970: a lock's own date, which changes only when the archive did.
  public var date: Int { evidence.map(\.date).max() ?? 0 }

  /// The number of different package names.
  public var count: Int { Set(indexes.flatMap { Array($0.names) }).count }

  /// The versions of a package, highest first.
  ///
  /// All suites count alike, as with apt: a release, its updates and its security fixes have one priority, so the highest version wins.
  public func versions(of name: String) throws(DebianError) -> [DebianPackage] {
    var packages: [DebianPackage] = []
    for index in indexes {
      for stanza in index.stanzas(of: name) {
        guard let fits = stanza["Architecture"], fits == architecture || fits == "all" else { continue }
        let package = try DebianPackage(stanza, suite: index.suite)
        if !packages.contains(where: { $0.version == package.version }) { packages.append(package) }
      }
    }
    return packages.sorted { $1.version < $0.version }
  }

  /// The names of the packages of which some version provides a name, sorted.
  func providers(of name: String) -> [String] {
    Set(indexes.flatMap { $0.providers(of: name) }).sorted()
  }

  /// The names of the packages that every system has, sorted.
  var essentials: [String] { Set(indexes.flatMap(\.essentials)).sorted() }

  /// The names most like one that does not exist, at most three.
  func nearest(to name: String) -> [String] {
    EditDistance.nearest(to: name, in: Set(indexes.flatMap { Array($0.names) }))
  }
}
