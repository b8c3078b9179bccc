internal import Host

/// A new file that takes bytes in order.
public final class FileSink: ByteSink {
  /// The number of bytes so far.
  public private(set) var size = 0
  private let file: FileHandle

  /// Makes the file, which must not exist.
  public init(path: String) throws(LayerError) {
    file = try hosted { () throws(SystemError) in try FileHandle(writing: path, .exclusive) }
  }

  /// Takes all of the bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    do throws(SystemError) { try file.write(bytes) } catch { throw .system(error) }
    size += bytes.count
  }

  /// Waits until the bytes are on the disk.
  public func synchronize() throws(LayerError) {
    do throws(SystemError) { try file.synchronize() } catch { throw .system(error) }
  }
}
