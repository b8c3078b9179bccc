public import Host
public import Images
internal import JSON
public import OCI

/// Copies an image from one place to another; its digests never change.
public struct ImageCopier: Sendable {
  /// What is copied of an image.
  public struct Selection: Hashable, Sendable {
    /// The platform whose image is taken out of an index.
    public var platform: Platform
    /// Whether an index is copied whole instead.
    public var takesAll = false
    /// Whether what says something about the image comes along: signatures, attestations, bills of materials.
    public var takesReferrers = false

    /// Takes one platform's image alone.
    public init(platform: Platform = .linuxAMD64) { self.platform = platform }
  }

  /// The most manifests that belong to one image.
  static let mostManifests = 2000
  /// The most blobs that belong to one image.
  static let mostBlobs = 10_000
  /// How deep indexes and referrers may be nested.
  static let deepest = 8

  private let client: RegistryClient
  private let store: ContentStore
  private let progress: Progress
  private let environment: [String: String]

  /// Makes a copier.
  ///
  /// - Parameters:
  ///   - store: Where content passes by, and where broken transfers go on.
  ///   - environment: Where a Docker daemon is looked up.
  public init(
    client: RegistryClient, store: ContentStore, progress: Progress = .none, environment: [String: String] = [:]
  ) {
    self.client = client
    self.store = store
    self.progress = progress
    self.environment = environment
  }

  /// Where the store's blobs are.
  var storeRoot: String { store.root }

  /// Copies an image and gives its descriptor.
  @discardableResult
  public func copy(
    _ origin: ImagePlace, to target: ImagePlace, _ selection: Selection = Selection()
  ) async throws(RegistryError) -> Descriptor {
    let use = try await blocking { [store] () throws(ImageError) in StoreUse(try store.use()) }
    defer { withExtendedLifetime(use) {} }
    let source = try await source(origin, selection)
    let sink = try sink(target)
    guard sink.holdsMany || !selection.takesAll && !selection.takesReferrers else {
      throw .place(target.description, reason: "it holds a single image without referrers")
    }
    let plan = try await plan(source, selection, at: origin)
    try await source.check(plan.blobs)
    try await put(plan.blobs, from: source, into: sink)
    for manifest in plan.manifests { try await sink.put(manifest, isRoot: manifest == plan.root) }
    try await sink.finish()
    return plan.root.descriptor
  }

  /// Brings an image into the store and keeps it there under its name.
  @discardableResult
  public func pull(_ reference: Reference, _ selection: Selection = Selection()) async throws(RegistryError)
    -> Descriptor
  {
    let descriptor = try await bringIntoStore(.registry(reference), selection).descriptor
    try await blocking { [store] () throws(ImageError) in
      try store.name(descriptor, Self.storeName(reference))
    }
    return descriptor
  }

  /// The name that the store keeps an image by.
  private static func storeName(_ reference: Reference) -> String {
    reference.tag == nil && reference.digest == nil
      ? "\(reference.name):\(Reference.defaultTag)" : reference.description
  }

  /// Brings an image into the store without giving it a name.
  func bringIntoStore(_ place: ImagePlace, _ selection: Selection) async throws(RegistryError) -> RawManifest {
    let use = try await blocking { [store] () throws(ImageError) in StoreUse(try store.use()) }
    defer { withExtendedLifetime(use) {} }
    let source = try await source(place, selection)
    let plan = try await plan(source, selection, at: place)
    let sink = StoreSink(store: store)
    try await put(plan.blobs, from: source, into: sink)
    for manifest in plan.manifests { try await sink.put(manifest, isRoot: manifest == plan.root) }
    return plan.root
  }

  /// The manifest or index of a place as its bytes, without anything else being fetched.
  public func manifest(of place: ImagePlace, platform: Platform? = nil) async throws(RegistryError) -> RawManifest {
    let selection = Selection(platform: platform ?? .linuxAMD64)
    let source = try await source(place, selection)
    let root = try await source.root()
    guard let platform, root.isIndex else { return root }
    return try await choose(platform, from: root, source, at: place)
  }

  /// The descriptor of an image or an index in a store.
  private static func stored(_ digest: Digest, in root: String) throws(ImageError) -> Descriptor {
    let bytes = try ContentStore(at: root).read(digest, limit: RawManifest.limit)
    if (try? JSONValue(parsing: bytes))?["mediaType"]?.string == MediaType.imageIndex.rawValue {
      return Descriptor(mediaType: .imageIndex, digest: digest, size: bytes.count)
    }
    return try Image(manifest: digest, in: root).descriptor()
  }

  // MARK: What belongs to the image

  private struct Plan {
    let root: RawManifest
    /// Children before their parents, so that a registry takes them in this order.
    var manifests: [RawManifest] = []
    var blobs: [Descriptor] = []
  }

  private func plan(
    _ source: any ImageSource, _ selection: Selection, at place: ImagePlace
  ) async throws(RegistryError) -> Plan {
    var root = try await source.root()
    if root.isIndex && !selection.takesAll {
      root = try await choose(selection.platform, from: root, source, at: place)
    }
    var plan = Plan(root: root)
    var seen: Set<Digest> = []
    try await collect(root, from: source, selection, into: &plan, seen: &seen, depth: 0, at: place)
    var known: Set<Digest> = []
    plan.blobs = plan.blobs.filter { known.insert($0.digest).inserted }
    return plan
  }

  private func collect(
    _ manifest: RawManifest, from source: any ImageSource, _ selection: Selection, into plan: inout Plan,
    seen: inout Set<Digest>, depth: Int, at place: ImagePlace
  ) async throws(RegistryError) {
    guard seen.insert(manifest.descriptor.digest).inserted else { return }
    guard depth <= Self.deepest else { throw .malformed("its indexes are nested too deeply", at: "\(place)") }
    let children: (manifests: [Descriptor], blobs: [Descriptor])
    do throws(OCIError) { children = try manifest.children() } catch { throw .document(error, at: "\(place)") }
    guard seen.count + children.manifests.count <= Self.mostManifests,
      plan.blobs.count + children.blobs.count <= Self.mostBlobs
    else { throw .malformed("it lists more manifests or blobs than an image has", at: "\(place)") }
    for child in children.manifests {
      let found = try await source.manifest(child)
      try await collect(found, from: source, selection, into: &plan, seen: &seen, depth: depth + 1, at: place)
    }
    plan.blobs += children.blobs.filter(\.mediaType.isDistributable)
    plan.manifests.append(manifest)
    guard selection.takesReferrers else { return }
    for referrer in try await source.referrers(of: manifest.descriptor.digest) {
      let found = try await source.manifest(referrer)
      try await collect(found, from: source, selection, into: &plan, seen: &seen, depth: depth + 1, at: place)
    }
  }

  func choose(
    _ platform: Platform, from index: RawManifest, _ source: any ImageSource, at place: ImagePlace
  ) async throws(RegistryError) -> RawManifest {
    let entries: [Descriptor]
    do throws(OCIError) { entries = try Index(parsing: index.bytes).manifests } catch {
      throw .document(error, at: "\(place)")
    }
    let fitting = entries.compactMap { entry in
      entry.platform.flatMap { platform.distance(to: $0) }.map { (entry: entry, distance: $0) }
    }
    // Of equals the first.
    guard
      let entry = entries.first(where: { $0.platform == platform })
        ?? fitting.min(by: { $0.distance < $1.distance })?.entry
    else {
      let available = entries.compactMap(\.platform).filter { $0.os != "unknown" }.map(\.description)
      throw .noPlatform(platform, available: available, at: "\(place)")
    }
    return try await source.manifest(entry)
  }

  // MARK: Moving

  private func put(_ blobs: [Descriptor], from source: any ImageSource, into sink: any ImageSink)
    async throws(RegistryError)
  {
    let progress = progress
    let demand = client.demand
    var waiting = blobs[...]
    waiting.forEach(demand.add)
    defer { waiting.forEach(demand.remove) }
    let failure = await withTaskGroup(of: RegistryError?.self) { group in
      func startNext() {
        guard let blob = waiting.popFirst() else { return }
        group.addTask {
          defer { demand.remove(blob) }
          do throws(RegistryError) {
            try await sink.put(blob, mountingFrom: source.repository, isVerified: source.isVerified) {
              () async throws(RegistryError) in try await source.blob(blob, progress: progress)
            }
            return nil
          } catch { return error }
        }
      }
      for _ in 0..<max(1, client.configuration.parallelBlobs) { startNext() }
      var failure: RegistryError?
      for await result in group {
        if let result, failure == nil {
          failure = result
          group.cancelAll()
        }
        if failure == nil { startNext() }
      }
      return failure
    }
    if let failure { throw failure }
  }

  func source(_ place: ImagePlace, _ selection: Selection) async throws(RegistryError) -> any ImageSource {
    switch place {
    case .registry(let reference):
      if client.configuration.isOffline, let kept = try keptSource(reference) { return kept }
      return RegistrySource(remote: try client.repository(reference), store: store)
    case .layout(let path, let tag): return try LayoutSource(path: path, tag: tag)
    case .ociArchive(let path, let tag): return try await ArchiveSource.oci(path: path, tag: tag, store: store)
    case .dockerArchive(let path, let name):
      return try await ArchiveSource.docker(path: path, name: name, platform: selection.platform, store: store)
    case .directory(let path): return DirectorySource(path: path)
    case .stored(let digest, let root):
      let descriptor = try await blocking { () throws(ImageError) in try Self.stored(digest, in: root) }
      return LayoutSource(index: Index(manifests: [descriptor]), in: root, tag: nil, place: "\(place)")
    case .daemon(let name):
      let work: TemporaryDirectory
      do throws(ImageError) { work = try store.temporaryDirectory() } catch { throw RegistryError(error) }
      defer { work.remove() }
      let path = work.path + "/image.tar"
      try await DockerDaemon(environment: environment).save(name, to: path)
      return try await ArchiveSource.docker(path: path, name: nil, platform: selection.platform, store: store)
    }
  }

  /// What the store keeps under a name, for those who may not ask the registry.
  private func keptSource(_ reference: Reference) throws(RegistryError) -> LayoutSource? {
    let entries: [ContentStore.Entry]
    do throws(ImageError) { entries = try store.entries() } catch { throw RegistryError(error) }
    let name = Self.storeName(reference)
    guard
      let entry = entries.first(where: { entry in
        reference.digest.map { entry.descriptor.digest == $0 } ?? (entry.name == name)
      })
    else { return nil }
    return LayoutSource(
      index: Index(manifests: [entry.descriptor]), in: store.root, tag: nil, place: reference.description)
  }

  private func sink(_ place: ImagePlace) throws(RegistryError) -> any ImageSink {
    switch place {
    case .registry(let reference):
      RegistrySink(remote: try client.repository(reference), store: store, progress: progress)
    case .layout(let path, let tag): try LayoutSink(path: path, tag: tag)
    case .ociArchive(let path, let tag): try ArchiveSink(path: path, form: .oci(tag: tag), store: store)
    case .dockerArchive(let path, let name): try ArchiveSink(path: path, form: .docker(name: name), store: store)
    case .directory(let path): try DirectorySink(path: path)
    case .stored: throw .place("\(place)", reason: "nothing can be copied there")
    case .daemon(let name):
      try DaemonSink(DockerDaemon(environment: environment), name: name, store: store)
    }
  }
}

extension ImageCopier {
  /// Brings an image of any place into the store without giving it a name there.
  public func bring(_ place: ImagePlace, _ selection: Selection = Selection()) async throws(RegistryError) -> Descriptor
  {
    try await bringIntoStore(place, selection).descriptor
  }
}
