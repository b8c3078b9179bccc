internal import Packages
internal import Resolution
internal import Versions

/// How the packages of an image differ from its lock.
struct VersionComparison: Sendable, Equatable {
  /// One package that is not as the lock says.
  struct Difference: Sendable, Equatable {
    let name: String
    /// The version that the lock has, if any.
    let locked: String?
    /// The version that the image has, if any.
    let found: String?

    var description: String {
      guard let locked else { return "\(name): the image has \(found ?? "one"), the lock has none" }
      return "\(name): the lock has \(locked), the image \(found ?? "has none")"
    }
  }

  /// The packages that are as the lock says.
  private(set) var equal = 0
  /// Those that aren't.
  private(set) var changes: [Difference] = []

  /// A line for each that isn't.
  var differences: [String] { changes.map(\.description) }

  /// Compares the Python part.
  static func python(_ installed: InstalledPackages, _ lock: Lock) -> VersionComparison? {
    guard let python = lock.python else { return nil }
    var expected: [String: String] = [:]
    for package in python.packages { expected[package.name.description] = package.version.description }
    var found: [String: String] = [:]
    for (name, version) in installed.python {
      // One version has several spellings: 1.0 and 1.0.0 are the same.
      let spelling = (try? PEP440Version(parsing: version))?.description ?? version
      let wanted = expected[name.description]
      let isSame = wanted.flatMap { try? PEP440Version(parsing: $0) } == (try? PEP440Version(parsing: version))
      found[name.description] = isSame ? wanted ?? spelling : spelling
    }
    return VersionComparison(expected: expected, found: found, allowsOthers: lock.base != nil)
  }

  /// Compares the Debian part.
  static func debian(_ installed: InstalledPackages, _ lock: Lock) -> VersionComparison? {
    guard let debian = lock.debian else { return nil }
    var expected: [String: String] = [:]
    for package in debian.packages { expected[package.name] = package.version.description }
    return VersionComparison(expected: expected, found: installed.debian, allowsOthers: lock.base != nil)
  }

  /// Compares names and versions.
  ///
  /// - Parameter allowsOthers: Whether the base may bring packages that the lock doesn't list.
  init(expected: [String: String], found: [String: String], allowsOthers: Bool) {
    for (name, version) in expected.sorted(by: { $0.key < $1.key }) {
      switch found[name] {
      case version: equal += 1
      case let other: changes.append(Difference(name: name, locked: version, found: other))
      }
    }
    guard !allowsOthers else { return }
    for (name, version) in found.sorted(by: { $0.key < $1.key }) where expected[name] == nil {
      changes.append(Difference(name: name, locked: nil, found: version))
    }
  }
}
