public import OCI
public import Versions

/// One version of a package as a repository's index describes it.
public struct RPMPackage: Sendable {
  /// The package's name.
  public let name: String
  /// Epoch, version and release.
  public let version: RPMVersion
  /// `noarch`, or the processor architecture in RPM's word.
  public let architecture: String
  /// The path below the repository's root.
  public let location: String
  /// The file's size in bytes.
  public let size: Int
  /// The file's digest.
  public let digest: Digest
  /// When it was built, in seconds since 1970; 0 where the index does not say.
  public let built: Int
  /// What it provides; its own name and version among them.
  public let provides: [RPMRelation]
  /// What must be there.
  public let requires: [RPMRequirement]
  /// What must not be there.
  public let conflicts: [RPMRequirement]
  /// What it replaces, by the names of packages.
  public let obsoletes: [RPMRelation]
  /// The paths of files that the index lists: programs and configuration.
  public let files: [String]

  /// Describes a package, for example one that is installed.
  ///
  /// - Parameters:
  ///   - location: Empty for one that is in no repository.
  ///   - digest: Of one that is installed, its header's.
  public init(
    name: String, version: RPMVersion, architecture: String, location: String = "", size: Int = 0, digest: Digest,
    built: Int = 0, provides: [RPMRelation], requires: [RPMRequirement], conflicts: [RPMRequirement] = [],
    obsoletes: [RPMRelation] = [], files: [String] = []
  ) {
    self.name = name
    self.version = version
    self.architecture = architecture
    self.location = location
    self.size = size
    self.digest = digest
    self.built = built
    self.provides = provides
    self.requires = requires
    self.conflicts = conflicts
    self.obsoletes = obsoletes
    self.files = files
  }

  /// Name, version and architecture in rpm's order, for example `bash-5.2.15-1.amzn2023.0.2.x86_64`.
  public var description: String {
    "\(name)-\(version.version)\(version.release.map { "-\($0)" } ?? "").\(architecture)"
  }

  /// Whether it provides a relation by one of its capabilities.
  public func provides(_ relation: RPMRelation) -> Bool { provides.contains { $0.overlaps(relation) } }

  /// Whether a text can be a package's name: it has no slash and no blank.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.first != UInt8(ascii: "-")
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/\\\"'<>()".utf8.contains($0) }
  }
}
