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
    let limit = max(1, min(3, name.utf8.count / 3))
    var close: [(distance: Int, name: String)] = []
    for candidate in Set(indexes.flatMap { Array($0.names) }) {
      guard abs(candidate.utf8.count - name.utf8.count) <= limit else { continue }
      let distance = Self.distance(Array(candidate.utf8), Array(name.utf8), limit: limit)
      if distance <= limit { close.append((distance, candidate)) }
    }
    return close.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// The number of bytes to insert, remove or replace, given up once it is above a limit.
  private static func distance(_ one: [UInt8], _ other: [UInt8], limit: Int) -> Int {
    var row = Array(0...other.count)
    for (i, byte) in one.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      var smallest = row[0]
      for (j, target) in other.enumerated() {
        let replaced = diagonal + (byte == target ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        smallest = min(smallest, row[j + 1])
      }
      if smallest > limit { return smallest }
    }
    return row[other.count]
  }
}
