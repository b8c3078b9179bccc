public import JSON

/// A pointer to content: its type, digest and size.
///
/// Specification: OCI image-spec 1.1, descriptor.md.
public struct Descriptor: Hashable, Sendable {
  /// What the content is.
  public let mediaType: MediaType
  /// The content's digest.
  public let digest: Digest
  /// The content's size in bytes.
  public let size: Int
  /// The platform, in an index.
  public let platform: Platform?
  /// Free annotations.
  public let annotations: [String: String]

  /// Describes content.
  public init(
    mediaType: MediaType, digest: Digest, size: Int, platform: Platform? = nil, annotations: [String: String] = [:]
  ) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.platform = platform
    self.annotations = annotations
  }

  /// Reads a descriptor out of a manifest or an index.
  public init(json: JSONValue) throws(OCIError) {
    guard let mediaType = json["mediaType"]?.string else { throw .missing("mediaType", in: "descriptor") }
    guard let text = json["digest"]?.string else { throw .missing("digest", in: "descriptor") }
    guard let size = json["size"]?.integer, size >= 0 else { throw .missing("size", in: "descriptor") }
    self.mediaType = MediaType(rawValue: mediaType)
    do { self.digest = try Digest(parsing: text) } catch { throw .digest(error, in: "descriptor") }
    self.size = size
    if let platform = json["platform"], let os = platform["os"]?.string,
      let architecture = platform["architecture"]?.string
    {
      self.platform = Platform(os: os, architecture: architecture, variant: platform["variant"]?.string)
    } else {
      self.platform = nil
    }
    self.annotations = json["annotations"]?.stringMap ?? [:]
  }

  /// The descriptor as JSON.
  public var json: JSONValue {
    .object([
      "mediaType": .string(mediaType.rawValue),
      "digest": .string(digest.description),
      "size": .integer(size),
      "platform": platform.map { platform in
        .object([
          "architecture": .string(platform.architecture), "os": .string(platform.os),
          "variant": platform.variant.map(JSONValue.string),
        ])
      },
      "annotations": annotations.isEmpty ? nil : .map(annotations),
    ])
  }
}

/// Why a document is not the manifest, index or configuration that was asked for.
public enum OCIError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A property that the specification requires is absent or of another type.
  case missing(String, in: String)
  /// A digest is malformed.
  case digest(Digest.ParseError, in: String)
  /// The text is no JSON.
  case json(JSONParseError)
  /// The document is of another type.
  case mediaType(String, expected: String)

  /// The reason in one sentence.
  public var description: String {
    switch self {
    case .missing(let property, let document): "the \(document) has no valid '\(property)'"
    case .digest(let error, let document): "the \(document) has a bad digest: \(error)"
    case .json(let error): "not JSON: \(error)"
    case .mediaType(let found, let expected): "found a document of type '\(found)', expected \(expected)"
    }
  }
}
