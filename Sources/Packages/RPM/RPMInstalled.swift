import Trust
public import Versions

/// What an image has already, and what of that may be renewed without need.
public struct RPMBase: Sendable {
  /// The packages.
  public let packages: [RPMInstalled]
  /// The names that get the newest version when they are asked for; all others stay as long as they will do.
  public let renewed: Set<String>

  /// Joins both; nothing is there unless told.
  public init(packages: [RPMInstalled] = [], renewed: Set<String> = []) {
    self.packages = packages
    self.renewed = renewed
  }
}

/// A package that an image has already, before anything is installed into it.
public enum RPMInstalled: Sendable {
  /// All that rpm's database says of it.
  case described(RPMPackage)
  /// Its name and version, which is all that a list of packages has.
  case listed(name: String, version: RPMVersion)

  /// Its name and version.
  public var identity: (name: String, version: RPMVersion) {
    switch self {
    case .described(let package): (package.name, package.version)
    case .listed(let name, let version): (name, version)
    }
  }

  /// What stands for a repository's name.
  static let repository = "@System"

  /// The packages as members of a universe.
  ///
  /// One that is only listed provides and needs what the repositories say of this very version; of one that they do not have, no
  /// more is known than its name.
  static func members(_ installed: [RPMInstalled], listed packages: [RPMPackage]) -> [RPMUniverse.Member] {
    if installed.isEmpty { return [] }
    var known: [String: RPMPackage] = [:]
    for package in packages { known["\(package.name) \(package.version)"] = package }
    return installed.map { package in
      let found: RPMPackage
      switch package {
      case .described(let package): found = package
      case .listed(let name, let version):
        found =
          known["\(name) \(version)"]
          ?? RPMPackage(
            name: name, version: version, architecture: "noarch",
            digest: SHA256.digest(of: "\(name) \(version)".utf8),
            provides: [RPMRelation(name: name, comparison: .equal, version: version)], requires: [])
      }
      return RPMUniverse.Member(package: found, repository: repository, priority: .max, isInstalled: true)
    }
  }
}
