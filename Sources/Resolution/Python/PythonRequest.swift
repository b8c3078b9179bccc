internal import Host
public import Packages
public import Versions

/// Is everything that a resolution depends on apart from the index.
public struct PythonRequest: Sendable {
  /// Returns the metadata of a source distribution, by building it if need be.
  public typealias SourceMetadata = @Sendable (PythonFile, PackageName) async throws -> PythonMetadata

  /// Says when a version before its final release may be chosen (PEP 440, "Handling of pre-releases").
  public enum PreReleases: String, Hashable, Sendable, CaseIterable {
    /// Never.
    case disallow
    /// As readily as any other.
    case allow
    /// Of projects that have nothing else.
    case ifNecessary = "if-necessary"
    /// Of projects that the request names with a pre-release.
    case explicit
    /// Where no final release is left, or the request names one.
    case ifNecessaryOrExplicit = "if-necessary-or-explicit"
  }

  /// Says which end of the admitted versions is tried first.
  public enum Strategy: String, Hashable, Sendable, CaseIterable {
    /// The newest.
    case highest
    /// The oldest.
    case lowest
    /// The oldest of what is asked for by name, the newest of what that needs.
    case lowestDirect = "lowest-direct"
  }

  /// Is a package that the place of installation has already, for example in a base image.
  public struct Installed: Hashable, Sendable {
    /// What it says about itself.
    public let metadata: PythonMetadata

    /// Names a package that is there.
    public init(_ metadata: PythonMetadata) { self.metadata = metadata }
  }

  /// What has to be installed.
  public var requirements: [Requirement]
  /// Limits on versions of what is installed for another reason.
  public var constraints: [Requirement]
  /// Requirements that stand in for all others on the same projects, whoever asks.
  public var overrides: [Requirement]
  /// Where it will run.
  public var target: PythonTarget
  /// Versions to keep as long as the requirements allow it, for example those of an earlier lock or of the base image.
  public var preferences: [PackageName: PEP440Version]
  /// Versions that must not change, for example those that the base image's own programs rely on.
  public var pinned: [PackageName: PEP440Version]
  /// What is there already and stays if the requirements allow it; no index needs to have it.
  public var installed: [PackageName: Installed]
  /// The files that requirements by address stand for.
  public var direct: [PackageName: PythonFile]
  /// The sha256 digests of the only files that may be used of a project.
  public var allowedDigests: [PackageName: Set<String>]
  /// The time, in RFC 3339 with the zone `Z`, after which uploads are left out.
  public var excludeNewer: String?
  /// When versions before a final release may be chosen.
  public var preReleases: PreReleases
  /// Which versions are tried first.
  public var strategy: Strategy
  /// Projects whose wheels are not to be used.
  public var noWheels: Selection
  /// Projects that are not to be built from source.
  public var noBuilds: Selection

  /// Names some projects, or all.
  public enum Selection: Hashable, Sendable, ExpressibleByArrayLiteral {
    case all
    case only(Set<PackageName>)

    /// Names each of the elements.
    public init(arrayLiteral elements: PackageName...) { self = .only(Set(elements)) }

    func contains(_ name: PackageName) -> Bool {
      switch self {
      case .all: true
      case .only(let names): names.contains(name)
      }
    }
  }

  /// Creates a request for one platform.
  public init(
    requirements: [Requirement], constraints: [Requirement] = [], platform: PythonPlatform,
    preferences: [PackageName: PEP440Version] = [:], pinned: [PackageName: PEP440Version] = [:],
    excludeNewer: String? = nil, noWheels: Selection = [], noBuilds: Selection = []
  ) {
    self.init(requirements: requirements, constraints: constraints, target: .platform(platform))
    self.preferences = preferences
    self.pinned = pinned
    self.excludeNewer = excludeNewer
    self.noWheels = noWheels
    self.noBuilds = noBuilds
  }

  /// Creates a request; what is not given here is set afterwards.
  public init(
    requirements: [Requirement], constraints: [Requirement] = [], overrides: [Requirement] = [], target: PythonTarget
  ) {
    self.requirements = requirements
    self.constraints = constraints
    self.overrides = overrides
    self.target = target
    (preferences, pinned, installed, direct, allowedDigests) = ([:], [:], [:], [:], [:])
    excludeNewer = nil
    preReleases = .ifNecessaryOrExplicit
    strategy = .highest
    (noWheels, noBuilds) = ([], [])
  }
}

extension PythonRequest {
  /// The time until which uploads count, of a day, which counts to its end, or of a time in RFC 3339; `nil` for any other
  /// text.
  public static func uploadLimit(_ text: String) -> String? {
    let isDay = text.utf8.count == 10
    guard let seconds = Clock.seconds(rfc3339: isDay ? text + "T23:59:59Z" : text) else { return nil }
    return isDay ? text + "T23:59:59.999999Z" : Clock.rfc3339(seconds)
  }
}
