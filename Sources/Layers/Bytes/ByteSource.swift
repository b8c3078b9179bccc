internal import Host

/// Bytes that come in order, from a file, from memory or out of a decompressor.
///
/// A source blocks and belongs to one thread: readers run whole on Host's blocking pool.
public protocol ByteSource: AnyObject {
  /// What the bytes are, for errors: mostly a path.
  var name: String { get }

  /// Reads up to the buffer's size; 0 is the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int
}

extension ByteSource {
  /// Fills the buffer as far as there are bytes and gives their number.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// Reads everything, up to a limit in bytes.
  public func readAll(limit: Int) throws(LayerError) -> [UInt8] {
    var bytes: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = try read(into: chunk)
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else {
        throw .limit(archive: name, quantity: "size in bytes", maximum: limit)
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}

/// The bytes of a file, or of a part of it.
public final class FileSource: ByteSource {
  /// The file's path.
  public let name: String
  private let file: FileHandle
  private var offset: Int
  private let end: Int

  /// Opens a file; without a range it is read whole.
  public init(path: String, range: Range<Int>? = nil) throws(LayerError) {
    name = path
    file = try hosted { () throws(SystemError) in try FileHandle(reading: path) }
    offset = range?.lowerBound ?? 0
    end = range?.upperBound ?? Int.max
  }

  /// Reads up to the buffer's size; 0 is the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, end - offset)])
    if part.isEmpty { return 0 }
    let count: Int
    do throws(SystemError) { count = try file.read(into: part, at: offset) } catch { throw .system(error) }
    if count == 0 && end != Int.max { throw .truncated(archive: name) }
    offset += count
    return count
  }
}

/// Bytes that are in memory already.
public final class MemorySource: ByteSource {
  /// What the bytes are, for errors.
  public let name: String
  private var rest: ArraySlice<UInt8>

  /// Hands out these bytes.
  public init(_ bytes: [UInt8], name: String) {
    rest = bytes[...]
    self.name = name
  }

  /// Reads up to the buffer's size; 0 is the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let part = rest.prefix(buffer.count)
    part.withUnsafeBytes { buffer.copyMemory(from: $0) }
    rest = rest.dropFirst(part.count)
    return part.count
  }
}
