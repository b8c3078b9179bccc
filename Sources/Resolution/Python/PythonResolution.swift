public import Packages
public import Versions

/// Is the outcome of a resolution: one version of everything that is needed, or one for each part of its environments.
public struct PythonResolution: Sendable {
  /// Says who asked for a package.
  public enum Requirer: Hashable, Comparable, Sendable {
    /// The user.
    case request
    /// Another package of the resolution.
    case package(PackageName)
  }

  /// Is one selected package.
  public struct Package: Hashable, Sendable {
    /// The project.
    public let name: PackageName
    /// The version selected.
    public let version: PEP440Version
    /// The optional features asked for, sorted.
    public let extras: [PackageName]
    /// The environments of the resolution in which it is needed.
    public let environments: EnvironmentSet
    /// The file to install: a wheel, or a source distribution if there is no wheel that fits; `nil` for what is there
    /// already.
    public let chosen: PythonFile?
    /// Every file of the version that may be used, in the index's order.
    public let files: [PythonFile]
    /// The packages of the resolution that it needs, sorted.
    public let dependencies: [PackageName]
    /// Who asked for it, sorted.
    public let requiredBy: [Requirer]

    /// Whether the package stays as it is at the place of installation.
    public var isInstalled: Bool { chosen == nil }
  }

  /// Is a version that was passed over though the requirements admitted it.
  public struct Skipped: Hashable, Sendable {
    /// The project.
    public let name: PackageName
    /// The version.
    public let version: PEP440Version
    /// Why it was passed over.
    public let reason: PythonUnavailability
  }

  /// The packages, sorted by name, then by version.
  public let packages: [Package]
  /// The environments for which the resolution was made.
  public let environments: EnvironmentSet
  /// Versions whose metadata turned out to be of no use, sorted.
  public let skipped: [Skipped]
  /// Optional features that were asked for but that the selected version does not have.
  public let missingExtras: [PackageName: [PackageName]]

  /// The package of a name.
  public subscript(name: PackageName) -> Package? {
    packages.first { $0.name == name }
  }

  /// The condition under which a package is to be installed; `nil` if it always is.
  public func marker(of package: Package) -> Marker? { package.environments.marker(within: environments) }
}

extension PythonResolution {
  /// Joins resolutions for environments that do not overlap.
  public init(joining parts: [PythonResolution]) {
    var packages: [Package] = []
    for package in parts.flatMap(\.packages) {
      if let known = packages.firstIndex(where: { $0.name == package.name && $0.version == package.version }) {
        packages[known] = packages[known].joined(package)
      } else {
        packages.append(package)
      }
    }
    var missing: [PackageName: Set<PackageName>] = [:]
    for part in parts { for (name, extras) in part.missingExtras { missing[name, default: []].formUnion(extras) } }
    self.init(
      packages: packages.sorted { ($0.name, $0.version) < ($1.name, $1.version) },
      environments: parts.reduce(.empty) { $0.union($1.environments) },
      skipped: Set(parts.flatMap(\.skipped)).sorted { ($0.name, $0.version) < ($1.name, $1.version) },
      missingExtras: missing.mapValues { $0.sorted() })
  }

  /// The same for a part of the environments.
  public func limited(to environments: EnvironmentSet) -> PythonResolution {
    PythonResolution(
      packages: packages.map { $0.limited(to: environments) }, environments: environments, skipped: skipped,
      missingExtras: missingExtras)
  }
}

extension PythonResolution.Package {
  fileprivate func joined(_ other: Self) -> Self {
    let more = other.files.filter { file in !files.contains { $0.fileName == file.fileName } }
    return Self(
      name: name, version: version, extras: Set(extras + other.extras).sorted(),
      environments: environments.union(other.environments), chosen: chosen ?? other.chosen, files: files + more,
      dependencies: Set(dependencies + other.dependencies).sorted(),
      requiredBy: Set(requiredBy + other.requiredBy).sorted())
  }

  fileprivate func limited(to part: EnvironmentSet) -> Self {
    Self(
      name: name, version: version, extras: extras, environments: environments.intersection(part), chosen: chosen,
      files: files, dependencies: dependencies, requiredBy: requiredBy)
  }
}
