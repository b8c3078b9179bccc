public import Host
internal import Layers
internal import OCI

extension Image {
  /// Unpacks all layers, bottom first, into an existing, empty directory; it blocks.
  ///
  /// Each blob and the archive inside are hashed on the way: a layer that is not what the manifest and the configuration
  /// say is an error, and the directory then holds the part that was unpacked.
  public func unpack(into directory: String, setsOwners: Bool = Environment.isRoot) throws(ImageError) {
    // Whatever made the directory private, it becomes `/`, which every user passes through.
    try hosted { () throws(SystemError) in try Files.changeMode(directory, 0o755) }
    for layer in layers {
      guard Files.isFile(layer.path) else { throw .missingBlob(layer.descriptor.digest, place: blobRoot) }
      let digests = try layered { () throws(LayerError) in
        let blob = HashingSource(try FileSource(path: layer.path))
        let archive = HashingSource(try DecompressedSource(blob))
        let extractor = try Extractor(into: directory, style: .layer, setsOwners: setsOwners)
        try extractor.extract(try TarReader(archive))
        return (plain: try archive.finish(), blob: try blob.finish())
      }
      guard digests.blob == layer.descriptor.digest else {
        throw .wrongDigest(expected: layer.descriptor.digest, found: digests.blob, place: layer.path)
      }
      guard digests.plain == layer.diffID else {
        throw .wrongDigest(expected: layer.diffID, found: digests.plain, place: "the archive in \(layer.path)")
      }
    }
  }
}
