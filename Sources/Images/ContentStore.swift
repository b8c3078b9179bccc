public import Host
public import Layers
public import OCI
internal import Trust

/// Content by its digest, in a directory that several processes share.
///
/// Content arrives in a temporary file, is hashed on the way, flushed and renamed: whoever finds a blob may trust it, and a
/// process that was killed leaves nothing but a temporary directory that the next one removes. The layout of the blobs is
/// OCI's (image-spec 1.1, image-layout.md), so that they can be linked into an image layout.
public struct ContentStore: Sendable {
  /// The store's directory.
  public let root: String

  /// Opens the store in a directory, which is made when missing.
  public init(at root: String) throws(ImageError) {
    self.root = root
    try hosted { () throws(SystemError) in try Files.createDirectory("\(root)/blobs/sha256") }
  }

  /// The path that a blob has or would have.
  public func path(of digest: Digest) -> String { BlobPath.path(of: digest, in: root) }

  /// Whether the blob is here.
  public func contains(_ digest: Digest) -> Bool { Files.isFile(path(of: digest)) }

  /// A directory for work in progress on the store's file system, which goes with its owner.
  public func temporaryDirectory() throws(ImageError) -> TemporaryDirectory {
    try hosted { () throws(SystemError) in try TemporaryDirectory(in: root + "/ingest", prefix: "work") }
  }

  /// A blob's bytes, checked against its digest.
  ///
  /// - Parameter limit: The most bytes of a blob that may be read into memory.
  public func read(_ digest: Digest, limit: Int = 64 << 20) throws(ImageError) -> [UInt8] {
    try BlobPath.read(digest, in: root, limit: limit)
  }

  /// Adds bytes and gives their digest.
  @discardableResult
  public func add(_ bytes: [UInt8], _ algorithm: Digest.Algorithm = .sha256) throws(ImageError) -> Digest {
    let digest = ContentHash.digest(of: bytes, algorithm)
    if !contains(digest) {
      try prepare(algorithm)
      try hosted { () throws(SystemError) in try Files.write(bytes, to: path(of: digest)) }
    }
    return digest
  }

  /// Adds what a source holds; it blocks.
  ///
  /// - Parameter expected: The digest that it must have.
  public func add(_ source: any ByteSource, expecting expected: Digest? = nil) throws(ImageError) -> (Digest, size: Int)
  {
    let work = try temporaryDirectory()
    let path = work.path + "/blob"
    let sink = try layered { () throws(LayerError) in try FileSink(path: path) }
    var hash = ContentHash(expected?.algorithm ?? .sha256)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    do throws(LayerError) {
      while case let count = try source.read(into: buffer), count > 0 {
        let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        hash.update(chunk)
        try sink.write(chunk)
      }
      try sink.synchronize()
    } catch { throw .layer(error) }
    let digest = hash.finish()
    if let expected, expected != digest {
      throw .wrongDigest(expected: expected, found: digest, place: source.name)
    }
    try adopt(path, as: digest)
    return (digest, sink.size)
  }

  /// Moves a file that was written on the store's file system, and whose digest its writer computed, into the store.
  public func adopt(_ path: String, as digest: Digest) throws(ImageError) {
    try prepare(digest.algorithm)
    try hosted { () throws(SystemError) in try Files.rename(path, to: self.path(of: digest)) }
  }

  /// Makes the folder of an algorithm that is not there from the start.
  private func prepare(_ algorithm: Digest.Algorithm) throws(ImageError) {
    guard algorithm != .sha256 else { return }
    try hosted { () throws(SystemError) in try Files.createDirectory(BlobPath.folder(of: algorithm, in: root)) }
  }

  /// Writes a tree as a layer into the store.
  ///
  /// - Parameter epoch: The latest time that an entry may have, in seconds since 1970.
  public func add(
    _ tree: LayerTree, epoch: Int, as compression: LayerCompression = .gzip
  ) async throws(ImageError) -> WrittenLayer {
    let work = try temporaryDirectory()
    let path = work.path + "/layer"
    let layer: WrittenLayer
    do throws(LayerError) {
      layer = try await LayerWriter.write(tree, to: path, epoch: epoch, as: compression)
    } catch { throw .layer(error) }
    try adopt(path, as: layer.descriptor.digest)
    return layer
  }
}

/// Where blobs lie below a store or a layout.
package enum BlobPath {
  package static func path(of digest: Digest, in root: String) -> String {
    "\(folder(of: digest.algorithm, in: root))/\(digest.hex)"
  }

  static func folder(of algorithm: Digest.Algorithm, in root: String) -> String {
    "\(root)/blobs/\(algorithm.rawValue)"
  }

  static func read(_ digest: Digest, in root: String, limit: Int = 64 << 20) throws(ImageError) -> [UInt8] {
    let path = path(of: digest, in: root)
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(path, limit: limit) } catch {
      throw error.isMissingFile ? .missingBlob(digest, place: root) : .system(error)
    }
    let found = ContentHash.digest(of: bytes, digest.algorithm)
    guard found == digest else { throw .wrongDigest(expected: digest, found: found, place: path) }
    return bytes
  }
}
