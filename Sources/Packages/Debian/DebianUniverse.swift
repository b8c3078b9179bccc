import Versions

/// All packages of some suites for one architecture, to choose from.
public struct DebianUniverse: Sendable {
  /// The processor architecture, in Debian's word.
  public let architecture: String
  /// How the indexes became known, one for each suite.
  public let evidence: [DebianArchiveEvidence]
  private let indexes: [PackageIndex]
  private let preferences: [DebianPreference]

  init(
    architecture: String, evidence: [DebianArchiveEvidence], indexes: [PackageIndex],
    preferences: [DebianPreference] = []
  ) {
    self.architecture = architecture
    self.evidence = evidence
    self.indexes = indexes
    self.preferences = preferences
  }

  /// The date of the newest Release file, in seconds since 1970: a lock's own date, which changes only when the archive did.
  public var date: Int { evidence.map(\.date).max() ?? 0 }

  /// The number of different package names.
  public var count: Int { Set(indexes.flatMap { Array($0.names) }).count }

  /// The versions of a package that may be chosen, the one that apt would take first.
  public func versions(of name: String) throws(DebianError) -> [DebianPackage] {
    try rankedVersions(of: name).filter { $0.priority >= 0 }.map(\.package)
  }

  /// All versions of a package with how much they count, what counts most first and then the highest.
  ///
  /// A release, its updates and its security fixes count alike, so the highest version wins among them; what is not automatic
  /// counts less, and preferences decide before all that (apt_preferences(5)).
  func rankedVersions(of name: String) throws(DebianError) -> [(package: DebianPackage, priority: Int)] {
    var found: [(package: DebianPackage, priority: Int)] = []
    for index in indexes {
      for stanza in index.stanzas(of: name) {
        guard let fits = stanza["Architecture"], fits == architecture || fits == "all" else { continue }
        let package = try DebianPackage(stanza, suite: index.suite)
        let priority = priority(of: package, in: index)
        if let place = found.firstIndex(where: { $0.package.version == package.version }) {
          found[place].priority = max(found[place].priority, priority)
        } else {
          found.append((package, priority))
        }
      }
    }
    return found.sorted { one, other in
      one.priority == other.priority ? other.package.version < one.package.version : one.priority > other.priority
    }
  }

  /// The first record that names the package decides, else the first that is for all packages, else the release.
  private func priority(of package: DebianPackage, in index: PackageIndex) -> Int {
    let matching = preferences.filter { $0.matches(package, from: index.release, component: index.component) }
    return (matching.first { !$0.isGeneral } ?? matching.first)?.priority ?? index.release.priority
  }

  /// The versions that a suite has, by any of the suite's names, highest first.
  func versions(of name: String, inSuite suite: String) throws(DebianError) -> [DebianVersion] {
    var found: [DebianVersion] = []
    for index in indexes where [index.suite, index.release.suite, index.release.codename].contains(suite) {
      for stanza in index.stanzas(of: name) {
        guard let fits = stanza["Architecture"], fits == architecture || fits == "all" else { continue }
        found.append(try DebianPackage(stanza, suite: index.suite).version)
      }
    }
    return found.sorted(by: >)
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
