public import Dockerfiles
public import Host
public import Images
internal import Layers
internal import OCI
public import Packages
internal import Resolution

/// Builds an image from its lock, without a daemon: the same lock gives the same bytes.
public struct ImageBuilder: Sendable {
  /// What one layer is, for a table.
  public struct LayerSummary: Sendable, Hashable {
    /// What is in it, in a few words.
    public let name: String
    /// The size of the compressed blob in bytes.
    public let size: Int
    /// The size of the archive inside in bytes.
    public let plainSize: Int
  }

  /// An image in the store, and what it was made of.
  public struct Built: Sendable {
    /// The image.
    public let image: Image
    /// Its layers, bottom first.
    public let layers: [LayerSummary]
  }

  let plan: ImagePlan
  let folder: String
  let runtime: RuntimeBinary?
  let archive: DebianArchive?
  let pythonStore: PythonStore
  let cache: BuildCache
  let progress: Progress

  /// Prepares a build.
  ///
  /// - Parameters:
  ///   - folder: The folder of the specification, for the files that it names.
  ///   - archive: May be absent when the lock has no Debian packages.
  public init(
    plan: ImagePlan, folder: String, runtime: RuntimeBinary?, archive: DebianArchive?, pythonStore: PythonStore,
    cache: BuildCache, progress: Progress
  ) {
    self.plan = plan
    self.folder = folder
    self.runtime = runtime
    self.archive = archive
    self.pythonStore = pythonStore
    self.cache = cache
    self.progress = progress
  }

  /// Builds the image, or what of it is not in the cache.
  public func build() async throws -> Built {
    let lock = plan.lock
    guard lock.base == nil, let debian = lock.debian, let archive else {
      throw BuildError.needsRegistry(plan.spec.name)
    }
    guard lock.compressor == LayerWriter.compressor else {
      throw BuildError.compressor(locked: lock.compressor, here: LayerWriter.compressor)
    }
    try requireLockedRuntime()
    let store = try ContentStore(at: cache.folder(.store))
    let layers = LayerCache(cache: cache, store: store)
    let root = try await DebianRoot.directory(
      debian, spec: plan.spec, epoch: lock.date, archive: archive, cache: cache, progress: progress)
    var made = [(name: "Debian root, \(debian.packages.count) packages", try await debianLayer(root, layers, store))]
    if let python = lock.python, let spec = plan.spec.python, !python.packages.isEmpty {
      let installer = PythonLayers(
        spec: spec, root: root, epoch: lock.date, wheels: wheels(python, spec, root: root), cache: cache,
        layers: layers, content: store, progress: progress)
      made += try await installer.layers()
    }
    made.append(("application", try await applicationLayer(root, layers, store)))
    var labels: [String: String] = [:]
    if let runtime { labels[Runtime.digestLabel] = runtime.digest.description }
    let image = try Image(config: config(labels, made.map(\.name)), layers: made.map(\.1), in: store)
    return Built(
      image: image,
      layers: made.map { LayerSummary(name: $0.name, size: $0.1.descriptor.size, plainSize: $0.1.plainSize) })
  }

  /// The runtime here must be made of the sources that the lock names.
  func requireLockedRuntime() throws(RuntimeBinary.Failure) {
    guard plan.spec.hasRuntime, plan.lock.runtime != runtime?.inputs else { return }
    throw .stale(locked: plan.lock.runtime, found: runtime?.inputs ?? plan.lock.spec)
  }

  /// The wheels of the lock; sources are built with the interpreter of a root.
  func wheels(_ python: Lock.Python, _ spec: Spec.Python, root: String?) -> LockedWheels {
    let builder = root.map { root in
      SourceBuilder(
        root: root, interpreter: spec.interpreter, cache: cache, store: pythonStore, progress: progress)
    }
    return LockedWheels(python: python, store: pythonStore, builder: builder, progress: progress)
  }

  private func config(_ labels: [String: String], _ names: [String]) -> ImageConfig {
    var config = plan.config(extraLabels: labels)
    config.history = names.map {
      ImageConfig.History(created: config.created, createdBy: "drydock: \($0)")
    }
    return config
  }

  private func debianLayer(
    _ root: String, _ layers: LayerCache, _ store: ContentStore
  ) async throws -> WrittenLayer {
    try await layers.layer(key: ["debian", Path.name(root)]) {
      try await progress.during("write the Debian layer") {
        let tree = try await BlockingPool.run { () throws(LayerError) in try TreeScanner.scan(root) }
        return try await store.add(tree, epoch: plan.lock.date)
      }
    }
  }

  private func applicationLayer(
    _ root: String, _ layers: LayerCache, _ store: ContentStore
  ) async throws -> WrittenLayer {
    let tree = try ApplicationLayer.tree(plan, folder: folder, runtime: runtime, root: root)
    return try await progress.during("write the application layer") {
      try await store.add(tree, epoch: plan.lock.date)
    }
  }
}

/// Why an image can't be built here.
public enum BuildError: Error, Sendable, CustomStringConvertible {
  /// The image stands on another one, which has to be pulled.
  case needsRegistry(String)
  /// The lock names another compressor, whose bytes differ.
  case compressor(locked: String, here: String)
  /// A wheel that was built has another digest than the lock has.
  case builtWheel(String, locked: String, found: String)

  /// What happened, in one sentence.
  public var description: String {
    switch self {
    case .needsRegistry(let name):
      "'\(name)' stands on a base image, which this Drydock can lock and generate but not yet pull"
    case .compressor(let locked, let here): "the lock's layers are compressed by \(locked), here is \(here)"
    case .builtWheel(let name, let locked, let found):
      "\(name) was built with sha256 \(found), the lock has \(locked)"
    }
  }

  /// What to do about it, if there is something.
  public var hint: String? {
    switch self {
    case .needsRegistry(let name): "build it from the generated Dockerfile: drydock generate --context DIR \(name)"
    case .compressor: "run 'drydock pin' to lock this one, or build where the other one is"
    case .builtWheel: "something that the build depends on is not locked; please report it"
    }
  }
}
