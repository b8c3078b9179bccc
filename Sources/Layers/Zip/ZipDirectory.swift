internal import Host

/// The central directory of a zip archive: its members by name.
///
/// It is read from bytes that the caller has, so that a few ranges of a remote file are enough. Every name is checked to
/// stay inside the archive, and members that share a name or bytes are refused, as readers disagree on what they mean.
/// Specification: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5.
public struct ZipDirectory: Sendable {
  /// Where the central directory lies.
  public struct Location: Hashable, Sendable {
    /// The bytes of the directory.
    public let range: Range<Int>
    /// The number of members.
    public let count: Int
  }

  /// How much an archive may hold before it is refused.
  public struct Limits: Hashable, Sendable {
    /// The most members.
    public var members: Int
    /// The largest directory in bytes.
    public var directorySize: Int
    /// The most bytes of all contents together.
    public var totalSize: Int

    /// Sets limits.
    public init(members: Int = 500_000, directorySize: Int = 128 << 20, totalSize: Int = 16 << 30) {
      self.members = members
      self.directorySize = directorySize
      self.totalSize = totalSize
    }
  }

  /// The members in the directory's order.
  public let members: [ZipMember]
  /// The archive's name, for errors.
  public let archive: String
  private let indices: [String: Int]

  /// The bytes at the end of an archive in which its end record must lie: records, locator and the longest comment.
  public static let tailSize = 22 + 65_535 + 20 + 56

  /// The member of a name.
  public subscript(_ name: String) -> ZipMember? { indices[name].map { members[$0] } }

  /// Finds the directory by the last bytes of an archive.
  ///
  /// - Parameters:
  ///   - tail: The last ``tailSize`` bytes, or the whole archive when it is smaller.
  ///   - fileSize: The archive's size in bytes.
  public static func locate(
    inTail tail: [UInt8], fileSize: Int, archive: String, limits: Limits = Limits()
  ) throws(LayerError) -> Location {
    let reader = LittleEndianReader(tail)
    let start = fileSize - tail.count
    // The record whose comment ends exactly at the archive's end, searched from the end.
    guard tail.count >= 22, start >= 0,
      let end = stride(from: tail.count - 22, through: max(0, tail.count - 22 - 65_535), by: -1).first(where: {
        reader.u32($0) == 0x0605_4b50 && Int(reader.u16($0 + 20)) == tail.count - $0 - 22
      })
    else { throw .malformed(archive: archive, problem: "it has no end-of-directory record, so it is no zip archive") }
    var count = Int(reader.u16(end + 10))
    var size = Int(reader.u32(end + 12))
    var offset = Int(reader.u32(end + 16))
    var boundary = start + end
    guard reader.u16(end + 4) == 0, reader.u16(end + 6) == 0, Int(reader.u16(end + 8)) == count else {
      throw .unsupported(archive: archive, feature: "several volumes")
    }
    if end >= 20, reader.u32(end - 20) == 0x0706_4b50 {
      let wide = Int(clamping: reader.u64(end - 12)) - start
      guard wide >= 0, wide + 56 <= end - 20, reader.u32(wide) == 0x0606_4b50 else {
        throw .malformed(archive: archive, problem: "its zip64 record is not where the locator says")
      }
      count = Int(clamping: reader.u64(wide + 32))
      size = Int(clamping: reader.u64(wide + 40))
      offset = Int(clamping: reader.u64(wide + 48))
      boundary = start + wide
    }
    guard offset <= boundary, size <= boundary - offset else {
      throw .malformed(archive: archive, problem: "its directory lies outside the file")
    }
    guard size == boundary - offset else {
      throw .malformed(archive: archive, problem: "bytes stand between its directory and the end record")
    }
    guard size <= limits.directorySize else {
      throw .limit(archive: archive, quantity: "directory size in bytes", maximum: limits.directorySize)
    }
    guard count <= limits.members else {
      throw .limit(archive: archive, quantity: "number of members", maximum: limits.members)
    }
    return Location(range: offset..<offset + size, count: count)
  }

  /// Reads the bytes of a central directory that lie at a location.
  public init(
    parsing bytes: [UInt8], at location: Location, archive: String, limits: Limits = Limits()
  ) throws(LayerError) {
    self.archive = archive
    let records = try ZipRecordParser(bytes: bytes, archive: archive).records(count: location.count)
    // A member's bytes reach to the next member's header at most: contents that share bytes make small archives huge.
    let starts = records.map(\.headerOffset).sorted()
    var members: [ZipMember] = []
    var indices: [String: Int] = [:]
    var total = 0
    members.reserveCapacity(records.count)
    for record in records {
      let start = record.headerOffset
      guard start < location.range.lowerBound else {
        throw .malformed(archive: archive, problem: "'\(record.rawName)' lies inside the directory")
      }
      var (low, high) = (0, starts.count)
      while low < high {
        let middle = (low + high) / 2
        if starts[middle] <= start { low = middle + 1 } else { high = middle }
      }
      let end = low < starts.count ? starts[low] : location.range.lowerBound
      let isShared = low >= 2 && starts[low - 2] == start
      guard !isShared, 30 + record.rawName.utf8.count + record.compressedSize <= end - start else {
        throw .unsafe(archive: archive, entry: record.rawName, problem: "shares bytes with another one")
      }
      guard let name = Path.contained(record.rawName), !record.rawName.utf8.contains(UInt8(ascii: "\\")) else {
        throw .unsafe(archive: archive, entry: record.rawName, problem: "lies outside the archive's root")
      }
      guard indices.updateValue(members.count, forKey: name) == nil else {
        throw .unsafe(archive: archive, entry: name, problem: "stands there twice")
      }
      total += record.size
      guard total <= limits.totalSize else {
        throw .limit(archive: archive, quantity: "unpacked size in bytes", maximum: limits.totalSize)
      }
      members.append(
        ZipMember(
          name: name, isDirectory: record.rawName.hasSuffix("/"), method: record.method, checksum: record.checksum,
          compressedSize: record.compressedSize, size: record.size, unixMode: record.unixMode, extent: start..<end))
    }
    self.members = members
    self.indices = indices
  }
}
