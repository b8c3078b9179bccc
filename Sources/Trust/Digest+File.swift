public import Host
public import OCI

extension SHA256 {
  /// The digest and size in bytes of a file, read in pieces.
  public static func digest(ofFile path: String) throws(SystemError) -> (digest: Digest, size: Int) {
    let file = try FileHandle(reading: path)
    var hash = SHA256()
    var size = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = try file.read(into: buffer)
      if count == 0 { return (hash.finish(), size) }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      size += count
    }
  }
}
