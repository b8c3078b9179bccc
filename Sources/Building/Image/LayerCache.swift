internal import Host
internal import Images
internal import JSON
internal import Layers
internal import OCI

/// Remembers which layers came of which inputs, so that a build with nothing changed does no work.
struct LayerCache: Sendable {
  let cache: BuildCache
  let store: ContentStore
  let compression: LayerCompression

  /// The layer of these inputs, made if there is none or if its blob is gone.
  ///
  /// - Parameter key: Everything that the layer's bytes depend on, besides the compression.
  func layer(key parts: [String], _ make: () async throws -> WrittenLayer) async throws -> WrittenLayer {
    let layers = try await layers(key: parts) { [NamedLayer(name: "", layer: try await make())] }
    return layers[0].layer
  }

  /// The layers of these inputs, at least one, made if there are none or if a blob is gone.
  func layers(key parts: [String], _ make: () async throws -> [NamedLayer]) async throws -> [NamedLayer] {
    let path = "\(cache.folder(.layers))/\(BuildCache.key(["2", compression.name] + parts))"
    if let bytes = try? Files.read(path), let layers = Self.layers(bytes),
      layers.allSatisfy({ store.contains($0.layer.descriptor.digest) })
    {
      return layers
    }
    let layers = try await make()
    try Files.write(JSONValue.array(layers.map(\.json)).canonicalText, to: path)
    return layers
  }

  private static func layers(_ bytes: [UInt8]) -> [NamedLayer]? {
    guard let list = try? JSONValue(parsing: bytes).array, !list.isEmpty else { return nil }
    let layers = list.compactMap(NamedLayer.init(json:))
    return layers.count == list.count ? layers : nil
  }
}

/// A layer and what is in it, in a few words.
struct NamedLayer: Sendable {
  let name: String
  let layer: WrittenLayer
  /// What somebody should know of it whenever it is used.
  var notes: [String] = []
}

extension NamedLayer {
  fileprivate var json: JSONValue {
    .object([
      "name": .string(name), "descriptor": layer.descriptor.json, "diffID": .string(layer.diffID.description),
      "size": .integer(layer.plainSize), "notes": notes.isEmpty ? nil : .strings(notes),
    ])
  }

  fileprivate init?(json: JSONValue) {
    guard let name = json["name"]?.string, let descriptor = json["descriptor"],
      let value = try? Descriptor(json: descriptor), let diffID = json["diffID"]?.string,
      let digest = try? Digest(parsing: diffID), let size = json["size"]?.integer
    else { return nil }
    self.init(
      name: name, layer: WrittenLayer(descriptor: value, diffID: digest, plainSize: size),
      notes: json["notes"]?.array?.compactMap(\.string) ?? [])
  }
}
