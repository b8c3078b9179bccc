internal import Host
internal import Layers
public import OCI

/// A directory in OCI's image layout.
///
/// Specification: OCI image-spec 1.1, image-layout.md.
public struct OCILayout: Sendable {
  /// The directory.
  public let path: String
  /// The layout's index.
  public let index: Index

  /// Opens a layout.
  public init(at path: String) throws(ImageError) {
    self.path = path
    guard Files.isFile(path + "/oci-layout"), Files.isFile(path + "/index.json") else {
      throw .notAnImage(path, problem: "an OCI layout has the files oci-layout and index.json")
    }
    let bytes = try hosted { () throws(SystemError) in try Files.read(path + "/index.json", limit: 4 << 20) }
    do throws(OCIError) { index = try Index(parsing: bytes) } catch {
      throw .document(error, place: path + "/index.json")
    }
  }

  /// The image of a tag, or the only one.
  public func image(tag: String? = nil, platform: Platform = .linuxAMD64) throws(ImageError) -> Image {
    let digest = try ImageIndex.manifest(tagged: tag, in: index, platform: platform, place: path) {
      (digest) throws(ImageError) in try BlobPath.read(digest, in: path, limit: 4 << 20)
    }
    return try Image(manifest: digest, in: path)
  }

  /// Adds an image to the layout in a directory, which is made when missing; it blocks.
  ///
  /// Blobs are linked where the file systems allow it, else copied. The index is replaced last and at once.
  public static func write(_ image: Image, to path: String, tag: String?) throws(ImageError) {
    try hosted { () throws(SystemError) in try Files.createDirectory(path + "/blobs/sha256") }
    for blob in image.blobs { try transfer(blob.digest, from: image.blobRoot, to: path) }
    try hosted { () throws(SystemError) in try Files.write(ImageIndex.layoutBytes, to: path + "/oci-layout") }
    var others: [Descriptor] = []
    if Files.exists(path + "/index.json") {
      others = try OCILayout(at: path).index.manifests.filter {
        $0.annotations[ImageIndex.referenceName] != tag
      }
    }
    let annotations = tag.map { [ImageIndex.referenceName: $0] } ?? [:]
    let index = Index(manifests: others + [image.descriptor(annotations: annotations)])
    try hosted { () throws(SystemError) in try Files.write(index.bytes, to: path + "/index.json") }
  }

  private static func transfer(_ digest: Digest, from source: String, to target: String) throws(ImageError) {
    let original = BlobPath.path(of: digest, in: source)
    let copy = BlobPath.path(of: digest, in: target)
    if Files.isFile(copy) { return }
    guard Files.isFile(original) else { throw .missingBlob(digest, place: source) }
    if (try? Files.hardLink(copy, to: original)) != nil { return }
    let store = try ContentStore(at: target)
    _ = try store.add(try layered { () throws(LayerError) in try FileSource(path: original) }, expecting: digest)
    // The store's place for unfinished work is no part of a layout.
    try? Files.remove(target + "/ingest")
  }
}
