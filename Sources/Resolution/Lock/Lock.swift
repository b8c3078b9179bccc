public import OCI
public import Packages
public import Versions

/// Everything that an image of one platform is made of, by version and hash; ``LockFile`` is what `drydock.lock` holds.
///
/// No host of an index, mirror or cache stands in it: an artefact is found through whatever the machine is configured
/// with, and accepted by hash. Image references keep their registry, which is part of their name.
public struct Lock: Sendable, Hashable {
  /// The version of the format.
  public static let formatVersion = 1

  /// How a digest became known.
  public enum Evidence: Sendable, Hashable {
    /// An index or a registry stated it when the lock was made.
    case resolved
    /// A named page states it; no registry was asked.
    case recorded(source: String)
  }

  /// A file that is accepted by its hash alone.
  public struct File: Sendable, Hashable {
    /// The file's name, without a directory.
    public let name: String
    /// The size in bytes, when it is known.
    public let size: Int?
    /// The digest.
    public let digest: Digest

    /// Names a file.
    public init(name: String, size: Int?, digest: Digest) {
      self.name = name
      self.size = size
      self.digest = digest
    }
  }

  /// The base image.
  public struct Base: Sendable, Hashable {
    /// The reference with its tag.
    public let reference: String
    /// The digest.
    public let digest: Digest
    /// How the digest became known.
    public let evidence: Evidence
    /// The digest of each platform's manifest, when the digest is that of an index.
    public let platforms: [String: Digest]
    /// The user that it runs as, empty if it says nothing of that; nil before a registry was asked.
    public let user: String?
    /// The packages that the base is documented to hold and that stay as they are.
    public let kept: [GlueRelease.Package]
    /// Where those packages are documented.
    public let documentation: String?

    /// Names a base image.
    public init(
      reference: String, digest: Digest, evidence: Evidence, platforms: [String: Digest] = [:],
      user: String? = nil, kept: [GlueRelease.Package], documentation: String?
    ) {
      self.reference = reference
      self.digest = digest
      self.evidence = evidence
      self.platforms = platforms
      self.user = user
      self.kept = kept
      self.documentation = documentation
    }
  }

  /// The Debian part.
  public struct Debian: Sendable, Hashable {
    /// The signed indexes that the packages were chosen from.
    public let archives: [DebianArchiveEvidence]
    /// The packages, sorted by name.
    public let packages: [DebianPin]

    /// Joins evidence and packages.
    public init(archives: [DebianArchiveEvidence], packages: [DebianPin]) {
      self.archives = archives
      self.packages = packages
    }
  }

  /// One Python package.
  public struct PythonPackage: Sendable, Hashable {
    /// The normalised name.
    public let name: PackageName
    /// The version.
    public let version: PEP440Version
    /// Whether the specification asks for it by name.
    public let isDirect: Bool
    /// The names of what it needs, sorted.
    public let dependencies: [PackageName]
    /// The wheel, or the source distribution.
    public let file: File
    /// The wheel that Drydock builds of a source distribution.
    public let builtWheel: File?
    /// What a source among the build dependencies is built with, by name: others of them, sorted.
    public let buildRequires: [PackageName]
    /// Where the file lies, if the specification asks for it by address; absent for one of an index.
    public let address: String?

    /// Names a package.
    public init(
      name: PackageName, version: PEP440Version, isDirect: Bool, dependencies: [PackageName], file: File,
      builtWheel: File?, buildRequires: [PackageName] = [], address: String? = nil
    ) {
      self.buildRequires = buildRequires
      self.address = address
      self.name = name
      self.version = version
      self.isDirect = isDirect
      self.dependencies = dependencies
      self.file = file
      self.builtWheel = builtWheel
    }

    /// The wheel that is installed.
    public var wheel: File { builtWheel ?? file }
    /// The package URL.
    public var purl: PackageURL { .pypi(name, version) }
  }

  /// The Python part.
  public struct Python: Sendable, Hashable {
    /// The package that installs all others where the image itself has no installer.
    public static let installer = "pip"

    /// The interpreter's version.
    public let version: PEP440Version
    /// The C library's version that wheels had to fit.
    public let glibc: PEP440Version
    /// The packages of the image, sorted by name.
    public let packages: [PythonPackage]
    /// What source distributions are built with, sorted by name.
    public let build: [PythonPackage]
    /// What only the tests need, sorted by name.
    public let test: [PythonPackage]

    /// Joins the parts.
    public init(
      version: PEP440Version, glibc: PEP440Version, packages: [PythonPackage], build: [PythonPackage],
      test: [PythonPackage]
    ) {
      self.version = version
      self.glibc = glibc
      self.packages = packages
      self.build = build
      self.test = test
    }
  }

  /// The image's name.
  public let name: String
  /// The newest date of the signed indexes, or of the resolution, in seconds since 1970: the time of every file in the image.
  public let date: Int
  /// The checksum of the specification that it belongs to.
  public let spec: Digest
  /// The platform.
  public let platform: Platform
  /// How layers are compressed, by the compressor's name and settings.
  public let compressor: String
  /// The base image.
  public let base: Base?
  /// The Debian part.
  public let debian: Debian?
  /// The Python part.
  public let python: Python?
  /// The RPM part.
  public let rpm: RPM?
  /// The part from Maven repositories.
  public let jars: Jars?
  /// The digest of the inputs that the runtime binary is built from.
  public let runtime: Digest?

  /// Joins the parts.
  public init(
    name: String, date: Int, spec: Digest, platform: Platform, compressor: String, base: Base?, debian: Debian?,
    python: Python?, rpm: RPM? = nil, jars: Jars? = nil, runtime: Digest?
  ) {
    self.name = name
    self.date = date
    self.spec = spec
    self.platform = platform
    self.compressor = compressor
    self.base = base
    self.debian = debian
    self.python = python
    self.rpm = rpm
    self.jars = jars
    self.runtime = runtime
  }
}
