public import Packages
public import Versions

/// Is everything that a resolution depends on apart from the index.
public struct PythonRequest: Sendable {
  /// Returns the metadata of a source distribution, by building it if need be.
  public typealias SourceMetadata = @Sendable (PythonFile, PackageName) async throws -> PythonMetadata

  /// What has to be installed.
  public var requirements: [Requirement]
  /// Limits on versions of what is installed for another reason.
  public var constraints: [Requirement]
  /// Where it will run.
  public var platform: PythonPlatform
  /// Versions to keep as long as the requirements allow it, for example those of an earlier lock or of the base image.
  public var preferences: [PackageName: PEP440Version]
  /// Versions that must not change, for example those that the base image's own programs rely on.
  public var pinned: [PackageName: PEP440Version]
  /// The time, in RFC 3339 with the zone `Z`, after which uploads are left out; so are files without a time.
  public var excludeNewer: String?
  /// Projects whose wheels are not to be used.
  public var noWheels: Set<PackageName>
  /// Projects that are not to be built from source.
  public var noBuilds: Set<PackageName>

  /// Creates a request.
  public init(
    requirements: [Requirement], constraints: [Requirement] = [], platform: PythonPlatform,
    preferences: [PackageName: PEP440Version] = [:], pinned: [PackageName: PEP440Version] = [:],
    excludeNewer: String? = nil, noWheels: Set<PackageName> = [], noBuilds: Set<PackageName> = []
  ) {
    self.requirements = requirements
    self.constraints = constraints
    self.platform = platform
    self.preferences = preferences
    self.pinned = pinned
    self.excludeNewer = excludeNewer
    self.noWheels = noWheels
    self.noBuilds = noBuilds
  }
}
