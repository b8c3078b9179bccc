public import Dockerfiles
public import Host
public import Images
public import Layers
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
    /// The size of the archive inside in bytes; unknown for a layer of the base.
    public let plainSize: Int?
  }

  /// An image in the store, and what it was made of.
  public struct Built: Sendable {
    /// The image.
    public let image: Image
    /// Its layers, bottom first.
    public let layers: [LayerSummary]
    /// How those that are its own are compressed.
    public let compression: LayerCompression
    /// What somebody should know: scripts that were not run, files of the base that were kept.
    public let notes: [String]
  }

  let plan: ImagePlan
  let folder: String
  let runtime: RuntimeBinary?
  let archive: DebianArchive?
  let rpm: RPMRepositories?
  let maven: MavenRepositories?
  let bases: BaseImages
  let pythonStore: PythonStore
  let cache: BuildCache
  let progress: Progress
  /// The compression that counts instead of the lock's.
  let wanted: LayerCompression?

  /// Prepares a build.
  ///
  /// - Parameters:
  ///   - folder: The folder of the specification, for the files that it names.
  ///   - archive: May be absent when the lock has no Debian packages.
  ///   - rpm: May be absent when the lock has no RPM packages.
  ///   - maven: May be absent when the lock has no files from Maven repositories.
  ///   - compression: How layers are compressed, if not as the lock says.
  public init(
    plan: ImagePlan, folder: String, runtime: RuntimeBinary?, archive: DebianArchive?,
    rpm: RPMRepositories?, maven: MavenRepositories?, bases: BaseImages, pythonStore: PythonStore, cache: BuildCache,
    progress: Progress, compression: LayerCompression? = nil
  ) {
    wanted = compression
    self.plan = plan
    self.folder = folder
    self.runtime = runtime
    self.archive = archive
    self.rpm = rpm
    self.maven = maven
    self.bases = bases
    self.pythonStore = pythonStore
    self.cache = cache
    self.progress = progress
  }

  /// Builds the image, or what of it is not in the cache.
  public func build() async throws -> Built {
    let lock = plan.lock
    let compression = try compression()
    try await requireWhatRuns()
    let store = try ContentStore(at: cache.folder(.store))
    let layers = LayerCache(cache: cache, store: store, compression: compression)
    let base = try await self.foundation()
    var made = try await self.layers(of: base, layers, store)
    let foundation = try await addRPM(to: base, &made, layers, store)
    if let python = lock.python, let spec = plan.spec.python, !python.packages.isEmpty {
      // RPM packages of the lock have no part in it: what is pinned was built before they were there.
      let root: BuildRoot? =
        switch base {
        case .root(let path): BuildRoot(path)
        case .image(let image, _, _): BuildRoot(image, cache: cache)
        }
      let installer = PythonLayers(
        spec: spec, platform: plan.spec.platform, foundation: foundation,
        interpreter: interpreter(spec, foundation), epoch: lock.date,
        wheels: wheels(python, spec, root: root), cache: cache, layers: layers, content: store, progress: progress)
      made += try await installer.layers()
    }
    if let jars = lock.jars, let spec = plan.spec.jars, !jars.artifacts.isEmpty {
      let layer = try await jarsLayer(jars, in: spec.target, foundation, layers, store)
      made.append(NamedLayer(name: "\(jars.artifacts.count) jars", layer: layer))
    }
    if let layer = try await applicationLayer(foundation, layers, store) {
      made.append(NamedLayer(name: "application", layer: layer))
    }
    let image = try Image(config: config(base, made), layers: made.map(\.layer), in: store)
    return Built(
      image: image,
      layers: made.map { part in
        LayerSummary(
          name: part.name, size: part.layer.descriptor.size,
          plainSize: part.layer.plainSize == 0 ? nil : part.layer.plainSize)
      }, compression: compression, notes: made.flatMap(\.notes))
  }

  /// The compression that was asked for, else the lock's.
  private func compression() throws(BuildError) -> LayerCompression {
    if let wanted { return wanted }
    guard let locked = LayerCompression(named: plan.lock.compressor) else {
      throw .compressor(locked: plan.lock.compressor, here: LayerCompression.gzip.name)
    }
    return locked
  }

  /// What the image's own layers lie on: the base of the lock, else the root of its packages.
  private func foundation() async throws -> Foundation {
    let lock = plan.lock
    if let base = lock.base {
      let image = try await bases.image(base, platform: plan.spec.platform)
      return .image(image, reference: base.reference, tree: Shared { [bases] in try await bases.tree(of: image) })
    }
    if lock.debian == nil, let rpm = lock.rpm, !rpm.packages.isEmpty { return .root(try await rpmRoot(rpm)) }
    guard let debian = lock.debian, let archive else { throw BuildError.empty(plan.spec.name) }
    return .root(
      try await DebianRoot.directory(
        debian, spec: plan.spec, epoch: lock.date, archive: archive, cache: cache, progress: progress))
  }

  private func layers(
    of foundation: Foundation, _ layers: LayerCache, _ store: ContentStore
  ) async throws -> [NamedLayer] {
    switch foundation {
    case .root(let root):
      let name =
        plan.lock.debian.map { "Debian root, \($0.packages.count) packages" }
        ?? "RPM root, \(plan.lock.rpm?.packages.count ?? 0) packages"
      let notes = plan.lock.debian == nil ? rpmNotes(of: root) : []
      return [NamedLayer(name: name, layer: try await rootLayer(root, layers, store), notes: notes)]
    case .image(let image, _, _):
      return image.layers.enumerated().map { number, layer in
        NamedLayer(
          name: "base, layer \(number + 1) of \(image.layers.count)",
          layer: WrittenLayer(descriptor: layer.descriptor.inOCI, diffID: layer.diffID, plainSize: 0))
      }
    }
  }

  private func interpreter(_ spec: Spec.Python, _ foundation: Foundation) -> Shared<ImageInterpreter> {
    Shared { [cache] in
      switch foundation {
      case .root(let path): ImageInterpreter(root: path)
      case .image(let image, let reference, let tree):
        try ImageInterpreter(
          image, tree: try await tree.value(), path: spec.interpreter, reference: reference, cache: cache)
      }
    }
  }

  /// The wheels of the lock; sources are built with the interpreter of a root.
  func wheels(_ python: Lock.Python, _ spec: Spec.Python, root: BuildRoot?) -> LockedWheels {
    let builder = root.map { root in
      SourceBuilder(
        root: root, interpreter: spec.interpreter, cache: cache, store: pythonStore, progress: progress)
    }
    return LockedWheels(python: python, store: pythonStore, builder: builder, progress: progress)
  }

  private func config(_ foundation: Foundation, _ made: [NamedLayer]) -> ImageConfig {
    var labels: [String: String] = [:]
    if let runtime { labels[Runtime.digestLabel] = runtime.digest.description }
    let base = if case .image(let image, _, _) = foundation { image } else { Image?.none }
    var config = plan.config(on: base?.config, extraLabels: labels)
    config.history += made.dropFirst(base?.layers.count ?? 0).map {
      ImageConfig.History(created: config.created, createdBy: "drydock: \($0.name)")
    }
    return config
  }

  private func rootLayer(
    _ root: String, _ layers: LayerCache, _ store: ContentStore
  ) async throws -> WrittenLayer {
    try await layers.layer(key: [plan.lock.debian == nil ? "rpm-root" : "debian", Path.name(root)]) {
      try await progress.during("write the layer of packages") {
        let tree = try await BlockingPool.run { () throws(LayerError) in try TreeScanner.scan(root) }
        return try await store.add(tree, epoch: plan.lock.date, as: layers.compression)
      }
    }
  }

  private func jarsLayer(
    _ jars: Lock.Jars, in directory: String, _ foundation: Foundation, _ layers: LayerCache, _ store: ContentStore
  ) async throws -> WrittenLayer {
    let key = JarsLayer.key(jars, in: directory) + [foundation.key, String(plan.lock.date)]
    return try await layers.layer(key: key) {
      let paths = try await fetch(jars)
      return try await progress.during("write the layer of jars") {
        let tree = try JarsLayer.tree(jars, in: directory, paths: paths, epoch: plan.lock.date)
        return try await store.add(
          try await foundation.fit(tree), epoch: plan.lock.date, as: layers.compression)
      }
    }
  }

  /// The files of the lock's artifacts, in their order.
  func fetch(_ jars: Lock.Jars) async throws -> [String] {
    guard let maven else { throw MavenError.noRepository }
    return try await progress.during("download \(jars.artifacts.count) jars") { try await maven.fetch(jars.artifacts) }
  }

  /// The files of the lock's RPM packages, in their order.
  func fetch(_ packages: Lock.RPM) async throws -> [String] {
    guard let rpm, let spec = plan.spec.rpm else { throw RPMError.noRepository([]) }
    return try await progress.during("download \(packages.packages.count) RPM packages") {
      try await rpm.fetch(packages.packages, from: spec.request(for: plan.spec.platform))
    }
  }

  private func applicationLayer(
    _ foundation: Foundation, _ layers: LayerCache, _ store: ContentStore
  ) async throws -> WrittenLayer? {
    let tree = try ApplicationLayer.tree(plan, folder: folder, runtime: runtime)
    if tree.isEmpty, plan.spec.user == nil, plan.spec.workingDirectory == nil { return nil }
    let contents = try await BlockingPool.run {
      try tree.fingerprint(knowing: runtime.map { [$0.path: $0.digest] } ?? [:])
    }
    let key = ["application", "1", foundation.key, plan.spec.checksum.hex, String(plan.lock.date), contents.hex]
    return try await layers.layer(key: key) {
      try await progress.during("write the application layer") {
        let settled = try await ApplicationLayer.settle(tree, plan, on: foundation)
        return try await store.add(settled, epoch: plan.lock.date, as: layers.compression)
      }
    }
  }
}

extension Descriptor {
  /// The same blob under OCI's name for what Docker names in its own way.
  fileprivate var inOCI: Descriptor {
    mediaType == .dockerLayerGzip ? Descriptor(mediaType: .layerGzip, digest: digest, size: size) : self
  }
}

/// Why an image can't be built here.
public enum BuildError: Error, Sendable, CustomStringConvertible {
  /// The lock has neither a base nor packages.
  case empty(String)
  /// The lock has RPM packages and no base to put them on.
  case packagesWithoutBase(String)
  /// The lock names another compressor, whose bytes differ.
  case compressor(locked: String, here: String)
  /// A wheel that was built has another digest than the lock has.
  case builtWheel(String, locked: String, found: String)

  /// What happened, in one sentence.
  public var description: String {
    switch self {
    case .empty(let name): "'\(name)' has neither a base nor Debian packages, so there is nothing to run in it"
    case .packagesWithoutBase(let name):
      "'\(name)' has RPM packages beside Debian's and no base that they could be put on"
    case .compressor(let locked, let here): "the lock's layers are compressed by \(locked), here is \(here)"
    case .builtWheel(let name, let locked, let found):
      "\(name) was built with sha256 \(found), the lock has \(locked)"
    }
  }

  /// What to do about it, if there is something.
  public var hint: String? {
    switch self {
    case .empty: "name a 'base', or packages under 'debian'"
    case .packagesWithoutBase: "name an image of the distribution under 'base', or leave 'debian' out"
    case .compressor: "run 'drydock pin' to lock this one, or build where the other one is"
    case .builtWheel: "something that the build depends on is not locked; please report it"
    }
  }
}
