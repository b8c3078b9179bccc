/// An image configuration: how a container of the image starts, and the layers it is made of.
///
/// Specification: OCI image-spec 1.1, config.md. `Healthcheck` is Docker's extension (Docker image specification 1.3).
public struct ImageConfig: Hashable, Sendable {
  /// What one step did, for people.
  public struct History: Hashable, Sendable {
    /// When, as RFC 3339.
    public let created: String?
    /// What made the layer.
    public let createdBy: String?
    /// Who made the step.
    public let author: String?
    /// More about it.
    public let comment: String?
    /// Whether the step made no layer.
    public let emptyLayer: Bool

    /// Describes a step.
    public init(
      created: String?, createdBy: String?, author: String? = nil, comment: String? = nil, emptyLayer: Bool = false
    ) {
      self.author = author
      self.comment = comment
      self.created = created
      self.createdBy = createdBy
      self.emptyLayer = emptyLayer
    }
  }

  /// The platform.
  public var platform: Platform
  /// When the image was made, as RFC 3339.
  public var created: String?
  /// Who made the image.
  public var author: String?
  /// The user that the process runs as, `NAME`, `UID` or `UID:GID`.
  public var user: String?
  /// The environment, each `NAME=VALUE`.
  public var environment: [String] = []
  /// The words before the command.
  public var entrypoint: [String] = []
  /// The command.
  public var command: [String] = []
  /// The directory that the process starts in.
  public var workingDirectory: String?
  /// The labels.
  public var labels: [String: String] = [:]
  /// The ports, each `PORT/PROTOCOL`.
  public var exposedPorts: [String] = []
  /// The directories that become volumes.
  public var volumes: [String] = []
  /// The signal that asks the process to end.
  public var stopSignal: String?
  /// The health check.
  public var healthcheck: Healthcheck?
  /// The instructions for builds upon the image, Docker's extension.
  public var onBuild: [String] = []
  /// The shell of commands that are one line, Docker's extension.
  public var shell: [String] = []
  /// The digests of the uncompressed layers, bottom first.
  public var diffIDs: [Digest] = []
  /// The steps, oldest first.
  public var history: [History] = []

  /// An empty configuration for a platform.
  public init(platform: Platform) { self.platform = platform }
}
