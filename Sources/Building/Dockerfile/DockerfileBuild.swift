public import Dockerfiles
public import HTTP
public import Host
public import Images
public import Layers
public import OCI
public import Recording
public import Registry

/// What a build of a Dockerfile is told besides the file: a value, made and compared without building anything.
public struct DockerfileOptions: Sendable {
  /// The folder that `COPY` reads.
  public var context: String
  /// What of the folder is not seen.
  public var ignoring: IgnoreFile
  /// The stage to build, by name or number; the last one if none is named.
  public var target: String?
  /// Values of `ARG`s.
  public var arguments: [String: String] = [:]
  /// Folders and images by the names that `FROM` and `--from` give them.
  public var contexts: [String: NamedContext] = [:]
  /// Files that `RUN --mount=type=secret` may read, by name.
  public var secrets: [String: Secret] = [:]
  /// The sockets of agents that `RUN --mount=type=ssh` forwards, by name; the usual one is `default`.
  public var agentSockets: [String: String] = [:]
  /// The platform of the image.
  public var platform = Platform.linuxAMD64
  /// Labels besides those of the file.
  public var labels: [String: String] = [:]
  /// The latest time in the image and the time it says it was made, in seconds since 1970.
  public var epoch = Self.standardEpoch
  /// Whether results of earlier builds are used.
  public var usesCache = true
  /// Stages of which no result of an earlier build is used, by name in lower case.
  public var uncachedStages: Set<String> = []
  /// Names of hosts that commands know, with their addresses.
  public var hosts: [String: String] = [:]
  /// Whether commands have the host's network unless they say otherwise.
  public var allowsNetwork = false
  /// Whether commands without a word about the network reach it by a proxy that remembers what they fetched.
  public var recordsNetwork = false
  /// What was recorded earlier; commands that are in it get the same again.
  public var recorded = NetworkLock()
  /// Whether logs, caches and backups that commands leave are taken out of layers.
  public var scrubs = true
  /// Whether stages are built one by one, the last one first, and not at once: it must make no difference.
  public var isSerial = false
  /// How the layers of this build are compressed; those of its bases stay as they are.
  public var compression = LayerCompression.gzip
  /// The most memory of one command in bytes.
  public var memoryLimit: Int?
  /// The most shared memory (`/dev/shm`) of one command in bytes; as much as Docker gives unless told otherwise.
  public var sharedMemoryLimit = 64 << 20
  /// What is in the store of everything that is not in the folder; then nobody is asked for anything else.
  public var vendored: DockerfileSources?

  /// 1980-01-01: the first day that zip archives know, which commands may have to write.
  public static let standardEpoch = 315_532_800

  /// Something that a build may name.
  public enum NamedContext: Sendable, Hashable {
    /// Nothing.
    case scratch
    /// A folder.
    case folder(String)
    /// An image.
    case image(ImagePlace)
  }

  /// A secret.
  public enum Secret: Sendable, Hashable {
    /// In a file.
    case file(String)
    /// In an environment variable.
    case variable(String)
  }

  /// A build of a folder with nothing special.
  public init(context: String, ignoring: IgnoreFile) {
    self.context = context
    self.ignoring = ignoring
  }
}

/// Builds an image from a Dockerfile, without a daemon: the same files give the same bytes.
public struct DockerfileBuild: Sendable {
  /// What was built.
  public struct Result: Sendable {
    /// The image, in the store.
    public let image: Image
    /// The steps of the target and of what it needed, in the order of the file.
    public let steps: [StepReport]
    /// The images and files that it took from elsewhere, sorted by name.
    public let dependencies: [Provenance.Dependency]
    /// What is recorded of the file's commands now.
    public let recorded: NetworkLock
    /// What it took from elsewhere, by name.
    public let sources: DockerfileSources
  }

  /// What became of one step that makes a layer.
  public struct StepReport: Sendable, Hashable {
    /// The stage, by name or number.
    public let stage: String
    /// The instruction.
    public let text: String
    /// Where it stands.
    public let position: SourcePosition
    /// Whether the result was there already.
    public let isCached: Bool
    /// The layer's digest, nil for a step that changed no file.
    public let layer: Digest?
    /// The size of the layer's archive in bytes.
    public let size: Int
  }

  let definition: BuildDefinition
  /// What it was told.
  public private(set) var options: DockerfileOptions
  let workshop: BuildWorkshop

  /// Prepares a build.
  ///
  /// - Parameters:
  ///   - onLine: Sees what commands write, with the stage and the step.
  ///   - warn: Sees what is no error and may surprise, once each.
  public init(
    _ definition: BuildDefinition, options: DockerfileOptions, copier: ImageCopier, http: HTTPClient, cache: BuildCache,
    stage: String = "/proc/self/exe", progress: Progress, cacheSources: [ImagePlace] = [],
    onLine: @escaping @Sendable (_ step: String, _ line: String) -> Void = { _, _ in },
    warn: @escaping @Sendable (_ text: String) -> Void = { _ in }
  ) throws {
    self.definition = definition
    self.options = options
    workshop = BuildWorkshop(
      cache: cache, store: try ContentStore(at: cache.folder(.store)), copier: copier, http: http,
      sandboxStage: stage, progress: progress, cacheSources: cacheSources, onLine: onLine, warn: warn)
  }

  /// Builds the target and what it needs, for the platform of the options.
  public func build() async throws -> Result { try await build(for: [options.platform])[0] }

  /// Builds the target and what it needs for several platforms at once; a step that they share is done once.
  ///
  /// What can't be built for one of them is refused before anything runs; a step that fails stops all others.
  ///
  /// - Returns: What was built, in the order of the platforms.
  public func build(for platforms: [Platform]) async throws -> [Result] {
    let records = StepRecords(workshop, usesCache: options.usesCache)
    let graphs = try graphs(for: platforms, records)
    try await records.load()
    let states = try await StageGraph.results(of: graphs, isSerial: options.isSerial)
    var steps: [NetworkLock.Step] = []
    if let network = graphs.first?.network { steps = await network.recorded }
    let recorded = options.recorded.updated(with: steps) { key in
      definition.stages.contains { stage in
        (stage.name ?? String(stage.index)) == key.stage && stage.steps.contains { $0.text == key.instruction }
      }
    }
    var results: [Result] = []
    for (graph, state) in zip(graphs, states) {
      results.append(
        Result(
          image: try state.image(in: workshop.store, labels: options.labels), steps: await graph.reports,
          dependencies: await graph.dependencies, recorded: recorded, sources: await graph.sources))
    }
    return results
  }

  /// A graph for each platform; they share what was made before, and what commands fetch.
  private func graphs(for platforms: [Platform], _ records: StepRecords) throws -> [StageGraph] {
    let network = BuildNetwork(http: workshop.http, store: workshop.store)
    return try platforms.map { platform in
      var options = options
      options.platform = platform
      return StageGraph(
        plan: try StagePlan(definition, options), options: options, workshop: workshop, records: records,
        network: network, isOneOfSeveral: platforms.count > 1)
    }
  }

  /// Brings what a build took from elsewhere into the store, as far as it is not there: what commands fetched, of which a
  /// layer that was kept needs nothing, and the indexes that vouch for images.
  public func gather(_ sources: DockerfileSources) async throws {
    for step in sources.steps {
      let replay = StepReplay(step, client: workshop.http, store: workshop.store)
      try await replay.prepare()
      if let missing = replay.missing.first { throw missing }
    }
    for image in sources.images {
      let reference = try Reference(parsing: image.reference)
      guard let digest = reference.digest, !workshop.store.contains(digest) else { continue }
      _ = try workshop.store.add(try await workshop.copier.manifest(of: .registry(reference)).bytes)
    }
  }

  /// The same build by what is recorded.
  public func replaying(_ lock: NetworkLock) -> DockerfileBuild {
    var build = self
    (build.options.recorded, build.options.recordsNetwork) = (lock, false)
    return build
  }

  /// Puts the layers of a build for platforms and what they were made of at places, for `cacheSources` of others.
  public func exportCache(for platforms: [Platform], to places: [ImagePlace]) async throws {
    guard let first = platforms.first, !places.isEmpty else { return }
    let records = StepRecords(workshop, usesCache: true)
    let graphs = try graphs(for: platforms, records)
    try await records.load()
    _ = try await StageGraph.results(of: graphs, isSerial: options.isSerial)
    for place in places { try await StepRecords.export(await records.used, to: place, platform: first, workshop) }
  }
}

/// What all stages of a build share.
struct BuildWorkshop: Sendable {
  let cache: BuildCache
  let store: ContentStore
  let copier: ImageCopier
  let http: HTTPClient
  let sandboxStage: String
  let progress: Progress
  let cacheSources: [ImagePlace]
  let onLine: @Sendable (String, String) -> Void
  let warn: @Sendable (String) -> Void
}
