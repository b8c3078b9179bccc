internal import JSON

/// An image index: the manifests of several platforms, or the entry point of a layout.
///
/// Specification: OCI image-spec 1.1, image-index.md.
public struct Index: Hashable, Sendable {
  /// The manifests.
  public let manifests: [Descriptor]
  /// Free annotations.
  public let annotations: [String: String]

  /// Joins manifests.
  public init(manifests: [Descriptor], annotations: [String: String] = [:]) {
    self.manifests = manifests
    self.annotations = annotations
  }

  /// Reads an index of the OCI or the Docker type.
  public init(parsing bytes: [UInt8]) throws(OCIError) {
    let json: JSONValue
    do { json = try JSONValue(parsing: bytes) } catch { throw .json(error) }
    guard let manifests = json["manifests"]?.array else { throw .missing("manifests", in: "index") }
    var descriptors: [Descriptor] = []
    for manifest in manifests { descriptors.append(try Descriptor(json: manifest)) }
    self.manifests = descriptors
    self.annotations = json["annotations"]?.stringMap ?? [:]
  }

  /// The index's bytes, the same for the same value.
  public var bytes: [UInt8] {
    let json = JSONValue.object([
      "schemaVersion": .integer(2),
      "mediaType": .string(MediaType.imageIndex.rawValue),
      "manifests": .array(manifests.map(\.json)),
      "annotations": annotations.isEmpty ? nil : .map(annotations),
    ])
    return Array(json.text().utf8)
  }
}
