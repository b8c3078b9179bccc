internal import Host
internal import Images
internal import JSON
internal import Layers
internal import OCI

/// Remembers which layer came of which inputs, so that a build with nothing changed does no work.
struct LayerCache: Sendable {
  let cache: BuildCache
  let store: ContentStore

  /// The layer of these inputs, made if there is none or if its blob is gone.
  ///
  /// - Parameter key: Everything that the layer's bytes depend on, besides the compressor.
  func layer(key parts: [String], _ make: () async throws -> WrittenLayer) async throws -> WrittenLayer {
    let path = "\(cache.folder(.layers))/\(BuildCache.key(["1", LayerWriter.compressor] + parts))"
    if let bytes = try? Files.read(path), let layer = Self.layer(bytes), store.contains(layer.descriptor.digest) {
      return layer
    }
    let layer = try await make()
    let json = JSONValue.object([
      "descriptor": layer.descriptor.json, "diffID": .string(layer.diffID.description),
      "size": .integer(layer.plainSize),
    ])
    try Files.write(json.canonicalText, to: path)
    return layer
  }

  private static func layer(_ bytes: [UInt8]) -> WrittenLayer? {
    guard let json = try? JSONValue(parsing: bytes), let descriptor = json["descriptor"],
      let value = try? Descriptor(json: descriptor), let diffID = json["diffID"]?.string,
      let digest = try? Digest(parsing: diffID), let size = json["size"]?.integer
    else { return nil }
    return WrittenLayer(descriptor: value, diffID: digest, plainSize: size)
  }
}
