internal import Dockerfiles
internal import Images
internal import Layers
internal import OCI

/// What a stage has become so far: its configuration, its layers and the names that its words may use.
struct StageState: Sendable {
  static let historyComment = "buildkit.dockerfile.v0"
  static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The configuration, without layers' digests.
  var config: ImageConfig
  /// The layers, bottom first.
  var layers: [StageLayer] = []
  /// The values of declared arguments that no environment variable of a later step hides.
  var arguments: [String: String] = [:]
  /// The declared arguments in the order of their declarations, for the history.
  var declared: [String] = []
  /// Whether this stage set a command of its own, which a new entrypoint then keeps.
  var hasOwnCommand = false

  init(config: ImageConfig) { self.config = config }

  /// The state of `FROM scratch`.
  static func scratch(_ platform: Platform) -> StageState {
    var config = ImageConfig(platform: platform)
    config.environment = ["PATH=" + path]
    config.workingDirectory = "/"
    return StageState(config: config)
  }

  /// The state of a stage that begins with an image.
  init(of image: Image) {
    config = image.config
    layers = image.layers.map {
      StageLayer(
        written: WrittenLayer(descriptor: $0.descriptor, diffID: $0.diffID, plainSize: 0), path: $0.path)
    }
    if !environment.keys.contains("PATH") { config.environment.append("PATH=" + Self.path) }
  }

  /// The state of a stage that begins with this one: names go on, what only belongs to one stage does not.
  var inherited: StageState {
    var state = self
    state.hasOwnCommand = false
    return state
  }

  /// The image's environment.
  var environment: [String: String] {
    var variables: [String: String] = [:]
    for pair in config.environment {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      variables[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    return variables
  }

  /// What words are expanded with and commands see: of an argument and a variable of one name the later counts.
  var variables: [String: String] { environment.merging(arguments) { $1 } }

  /// The directory of relative paths.
  var directory: String { config.workingDirectory ?? "/" }

  /// The words before a line for the shell.
  var shell: [String] { config.shell.isEmpty ? ["/bin/sh", "-c"] : config.shell }

  mutating func setEnvironment(_ name: String, _ value: String) {
    let pair = "\(name)=\(value)"
    arguments[name] = nil
    if let index = config.environment.firstIndex(where: { $0.hasPrefix(name + "=") || $0 == name }) {
      config.environment[index] = pair
    } else {
      config.environment.append(pair)
    }
  }

  /// Notes what a step did, as BuildKit notes it.
  mutating func note(_ text: String, created: String, makesLayer: Bool = false, isFileStep: Bool = false) {
    config.history.append(
      ImageConfig.History(
        created: created, createdBy: isFileStep ? text + " # buildkit" : text, comment: Self.historyComment,
        emptyLayer: !makesLayer))
  }

  /// Everything that the file system depends on.
  var chain: [String] { layers.map(\.written.diffID.hex) }

  /// Writes the image into a store.
  func image(in store: ContentStore, labels: [String: String]) throws -> Image {
    var config = config
    config.labels.merge(labels) { $1 }
    return try Image(config: config, layers: layers.map(\.written), in: store)
  }
}
