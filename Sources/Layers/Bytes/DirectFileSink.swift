internal import Glibc
internal import Host

/// A new, large file that is written past the page cache, for whoever takes it elsewhere and does not read it here.
///
/// In a virtual machine whose host gives it memory as it asks for it, which most that build images are, filling the cache with
/// a copy takes several times as long as the disk, and drives out what the next build reads.
public final class DirectFileSink: ByteSink {
  /// The kernel's O_DIRECT, which Swift's Glibc module hides (open(2); the values are `asm/fcntl.h`'s).
  #if arch(arm64)
    private static let direct: Int32 = 0o200000
  #else
    private static let direct: Int32 = 0o40000
  #endif
  /// What is written at once, and what its place in memory and its length are multiples of.
  private static let (size, alignment) = (4 << 20, 4096)

  private let file: FileHandle
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: alignment)
  private var used = 0
  private var written = 0
  private var isDirect: Bool

  /// Makes the file, which must not exist.
  public init(path: String) throws(LayerError) {
    file = try hosted { () throws(SystemError) in try FileHandle(writing: path, .exclusive) }
    // A file system without this says so here, or at the first write.
    isDirect = fcntl(file.number, F_SETFL, Self.direct) == 0
  }

  deinit { buffer.deallocate() }

  /// Takes all of the bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.size - used)
      UnsafeMutableRawBufferPointer(rebasing: buffer[used..<used + part.count]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: part))
      used += part.count
      rest = rest.dropFirst(part.count)
      if used == Self.size { try flush() }
    }
  }

  /// Writes what is left and waits until all is on the disk.
  public func finish() throws(LayerError) {
    // The end has any length.
    endDirectWriting()
    try flush()
    try hosted { () throws(SystemError) in try file.synchronize() }
  }

  private func flush() throws(LayerError) {
    let filled = UnsafeRawBufferPointer(rebasing: buffer[..<used])
    do throws(SystemError) {
      try file.write(filled)
    } catch {
      guard isDirect, error.code == EINVAL else { throw .system(error) }
      endDirectWriting()
      try hosted { () throws(SystemError) in
        try file.seek(to: written)
        try file.write(filled)
      }
    }
    written += used
    used = 0
  }

  private func endDirectWriting() {
    if isDirect { _ = fcntl(file.number, F_SETFL, 0) }
    isDirect = false
  }
}
