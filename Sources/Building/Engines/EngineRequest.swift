public import Layers
public import OCI

/// What another engine is to build: a folder with its Dockerfile, and the options by the names that all builders share.
public struct EngineRequest: Sendable, Hashable {
  /// The folder that `COPY` reads.
  public var context: String
  /// The Dockerfile, in the folder or elsewhere.
  public var dockerfile: String
  /// The latest time in the image as far as the engine can, in seconds since 1970.
  public var epoch: Int
  /// The image's platform, nil for the engine's own.
  public var platform: Platform?
  /// The stage to build.
  public var target: String?
  /// Values of `ARG`s, in the order given.
  public var arguments: [Setting] = []
  /// Labels besides those of the file.
  public var labels: [Setting] = []
  /// Folders and images by the names that `FROM` and `--from` give them.
  public var contexts: [NamedContext] = []
  /// Secrets as `docker build --secret` takes them.
  public var secrets: [String] = []
  /// SSH agents as `docker build --ssh` takes them.
  public var ssh: [String] = []
  /// Where results of earlier builds are, and where those of this one go.
  public var cacheFrom: [Cache] = []
  /// Where results of this build go.
  public var cacheTo: [Cache] = []
  /// Whether results of earlier builds are used.
  public var usesCache = true
  /// Whether commands have a network.
  public var allowsNetwork = false
  /// The most memory of one command in bytes.
  public var memoryLimit: Int?
  /// How layers are compressed, nil for the engine's own way.
  public var compression: LayerCompression?
  /// Names that the engine gives the image too.
  public var names: [String] = []
  /// The base of a lock, which the engine is handed.
  public var base: Base?

  /// A name with its value.
  public struct Setting: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: String

    /// A name with its value.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }

    /// As command lines have it: `NAME=VALUE`.
    var text: String { "\(name)=\(value)" }
  }

  /// Something that a Dockerfile may name.
  public struct NamedContext: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// Where it is.
    public let place: Place

    /// Where a context is.
    public enum Place: Sendable, Hashable {
      /// A folder of this machine.
      case folder(String)
      /// An image of a registry.
      case image(String)
      /// An image in an OCI layout: its folder, and the tag or digest as it is written after the path.
      case layout(path: String, suffix: String)
    }

    /// A name with a place.
    public init(_ name: String, _ place: Place) {
      self.name = name
      self.place = place
    }
  }

  /// A place of an engine's cache.
  public enum Cache: Sendable, Hashable {
    /// A repository of a registry.
    case registry(String)
    /// A folder of this machine.
    case folder(String)
  }

  /// A base that lies in Drydock's store, under the name by which the Dockerfile stands on it.
  public struct Base: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The manifest.
    public let digest: Digest
    /// The directory with the blobs.
    public let store: String

    /// A base named after its digest.
    public init(_ digest: Digest, store: String) {
      name = "localhost/drydock-base:\(digest.hex)"
      self.digest = digest
      self.store = store
    }
  }

  /// A build of a folder with nothing special.
  public init(context: String, dockerfile: String, epoch: Int) {
    self.context = context
    self.dockerfile = dockerfile
    self.epoch = epoch
  }
}
