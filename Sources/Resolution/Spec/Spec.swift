public import OCI
public import Packages
public import Versions

/// What a person asks an image to be: the content of `image.yaml`.
///
/// A value that exists is complete and checked; nothing in it is resolved yet.
public struct Spec: Sendable, Hashable {
  /// What an image stands on.
  public enum Base: Sendable, Hashable {
    /// Nothing: all of the root comes from packages.
    case scratch
    /// An image in a registry.
    case image(BaseImage)
  }

  /// An image that others made.
  public struct BaseImage: Sendable, Hashable {
    /// The reference with its tag, for example `docker.io/amazon/aws-glue-libs:glue_libs_4.0.0_image_01`.
    public let reference: String
    /// The digest, when somebody has recorded one.
    public let recorded: RecordedDigest?
    /// The Glue release whose documented packages the image holds.
    public let glue: GlueRelease?
  }

  /// A digest that a page states and no registry has confirmed.
  public struct RecordedDigest: Sendable, Hashable {
    /// The digest.
    public let digest: Digest
    /// The page and its date, so that a reviewer can look.
    public let source: String
  }

  /// The packages of a Debian release.
  public struct Debian: Sendable, Hashable {
    /// The suites, for example `bookworm` and `bookworm-security`.
    public let suites: [String]
    /// The components, for example `main`.
    public let components: [String]
    /// The packages that are asked for by name; what they depend on follows.
    public let packages: [String]
    /// The time of which the archive's state counts, in seconds since 1970; absent for the newest.
    public let snapshot: Int?
    /// How much versions count, as in apt_preferences(5); the first that matches decides.
    public let preferences: [DebianPreference]
    /// Globs of files that are left out, as dpkg's `path-exclude` takes them.
    public let exclude: [String]
    /// Globs of files that stay although `exclude` names them.
    public let include: [String]
  }

  /// The packages of the Python index.
  public struct Python: Sendable, Hashable {
    /// The interpreter's version, for example `3.11`.
    public let version: PEP440Version
    /// The interpreter's path in the image.
    public let interpreter: String
    /// The directory that packages are installed to.
    public let site: String
    /// The C library's version, which decides what wheels fit.
    public let glibc: PEP440Version
    /// What is asked for.
    public let requirements: [Requirement]
    /// Libraries from Drydock's own list, each with a smoke test.
    public let utilities: [Utility]
    /// What limits the choice without asking for anything.
    public let constraints: [Requirement]
    /// What stands in for all other requirements on the same projects, whoever asks.
    public let overrides: [Requirement]
    /// Additional requirements of the tests, kept out of the image.
    public let testRequirements: [Requirement]
    /// The time, in RFC 3339 with the zone `Z`, after which uploads do not count.
    public let excludeNewer: String?
    /// When versions before a final release may be chosen.
    public let preReleases: PythonRequest.PreReleases

    /// All that is asked for: the requirements and the utilities.
    public var asked: [Requirement] { requirements + utilities.map(\.requirement) }
  }

  /// The user that the container runs as.
  public struct User: Sendable, Hashable {
    /// The login name.
    public let name: String
    /// The account to make; absent for a user that the base image has already.
    public let account: Account?
  }

  /// A user's entry in the image's accounts.
  public struct Account: Sendable, Hashable {
    /// The user's number.
    public let uid: Int
    /// The group's number.
    public let gid: Int
    /// The home directory.
    public let home: String
  }

  /// Files beside the specification that go into the image.
  public struct FileCopy: Sendable, Hashable {
    /// The file or directory, relative to the specification.
    public let source: String
    /// The absolute path in the image.
    public let target: String
  }

  /// The image's name.
  public let name: String
  /// One sentence on what the image is for.
  public let summary: String?
  /// The platform that is looked at: the first one, unless ``on(_:)`` chose another.
  public var platform: Platform
  /// All platforms that the image is for, in the order of image.yaml; each once, at least one.
  public let platforms: [Platform]
  /// What it stands on.
  public let base: Base
  /// Debian packages.
  public let debian: Debian?
  /// Python packages.
  public let python: Python?
  /// RPM packages.
  public let rpm: RPM?
  /// Files from Maven repositories.
  public let jars: Jars?
  /// Whether the `glue-athena` runtime is put in.
  public let hasRuntime: Bool
  /// The user.
  public let user: User?
  /// The environment.
  public let environment: [String: String]
  /// The directory that the process starts in.
  public let workingDirectory: String?
  /// Files beside the specification.
  public let files: [FileCopy]
  /// The words before the command.
  public let entrypoint: [String]
  /// The command.
  public let command: [String]
  /// The health check.
  public let healthcheck: Healthcheck?
  /// The labels.
  public let labels: [String: String]

  /// The specification as it is for one of its platforms; its checksum stays that of all of it.
  public func on(_ platform: Platform) -> Spec {
    var spec = self
    spec.platform = platform
    return spec
  }
}
