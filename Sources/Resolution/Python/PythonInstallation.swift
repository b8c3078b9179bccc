public import Packages
public import Versions

/// Is a set of packages that are installed together, for example those of a base image.
public struct PythonInstallation: Sendable {
  /// Is a need of an installed package that the others do not meet.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The package that has the need.
    public let name: PackageName
    /// Its version.
    public let version: PEP440Version
    /// What it needs.
    public let requirement: Requirement
    /// The version that is there instead; `nil` if there is none.
    public let found: PEP440Version?

    /// The problem in the words of `pip check`.
    public var description: String {
      guard let found else { return "\(name) \(version) requires \(requirement.name), which is not installed." }
      return
        "\(name) \(version) has requirement \(requirement), but you have \(requirement.name) \(found)."
    }
  }

  /// Is a package that gets another version.
  public struct Move: Hashable, Sendable, CustomStringConvertible {
    /// The package.
    public let name: PackageName
    /// The version that is there.
    public let before: PEP440Version
    /// The version that replaces it.
    public let after: PEP440Version

    /// The move as `NAME BEFORE → AFTER`.
    public var description: String { "\(name) \(before) → \(after)" }
  }

  /// What each package says about itself, sorted by name.
  public let packages: [PythonMetadata]
  /// The environment that markers are judged for.
  public let environment: MarkerEnvironment

  /// Joins what packages say about themselves; of two with one name the first counts, as Python's import has it.
  public init(_ packages: [PythonMetadata], environment: MarkerEnvironment) {
    var seen: Set<PackageName> = []
    self.packages = packages.filter { seen.insert($0.name).inserted }.sorted { $0.name < $1.name }
    self.environment = environment
  }

  /// The needs that are not met, as `pip check` finds them, for an image that is not even running.
  public var problems: [Problem] { problems(with: [:]) }

  /// The needs that are not met once some packages have other versions.
  ///
  /// - Parameter versions: What is installed on top or instead. The needs of these packages are not judged: whoever
  ///   resolved them did that.
  public func problems(with versions: [PackageName: PEP440Version]) -> [Problem] {
    let present = Dictionary(packages.map { ($0.name, $0.version) }) { first, _ in first }.merging(versions) { $1 }
    return packages.filter { versions[$0.name] == nil || versions[$0.name] == $0.version }.flatMap { package in
      package.requirements.compactMap { requirement -> Problem? in
        guard requirement.marker?.holds(in: environment) ?? true else { return nil }
        let found = present[requirement.name]
        if let found, requirement.specifiers.contains(found) { return nil }
        return Problem(name: package.name, version: package.version, requirement: requirement, found: found)
      }
    }
  }

  /// The packages that get another version when these are installed.
  public func moves(to versions: [PackageName: PEP440Version]) -> [Move] {
    packages.compactMap { package in
      guard let selected = versions[package.name], selected != package.version else { return nil }
      return Move(name: package.name, before: package.version, after: selected)
    }
  }

  /// The needs that are met now and no longer once these versions are installed.
  public func breaks(with versions: [PackageName: PEP440Version]) -> [Problem] {
    let known = Set(problems.map { "\($0.name) \($0.requirement)" })
    return problems(with: versions).filter { !known.contains("\($0.name) \($0.requirement)") }
  }
}
