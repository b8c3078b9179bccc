internal import CZlib
internal import Host

/// Writes a zip archive of files that are compressed already: members are stored, and the same members give the same bytes.
///
/// PKWARE APPNOTE 6.3.10, section 4.3. Archives of 4 GiB or more would need zip64 and are refused.
public struct ZipWriter: ~Copyable {
  private let file: FileHandle
  private let path: String
  private var directory: [UInt8] = []
  private var count = 0
  private var offset = 0

  /// 1980-01-01 00:00, the first time that the format can say.
  private static let date: UInt32 = 0x0021_0000
  private static let limit = 0xFFFF_FFFF

  /// Makes a new file.
  public init(path: String) throws(LayerError) {
    self.path = path
    file = try hosted { () throws(SystemError) in try FileHandle(writing: path, .exclusive) }
  }

  /// Adds a member from memory.
  public mutating func add(_ name: String, _ bytes: [UInt8]) throws(LayerError) {
    let checksum = Self.checksum(bytes, after: 0)
    try begin(name, size: bytes.count, checksum: checksum)
    try write(bytes)
  }

  /// Adds a member from a file, which is read twice: its checksum stands before it.
  public mutating func add(_ name: String, file source: String) throws(LayerError) {
    var checksum: UInt32 = 0
    var size = 0
    try Self.read(source) { bytes throws(LayerError) in
      checksum = Self.checksum(bytes, after: checksum)
      size += bytes.count
    }
    try begin(name, size: size, checksum: checksum)
    let start = offset
    try Self.read(source) { bytes throws(LayerError) in try write(bytes) }
    guard offset - start == size else {
      throw .malformed(archive: source, problem: "it changed while it was read")
    }
  }

  /// Writes the directory; the file is complete then.
  public consuming func finish() throws(LayerError) {
    let start = offset
    let size = directory.count
    try write(directory)
    var end = Self.little(0x0605_4B50, 4) + Self.little(0, 4)
    end += Self.little(UInt32(count), 2) + Self.little(UInt32(count), 2)
    end += Self.little(UInt32(size), 4) + Self.little(UInt32(start), 4) + Self.little(0, 2)
    try write(end)
  }

  private mutating func begin(_ name: String, size: Int, checksum: UInt32) throws(LayerError) {
    guard count < 0xFFFF, offset + size + directory.count + 4096 < Self.limit else {
      throw .unsupported(archive: path, feature: "an archive of 4 GiB or 65,535 members")
    }
    let bytes = Array(name.utf8)
    // Version 2.0, names in UTF-8, stored.
    let common =
      Self.little(20, 2) + Self.little(0x0800, 2) + Self.little(0, 2) + Self.little(Self.date, 4)
      + Self.little(checksum, 4) + Self.little(UInt32(size), 4) + Self.little(UInt32(size), 4)
      + Self.little(UInt32(bytes.count), 2) + Self.little(0, 2)
    // Made on Unix, a regular file of mode 0644.
    directory +=
      Self.little(0x0201_4B50, 4) + Self.little(0x0314, 2) + common + Self.little(0, 2) + Self.little(0, 2)
      + Self.little(0, 2) + Self.little(0o100644 << 16, 4) + Self.little(UInt32(offset), 4) + bytes
    count += 1
    try write(Self.little(0x0403_4B50, 4) + common + bytes)
  }

  private mutating func write(_ bytes: [UInt8]) throws(LayerError) {
    do throws(SystemError) { try file.write(bytes) } catch { throw .system(error) }
    offset += bytes.count
  }

  private static func read(
    _ path: String, _ body: ([UInt8]) throws(LayerError) -> Void
  ) throws(LayerError) {
    let source = try hosted { () throws(SystemError) in try FileHandle(reading: path) }
    var position = 0
    let size: Int
    do throws(SystemError) { size = try source.size() } catch { throw .system(error) }
    while position < size {
      let bytes: [UInt8]
      do throws(SystemError) { bytes = try source.bytes(at: position, count: min(1 << 20, size - position)) } catch {
        throw .system(error)
      }
      guard !bytes.isEmpty else { throw .truncated(archive: path) }
      try body(bytes)
      position += bytes.count
    }
  }

  private static func checksum(_ bytes: [UInt8], after value: UInt32) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32(UInt(value), $0.baseAddress, UInt32($0.count))) }
  }

  private static func little(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
