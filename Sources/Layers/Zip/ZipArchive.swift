internal import Host

/// A zip archive on disk.
///
/// Its calls block.
public struct ZipArchive: Sendable {
  /// The archive's path.
  public let path: String
  /// Its members.
  public let directory: ZipDirectory

  /// Reads the archive's directory.
  public init(path: String, limits: ZipDirectory.Limits = .init()) throws(LayerError) {
    self.path = path
    let file = try hosted { () throws(SystemError) in try FileHandle(reading: path) }
    let size: Int
    do throws(SystemError) { size = try file.size() } catch { throw .system(error) }
    let tail = try Self.bytes(file, max(0, size - ZipDirectory.tailSize)..<size)
    let location = try ZipDirectory.locate(inTail: tail, fileSize: size, archive: path, limits: limits)
    let bytes = try Self.bytes(file, location.range)
    directory = try ZipDirectory(parsing: bytes, at: location, archive: path, limits: limits)
  }

  /// The content of a member, streamed, with its size and checksum compared at the end.
  public func open(_ member: ZipMember) throws(LayerError) -> any ByteSource {
    try Self.open(member, inArchive: path)
  }

  /// The content of a member of the archive at a path, for those who kept no more than these two.
  static func open(_ member: ZipMember, inArchive path: String) throws(LayerError) -> any ByteSource {
    let file = try hosted { () throws(SystemError) in try FileHandle(reading: path) }
    let length = min(member.extent.count, ZipMember.localHeaderSize + member.name.utf8.count + 4)
    let header = try bytes(file, member.extent.lowerBound..<member.extent.lowerBound + length)
    let start = try member.contentOffset(header: header, archive: path)
    return member.source(stored: try FileSource(path: path, range: start..<start + member.compressedSize))
  }

  /// The content of a member.
  ///
  /// - Parameter limit: The most bytes of content.
  public func read(_ member: ZipMember, limit: Int = 64 << 20) throws(LayerError) -> [UInt8] {
    try open(member).readAll(limit: limit)
  }

  private static func bytes(_ file: borrowing FileHandle, _ range: Range<Int>) throws(LayerError) -> [UInt8] {
    do throws(SystemError) { return try file.bytes(at: range.lowerBound, count: range.count) } catch {
      throw .system(error)
    }
  }
}
