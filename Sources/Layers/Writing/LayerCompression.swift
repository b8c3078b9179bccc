internal import CZstd
internal import Deflate
public import OCI

/// How the archive of a layer is compressed when it is written.
public enum LayerCompression: Sendable, Hashable {
  /// gzip, by Drydock's own deflate.
  case gzip
  /// gzip that stores its content as it is: what BuildKit makes of gzip at level 0.
  case storedGzip
  /// zstd (RFC 8878) at a level of 1 to 19.
  case zstd(level: Int)
  /// Not at all.
  case uncompressed

  /// The levels of zstd; those above need more memory to unpack than every reader allows.
  public static let zstdLevels = 1...19
  /// zstd's own default.
  public static let zstdLevel = 3

  /// What makes the bytes: with another name here the same tree may have another digest.
  ///
  /// libzstd promises the same bytes only for one of its versions, which is therefore a part of the name.
  public var name: String {
    switch self {
    case .gzip: "gzip:\(Deflater.name)"
    case .storedGzip: "gzip:stored"
    case .zstd(let level): "zstd:libzstd-\(ZSTD_versionNumber())-level-\(level)"
    case .uncompressed: "uncompressed"
    }
  }

  /// The media type of layers (OCI image-spec 1.1, media-types.md).
  public var mediaType: MediaType {
    switch self {
    case .gzip, .storedGzip: .layerGzip
    case .zstd: .layerZstd
    case .uncompressed: .layer
    }
  }

  /// The compression that makes the bytes of a name here; nil if nothing does.
  public init?(named name: String) {
    let all = [Self.gzip, .storedGzip, .uncompressed] + Self.zstdLevels.map { .zstd(level: $0) }
    guard let match = all.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}
