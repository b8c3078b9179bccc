public import Packages
public import Versions

/// Is the outcome of a resolution: one version of everything that is needed.
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
    /// The file to install on the platform: a wheel, or a source distribution if there is no wheel for it.
    public let chosen: PythonFile
    /// Every file of the version, in the index's order.
    public let files: [PythonFile]
    /// The packages of the resolution that it needs, sorted.
    public let dependencies: [PackageName]
    /// Who asked for it, sorted.
    public let requiredBy: [Requirer]
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

  /// The packages, sorted by name.
  public let packages: [Package]
  /// The environment that markers were judged for.
  public let environment: MarkerEnvironment
  /// Versions whose metadata turned out to be of no use, sorted.
  public let skipped: [Skipped]
  /// Optional features that were asked for but that the selected version does not have.
  public let missingExtras: [PackageName: [PackageName]]

  /// The package of a name.
  public subscript(name: PackageName) -> Package? {
    packages.first { $0.name == name }
  }
}
