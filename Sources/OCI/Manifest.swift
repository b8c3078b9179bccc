internal import JSON

/// An image manifest: a configuration and its layers, bottom first.
///
/// Specification: OCI image-spec 1.1, manifest.md.
public struct Manifest: Hashable, Sendable {
  /// The type: OCI's or Docker's.
  public let mediaType: MediaType
  /// The configuration.
  public let config: Descriptor
  /// The layers, bottom first.
  public let layers: [Descriptor]
  /// Free annotations.
  public let annotations: [String: String]

  /// Joins a configuration and layers.
  public init(config: Descriptor, layers: [Descriptor], annotations: [String: String] = [:]) {
    mediaType = .imageManifest
    self.config = config
    self.layers = layers
    self.annotations = annotations
  }

  /// Reads a manifest of the OCI or the Docker type.
  public init(parsing bytes: [UInt8]) throws(OCIError) {
    let json: JSONValue
    do { json = try JSONValue(parsing: bytes) } catch { throw .json(error) }
    if let type = json["mediaType"]?.string, type != MediaType.imageManifest.rawValue,
      type != MediaType.dockerManifest.rawValue
    {
      throw .mediaType(type, expected: "an image manifest")
    }
    mediaType = json["mediaType"]?.string.map { MediaType(rawValue: $0) } ?? .imageManifest
    guard let config = json["config"] else { throw .missing("config", in: "manifest") }
    guard let layers = json["layers"]?.array else { throw .missing("layers", in: "manifest") }
    self.config = try Descriptor(json: config)
    var descriptors: [Descriptor] = []
    for layer in layers { descriptors.append(try Descriptor(json: layer)) }
    self.layers = descriptors
    self.annotations = json["annotations"]?.stringMap ?? [:]
  }

  /// The manifest's bytes, the same for the same value.
  public var bytes: [UInt8] {
    let json = JSONValue.object([
      "schemaVersion": .integer(2),
      "mediaType": .string(mediaType.rawValue),
      "config": config.json,
      "layers": .array(layers.map(\.json)),
      "annotations": annotations.isEmpty ? nil : .map(annotations),
    ])
    return Array(json.text().utf8)
  }
}
