internal import Host
public import Images
internal import Layers
internal import OCI
internal import Synchronization

/// Has another engine build an image, and takes it over into the store.
public struct EngineBuild: Sendable {
  /// How many of an engine's last lines tell why it failed.
  private static let shownLines = 40

  private let client: EngineClient
  private let request: EngineRequest
  private let store: ContentStore
  private let work: String
  private let onLine: @Sendable (String) -> Void

  /// Prepares a build, and refuses what the engine lacks before anything runs.
  ///
  /// - Parameters:
  ///   - work: A directory for files that pass by.
  ///   - onLine: Sees what the engine writes.
  public init(
    _ client: EngineClient, _ request: EngineRequest, store: ContentStore, work: String,
    onLine: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(EngineError) {
    let lacks = client.lacks(request)
    guard lacks.isEmpty else { throw .lacks(client.engine, lacks) }
    self.client = client
    self.request = request
    self.store = store
    self.work = work
    self.onLine = onLine
  }

  /// Hands the base over if the engine needs that, builds, and brings the image into the store.
  public func run() async throws -> Image {
    if let base = request.base { try await handOver(base) }
    let idFile = "\(work)/image-id"
    let archive = "\(work)/image.tar"
    let calls = client.calls(
      request, idFile: idFile, archive: archive, builder: "drydock-\(UInt64.random(in: 0...UInt64.max))")
    try await building(calls)
    if let name = try? Files.text(idFile), let export = client.exporting(name.filter { $0 != "\n" }, to: archive) {
      try await run(export)
    }
    let platform = request.platform ?? .linuxAMD64
    return try await BlockingPool.run { [store] in
      defer { try? Files.remove(archive) }
      return try ImageArchive.read(archive, platform: platform, into: store)
    }
  }

  private func building(_ calls: EngineClient.Calls) async throws {
    for call in calls.preparation { try await run(call) }
    do { try await run(calls.build) } catch {
      for call in calls.cleaning { try? await run(call) }
      throw error
    }
    for call in calls.cleaning { try await run(call) }
  }

  /// Gives the engine the base of the lock, which Drydock has and has verified, unless it was given it before.
  private func handOver(_ base: EngineRequest.Base) async throws {
    let archive = "\(work)/base.tar"
    guard let (asking, loading) = client.handingOver(base.name, from: archive) else { return }
    if try await Subprocess(asking.program, asking.arguments).run().status == 0 { return }
    try await BlockingPool.run { [store] in
      let image = try Self.withHistory(try Image(manifest: base.digest, in: store.root), in: store)
      try ImageArchive.write(image, to: archive, form: .docker, name: base.name)
    }
    defer { try? Files.remove(archive) }
    try await run(loading)
  }

  /// The image with a step for each layer if its own history tells of others: OCI does not ask for any, Buildah does.
  private static func withHistory(_ image: Image, in store: ContentStore) throws -> Image {
    guard image.config.history.count(where: { !$0.emptyLayer }) != image.layers.count else { return image }
    var config = image.config
    config.history = image.layers.map { ImageConfig.History(created: nil, createdBy: "\($0.diffID)") }
    let layers = image.layers.map { WrittenLayer(descriptor: $0.descriptor, diffID: $0.diffID, plainSize: 0) }
    return try Image(config: config, layers: layers, in: store)
  }

  private func run(_ call: EngineCall) async throws {
    let lines = Mutex<[String]>([])
    let program = Subprocess(
      call.program, call.arguments, environment: Environment.all.merging(call.environment) { $1 })
    let ending = try await program.run { line in
      lines.withLock { lines in
        if lines.count == Self.shownLines { lines.removeFirst() }
        lines.append(line)
      }
      onLine(line)
    }
    if ending.isInterrupted { throw EngineError.interrupted }
    guard ending.status == 0 else {
      throw EngineError.failed(
        client.engine, call: call, status: ending.status, output: lines.withLock { $0.joined(separator: "\n") })
    }
  }
}
