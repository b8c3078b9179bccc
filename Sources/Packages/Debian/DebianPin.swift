public import OCI
public import Versions

/// One package of a locked set: everything a build needs, and no host.
public struct DebianPin: Sendable, Hashable {
  /// The package's name.
  public let name: String
  /// The version.
  public let version: DebianVersion
  /// `all`, or the processor architecture.
  public let architecture: String
  /// The path below an archive's root.
  public let filename: String
  /// The file's size in bytes.
  public let size: Int
  /// The file's digest.
  public let digest: Digest
  /// The suite whose index listed it.
  public let suite: String
  /// Whether every Debian system has it.
  public let isEssential: Bool
  /// The names of the locked packages that it needs, sorted.
  public let dependencies: [String]

  /// Makes a pin, for example from a lock.
  public init(
    name: String, version: DebianVersion, architecture: String, filename: String, size: Int, digest: Digest,
    suite: String, isEssential: Bool, dependencies: [String]
  ) {
    self.name = name
    self.version = version
    self.architecture = architecture
    self.filename = filename
    self.size = size
    self.digest = digest
    self.suite = suite
    self.isEssential = isEssential
    self.dependencies = dependencies
  }

  init(_ package: DebianPackage, dependencies: [String]) {
    self.init(
      name: package.name, version: package.version, architecture: package.architecture, filename: package.filename,
      size: package.size, digest: package.digest, suite: package.suite, isEssential: package.isEssential,
      dependencies: dependencies)
  }

  /// The package URL.
  public var packageURL: PackageURL { .debian(name, version, architecture: architecture) }
}

/// How the digests of a suite's packages became known: a signed file that names an index that names them.
public struct DebianArchiveEvidence: Sendable, Hashable {
  /// The suite that was asked for, for example `bookworm-security`.
  public let suite: String
  /// The code name that the signed file states.
  public let codename: String
  /// When the archive signed it, in seconds since 1970.
  public let date: Int
  /// The digest of the signed file, `InRelease`.
  public let release: Digest
  /// The fingerprints of the primary keys whose signatures are good, sorted.
  public let signers: [String]
  /// The package indexes that were read.
  public let indexes: [Index]

  /// A package index that the signed file names.
  public struct Index: Sendable, Hashable {
    /// The path below the suite's folder, for example `main/binary-amd64/Packages.xz`.
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
  public init(
    suite: String, codename: String, date: Int, release: Digest, signers: [String], indexes: [Index]
  ) {
    self.suite = suite
    self.codename = codename
    self.date = date
    self.release = release
    self.signers = signers
    self.indexes = indexes
  }
}
