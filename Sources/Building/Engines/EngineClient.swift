/// A program that drives an engine, as it was found on this machine.
public struct EngineClient: Sendable, Hashable {
  /// What kind of program it is.
  public enum Kind: Sendable, Hashable {
    /// Docker's client, with BuildKit built in or in its component buildx.
    case docker(hasBuildx: Bool)
    /// `buildah`.
    case buildah
    /// `podman`.
    case podman
    /// BuildKit's own client.
    case buildctl
    /// Docker's component buildx, driving a `buildkitd` that is somewhere else.
    case buildx
  }

  /// The engine that it drives.
  public let engine: BuildEngine
  /// What kind of program it is.
  public let kind: Kind
  /// The program as it is called.
  public let program: String
  /// The version of the engine as it tells it.
  public let version: String
  /// Where the daemon is, if that was said.
  public let address: String?
  /// The folder with the client's certificates `ca.pem`, `cert.pem` and `key.pem`.
  public let certificates: String?

  /// States what was found.
  public init(
    engine: BuildEngine, kind: Kind, program: String, version: String, address: String? = nil,
    certificates: String? = nil
  ) {
    self.engine = engine
    self.kind = kind
    self.program = program
    self.version = version
    self.address = address
    self.certificates = certificates
  }

  /// One line for the person who watches.
  public var summary: String {
    let name = program.split(separator: "/").last.map(String.init) ?? program
    let way = name == engine.rawValue ? "" : " by \(name)"
    return "\(engine.rawValue) \(version)\(way)\(address.map { " at \($0)" } ?? "")"
  }
}

/// One call of an engine's client.
public struct EngineCall: Sendable, Hashable {
  /// The program.
  public let program: String
  /// Its arguments.
  public let arguments: [String]
  /// Variables that it gets on top of this process's.
  public let environment: [String: String]
  /// Whether it is the build itself, which fails for what the Dockerfile says.
  public let isBuild: Bool

  init(_ program: String, _ arguments: [String], environment: [String: String] = [:], isBuild: Bool = false) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.isBuild = isBuild
  }

  /// The call without its options, for messages.
  var name: String {
    let words = arguments.drop { $0.hasPrefix("-") || $0.contains("://") }
    return ([program] + words.prefix { !$0.hasPrefix("-") }.prefix(2)).joined(separator: " ")
  }
}
