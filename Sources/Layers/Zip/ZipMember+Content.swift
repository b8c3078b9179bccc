internal import CZlib

extension ZipMember {
  /// The bytes of the local header before its name and extra field.
  static let localHeaderSize = 30

  /// Where the content starts, told by the local header.
  ///
  /// - Parameter header: The bytes from the start of ``extent``, at least the local header and the name.
  func contentOffset(header: [UInt8], archive: String) throws(LayerError) -> Int {
    let reader = LittleEndianReader(header)
    guard header.count >= Self.localHeaderSize, reader.u32(0) == 0x0403_4b50 else {
      throw .malformed(archive: archive, problem: "'\(name)' has no local header")
    }
    let nameLength = Int(reader.u16(26))
    guard header.count >= Self.localHeaderSize + nameLength else { throw .truncated(archive: archive) }
    let written = header[Self.localHeaderSize..<Self.localHeaderSize + nameLength]
    let local = String(decoding: written, as: UTF8.self)
    guard reader.u16(8) == method.rawValue, local == name || local == name + "/" || local.hasSuffix("./\(name)") else {
      throw .malformed(archive: archive, problem: "'\(name)' has a local header that says something else")
    }
    let offset = extent.lowerBound + Self.localHeaderSize + nameLength + Int(reader.u16(28))
    guard offset + compressedSize <= extent.upperBound else {
      throw .unsafe(archive: archive, entry: name, problem: "shares bytes with another one")
    }
    return offset
  }

  /// The content, checked, out of the bytes of ``extent`` or as many of its first ones as hold it.
  ///
  /// - Parameter limit: The most bytes of content.
  public func content(
    in bytes: [UInt8], archive: String, limit: Int = 64 << 20
  ) throws(LayerError) -> [UInt8] {
    let start = try contentOffset(header: bytes, archive: archive) - extent.lowerBound
    guard start + compressedSize <= bytes.count else { throw .truncated(archive: archive) }
    let stored = MemorySource(Array(bytes[start..<start + compressedSize]), name: archive)
    return try source(stored: stored).readAll(limit: limit)
  }

  /// The checked content of the member whose stored bytes these are.
  func source(stored: any ByteSource) -> any ByteSource {
    ZipMemberSource(self, method == .stored ? stored : InflatingSource(stored, wrapping: .none))
  }
}

/// A member's content, whose size and CRC-32 are compared at its end.
private final class ZipMemberSource: ByteSource {
  let name: String
  private let member: ZipMember
  private let content: any ByteSource
  private var remaining: Int
  private var checksum = crc32(0, nil, 0)

  init(_ member: ZipMember, _ content: any ByteSource) {
    name = content.name
    self.member = member
    self.content = content
    remaining = member.size
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(min(remaining, 1 << 30)))
    if remaining == 0 {
      guard !buffer.isEmpty else { return 0 }
      var extra: UInt8 = 0
      let more = try withUnsafeMutableBytes(of: &extra) { (byte) throws(LayerError) in try content.read(into: byte) }
      guard more == 0 else { throw .malformed(archive: name, problem: "'\(member.name)' is larger than it says") }
      guard UInt32(checksum) == member.checksum else {
        throw .malformed(archive: name, problem: "'\(member.name)' has a wrong checksum")
      }
      return 0
    }
    let count = try content.read(into: part)
    guard count > 0 else { throw .truncated(archive: "\(name), member '\(member.name)',") }
    checksum = crc32(checksum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(count))
    remaining -= count
    return count
  }
}
