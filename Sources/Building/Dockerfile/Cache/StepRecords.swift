internal import Host
internal import Images
internal import JSON
internal import Layers
internal import OCI
internal import Registry

/// What a step came to: a layer, or nothing when it changed no file.
struct StepRecord: Sendable, Hashable {
  let layer: StageLayer?
}

/// Remembers which layer came of which inputs: on this machine, and from the caches of other ones.
actor StepRecords {
  /// The label of a cache image that holds its records.
  static let label = "io.drydock.cache"
  private static let version = "1"

  private let workshop: BuildWorkshop
  private let usesCache: Bool
  private var imported: [String: JSONValue] = [:]
  /// The records that this build found or made.
  private(set) var used: [String: StepRecord] = [:]
  /// What was made by this build, and what is being made, with those who wait for it.
  private var made: [String: StepRecord] = [:]
  private var open: [String: [CheckedContinuation<StepRecord, any Error>]] = [:]

  init(_ workshop: BuildWorkshop, usesCache: Bool) {
    self.workshop = workshop
    self.usesCache = usesCache
  }

  /// Reads the records of other caches; one that is not there is no error, but told.
  func load() async throws {
    guard usesCache else { return }
    for place in workshop.cacheSources {
      let descriptor: Descriptor
      do { descriptor = try await workshop.copier.bring(place) } catch {
        workshop.warn("the cache \(place) is not used: \(error)")
        continue
      }
      guard
        let image = try? Image(manifest: descriptor.digest, in: workshop.store.root),
        let text = image.config.labels[Self.label], let json = try? JSONValue(parsing: Array(text.utf8)),
        json["version"]?.string == Self.version
      else {
        workshop.warn("the cache \(place) is not used: it is none of Drydock's")
        continue
      }
      for record in json["records"]?.members ?? [] { imported[record.name] = record.value }
    }
  }

  /// The record of these inputs, if its layer is still here.
  func find(_ key: String) -> StepRecord? {
    if let record = used[key] { return record }
    guard usesCache else { return nil }
    let local = (try? Files.read(path(key), limit: 1 << 16)).flatMap { try? JSONValue(parsing: $0) }
    for json in [local, imported[key]].compactMap({ $0 }) {
      guard let record = record(json) else { continue }
      used[key] = record
      return record
    }
    return nil
  }

  /// The record of these inputs: one that is there, or that of somebody who makes it right now, once it is made.
  ///
  /// - Parameter isMadeAnew: Whether only what this build itself makes counts.
  /// - Returns: nil if nobody has it; then the caller is to make it, and to tell by ``settle(_:_:)`` what came of it.
  func claim(_ key: String, isMadeAnew: Bool) async throws -> StepRecord? {
    if let record = made[key] ?? (isMadeAnew ? nil : find(key)) { return record }
    if open[key] == nil {
      open[key] = []
      return nil
    }
    return try await withCheckedThrowingContinuation { open[key]?.append($0) }
  }

  /// Tells those who wait for a record what came of it.
  func settle(_ key: String, _ result: Result<StepRecord, any Error>) {
    if case .success(let record) = result { made[key] = record }
    for waiting in open.removeValue(forKey: key) ?? [] { waiting.resume(with: result) }
  }

  /// Keeps what a step came to.
  func keep(_ record: StepRecord, _ key: String) throws(SystemError) {
    used[key] = record
    try Files.write(Self.json(record).canonicalText, to: path(key))
  }

  private func path(_ key: String) -> String { "\(workshop.cache.folder(.layers))/step-\(key)" }

  private func record(_ json: JSONValue) -> StepRecord? {
    if json["empty"]?.bool == true { return StepRecord(layer: nil) }
    guard let written = json["descriptor"].flatMap({ try? Descriptor(json: $0) }),
      let diffID = json["diffID"]?.string.flatMap({ try? Digest(parsing: $0) }), let size = json["size"]?.integer,
      workshop.store.contains(written.digest)
    else { return nil }
    let layer = StageLayer(
      written: WrittenLayer(descriptor: written, diffID: diffID, plainSize: size),
      path: workshop.store.path(of: written.digest), isPlain: json["plain"]?.bool ?? false)
    return StepRecord(layer: layer)
  }

  private static func json(_ record: StepRecord) -> JSONValue {
    guard let layer = record.layer else { return .object(["empty": .bool(true)]) }
    return .object([
      "descriptor": layer.written.descriptor.json, "diffID": .string(layer.written.diffID.description),
      "plain": .bool(layer.isPlain), "size": .integer(layer.written.plainSize),
    ])
  }

  /// Writes records as an image of their layers.
  static func export(
    _ used: [String: StepRecord], to place: ImagePlace, platform: Platform, _ workshop: BuildWorkshop
  ) async throws {
    let records = used.sorted { $0.key < $1.key }
    var layers: [WrittenLayer] = []
    for case let layer? in records.map(\.value.layer) where !layers.contains(layer.written) {
      layers.append(layer.written)
    }
    var config = ImageConfig(platform: platform)
    let json = JSONValue.object([
      "records": .object(records.map { JSONMember($0.key, Self.json($0.value)) }), "version": .string(Self.version),
    ])
    config.labels = [Self.label: json.canonicalText]
    let image = try Image(config: config, layers: layers, in: workshop.store)
    _ = try await workshop.copier.copy(.stored(digest: image.digest, root: workshop.store.root), to: place)
  }
}
