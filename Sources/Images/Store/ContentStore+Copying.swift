internal import Glibc
internal import Host
package import OCI
internal import Trust

extension ContentStore {
  /// Gives content a second place on this machine, which appears whole or not at all; it blocks.
  ///
  /// - Parameters:
  ///   - offset: Where the content starts in its file, in bytes.
  ///   - digest: What a copy is checked against while it is written.
  ///   - mayLink: Whether two names of one file will do, which is right for files that nobody writes to any more.
  package static func copy(
    _ path: String, from offset: Int = 0, size: Int, to target: String, as digest: Digest, mayLink: Bool
  ) throws(ImageError) {
    try hosted { () throws(SystemError) in
      if let folder = Path.parent(target) { try Files.createDirectory(folder) }
      try Files.remove(target)
    }
    if mayLink, offset == 0, (try? Files.hardLink(target, to: path)) != nil { return }
    let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
    do throws(ImageError) {
      let found = try hosted { () throws(SystemError) in
        try copyBytes(of: path, offset..<offset + size, to: temporary, digest.algorithm)
      }
      guard found == digest else { throw .wrongDigest(expected: digest, found: found, place: path) }
      try hosted { () throws(SystemError) in try Files.rename(temporary, to: target) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func copyBytes(
    of path: String, _ range: Range<Int>, to target: String, _ algorithm: Digest.Algorithm
  ) throws(SystemError) -> Digest {
    let source = try FileHandle(reading: path)
    let copy = try FileHandle(writing: target, .exclusive)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    var hash = ContentHash(algorithm)
    var position = range.lowerBound
    while position < range.upperBound {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, range.upperBound - position)])
      let count = try source.read(into: part, at: position)
      guard count > 0 else { throw SystemError("read", path, code: EIO) }
      let bytes = UnsafeRawBufferPointer(rebasing: part[..<count])
      hash.update(bytes)
      try copy.write(bytes)
      position += count
    }
    return hash.finish()
  }
}
