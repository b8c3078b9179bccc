/// A media type of the OCI or Docker family; unknown ones round-trip.
///
/// Specification: OCI image-spec 1.1, media-types.md.
public struct MediaType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The type as it is written in a manifest.
  public let rawValue: String

  /// Takes any text: a registry may hold types that nobody here knows.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The type as it is written in a manifest.
  public var description: String { rawValue }

  /// An image manifest.
  public static let imageManifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
  /// An image index.
  public static let imageIndex = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
  /// An image configuration.
  public static let imageConfig = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
  /// A layer that is a plain tar file.
  public static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
  /// A layer compressed by gzip.
  public static let layerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
  /// A layer compressed by zstd.
  public static let layerZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
  /// The header of an OCI layout's `oci-layout` file.
  public static let layoutHeader = MediaType(rawValue: "application/vnd.oci.layout.header.v1+json")
  /// Docker's image manifest, schema 2.
  public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
  /// Docker's manifest list.
  public static let dockerManifestList = MediaType(
    rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
  /// Docker's image configuration.
  public static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
  /// Whether content of the type may lie in registries and copies.
  ///
  /// OCI image-spec 1.1, layer.md, "Non-Distributable Layers": such a layer SHOULD NOT be uploaded, its descriptor says
  /// where it is had; Docker calls it foreign.
  public var isDistributable: Bool {
    !rawValue.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
      && rawValue != "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
  }

  /// Docker's layer compressed by gzip.
  public static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")
}
