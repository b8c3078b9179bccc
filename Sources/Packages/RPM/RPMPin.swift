public import OCI
public import Versions

/// One package of a locked set: everything a build needs, and no host.
public struct RPMPin: Sendable, Hashable {
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
  /// The repository that listed it, by its name in the configuration.
  public let repository: String
  /// The names of the locked packages that it needs, sorted.
  public let dependencies: [String]

  /// Makes a pin, for example from a lock.
  public init(
    name: String, version: RPMVersion, architecture: String, location: String, size: Int, digest: Digest,
    repository: String, dependencies: [String]
  ) {
    self.name = name
    self.version = version
    self.architecture = architecture
    self.location = location
    self.size = size
    self.digest = digest
    self.repository = repository
    self.dependencies = dependencies
  }

  /// Name, version and architecture in rpm's order, for example `bash-5.2.15-1.amzn2023.0.2.x86_64`.
  public var description: String {
    "\(name)-\(version.version)\(version.release.map { "-\($0)" } ?? "").\(architecture)"
  }

  /// The package URL; its namespace is the distribution.
  public var packageURL: PackageURL {
    PackageURL(
      type: "rpm", namespace: RPMDistribution.name(release: version.release ?? "", repository: repository), name: name,
      version: "\(version.version)\(version.release.map { "-\($0)" } ?? "")",
      qualifiers: ["arch": architecture, "epoch": version.epoch == 0 ? "" : "\(version.epoch)"])
  }
}

/// How the digests of a repository's packages became known: an index of indexes that names what names them.
public struct RPMRepositoryEvidence: Sendable, Hashable {
  /// The repository's name in the configuration, for example `amazonlinux`.
  public let repository: String
  /// When its indexes were made, in seconds since 1970.
  public let date: Int
  /// The digest of the index of indexes, `repomd.xml`.
  public let index: Digest
  /// The fingerprints of the primary keys whose signatures on it are good, sorted; empty where repositories are not signed.
  public let signers: [String]
  /// The indexes that were read.
  public let indexes: [Index]

  /// An index that `repomd.xml` names.
  public struct Index: Sendable, Hashable {
    /// The path below the repository's root, for example `repodata/1234-primary.xml.gz`.
    public let path: String
    /// The size in bytes.
    public let size: Int
    /// The digest.
    public let digest: Digest

    /// States where an index lies and what it is.
    public init(path: String, size: Int, digest: Digest) {
      self.path = path
      self.size = size
      self.digest = digest
    }
  }

  /// Makes evidence, for example from a lock.
  public init(repository: String, date: Int, index: Digest, signers: [String], indexes: [Index]) {
    self.repository = repository
    self.date = date
    self.index = index
    self.signers = signers
    self.indexes = indexes
  }
}
