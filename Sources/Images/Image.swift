public import Layers
public import OCI
internal import Trust

/// An image whose blobs are on this machine.
///
/// The manifest and the configuration keep the bytes they were read from beside what they mean: written again they have
/// the same digests, whatever they hold that nobody here knows.
public struct Image: Sendable {
  /// One layer and where its blob lies.
  public struct Layer: Hashable, Sendable {
    /// The blob's type, digest and size.
    public let descriptor: Descriptor
    /// The digest of the tar archive inside.
    public let diffID: Digest
    /// The blob's path.
    public let path: String

    package init(descriptor: Descriptor, diffID: Digest, path: String) {
      self.descriptor = descriptor
      self.diffID = diffID
      self.path = path
    }
  }

  /// The manifest as it was written.
  public let manifestBytes: [UInt8]
  /// The manifest.
  public let manifest: Manifest
  /// The configuration as it was written.
  public let configBytes: [UInt8]
  /// The configuration.
  public let config: ImageConfig
  /// The directory that holds `blobs/`.
  public let blobRoot: String
  /// The digest of the manifest, which is the image's.
  public let digest: Digest

  /// Reads the image of a manifest whose blobs lie in a store or a layout.
  public init(manifest digest: Digest, in blobRoot: String) throws(ImageError) {
    let bytes = try BlobPath.read(digest, in: blobRoot, limit: 4 << 20)
    let manifest: Manifest
    do throws(OCIError) { manifest = try Manifest(parsing: bytes) } catch {
      throw .document(error, place: "manifest \(digest)")
    }
    let configBytes = try BlobPath.read(manifest.config.digest, in: blobRoot, limit: 16 << 20)
    let config: ImageConfig
    do throws(OCIError) { config = try ImageConfig(parsing: configBytes) } catch {
      throw .document(error, place: "configuration \(manifest.config.digest)")
    }
    guard config.diffIDs.count == manifest.layers.count else {
      throw .notAnImage(
        "manifest \(digest)",
        problem: "it has \(manifest.layers.count) layers and its configuration \(config.diffIDs.count)")
    }
    self.manifestBytes = bytes
    self.manifest = manifest
    self.configBytes = configBytes
    self.config = config
    self.blobRoot = blobRoot
    self.digest = digest
  }

  /// Makes an image of layers in a store: writes its configuration and manifest there.
  ///
  /// - Parameter config: Its layers' digests are set here.
  public init(
    config: ImageConfig, layers: [WrittenLayer], annotations: [String: String] = [:], in store: ContentStore
  ) throws(ImageError) {
    var config = config
    config.diffIDs = layers.map(\.diffID)
    let configBytes = config.bytes
    let descriptor = Descriptor(mediaType: .imageConfig, digest: try store.add(configBytes), size: configBytes.count)
    let manifest = Manifest(config: descriptor, layers: layers.map(\.descriptor), annotations: annotations)
    let digest = try store.add(manifest.bytes)
    try self.init(manifest: digest, in: store.root)
  }

  /// The layers, bottom first.
  public var layers: [Layer] {
    zip(manifest.layers, config.diffIDs).map { descriptor, diffID in
      Layer(descriptor: descriptor, diffID: diffID, path: BlobPath.path(of: descriptor.digest, in: blobRoot))
    }
  }

  /// The descriptor of the manifest, for an index.
  public func descriptor(annotations: [String: String] = [:]) -> Descriptor {
    Descriptor(
      mediaType: manifest.mediaType, digest: digest, size: manifestBytes.count, platform: config.platform,
      annotations: annotations)
  }

  /// The digests and sizes of all blobs that make the image, its manifest last.
  package var blobs: [(digest: Digest, size: Int)] {
    var seen: Set<Digest> = []
    let all =
      manifest.layers.map { ($0.digest, $0.size) }
      + [(manifest.config.digest, configBytes.count), (digest, manifestBytes.count)]
    return all.filter { seen.insert($0.0).inserted }
  }
}
