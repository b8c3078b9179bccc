public import Versions

/// Is what a distribution says about itself, as far as resolving and locking need it (core metadata specification).
public struct PythonMetadata: Hashable, Sendable {
  /// The version of the metadata format.
  public let metadataVersion: String
  /// The project.
  public let name: PackageName
  /// Its version.
  public let version: PEP440Version
  /// What it needs, in the order of the file.
  public let requirements: [Requirement]
  /// The versions of Python that it supports; `nil` if it does not say.
  public let requiresPython: PEP440SpecifierSet?
  /// The optional features that it offers.
  public let extras: [PackageName]
  /// The fields, in lower case, that only a build determines (PEP 643).
  public let dynamicFields: [String]

  /// Creates metadata from its parts.
  public init(
    metadataVersion: String = "2.1", name: PackageName, version: PEP440Version, requirements: [Requirement] = [],
    requiresPython: PEP440SpecifierSet? = nil, extras: [PackageName] = [], dynamicFields: [String] = []
  ) {
    self.metadataVersion = metadataVersion
    self.name = name
    self.version = version
    self.requirements = requirements
    self.requiresPython = requiresPython
    self.extras = extras
    self.dynamicFields = dynamicFields
  }

  /// Whether a source distribution's requirements can be believed without building it (PEP 643).
  public var hasStaticRequirements: Bool {
    guard let version = try? PEP440Version(parsing: metadataVersion), version.releaseNumber(at: 0) == 2 else {
      return false
    }
    return version.releaseNumber(at: 1) >= 2
      && !dynamicFields.contains("requires-dist") && !dynamicFields.contains("requires-python")
      && !dynamicFields.contains("provides-extra")
  }
}
