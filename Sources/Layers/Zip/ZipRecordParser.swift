/// A record of the central directory before it is checked against the others.
struct ZipRecord {
  var rawName: String
  var method: ZipMember.Method
  var checksum: UInt32
  var compressedSize: Int
  var size: Int
  var unixMode: UInt32
  var headerOffset: Int
}

/// Reads the records of a central directory (APPNOTE 4.3.12) with their zip64 extra fields (4.5.3).
struct ZipRecordParser {
  let bytes: [UInt8]
  let archive: String

  func records(count: Int) throws(LayerError) -> [ZipRecord] {
    let reader = LittleEndianReader(bytes)
    var records: [ZipRecord] = []
    records.reserveCapacity(min(count, bytes.count / 46))
    var offset = 0
    for _ in 0..<count {
      guard offset + 46 <= bytes.count, reader.u32(offset) == 0x0201_4b50 else {
        throw .malformed(archive: archive, problem: "its directory has fewer records than it says")
      }
      let lengths = [28, 30, 32].map { Int(reader.u16(offset + $0)) }
      let next = offset + 46 + lengths[0] + lengths[1] + lengths[2]
      guard next <= bytes.count else { throw .truncated(archive: archive) }
      let name = bytes[(offset + 46)..<(offset + 46 + lengths[0])]
      let extra = (offset + 46 + lengths[0])..<(offset + 46 + lengths[0] + lengths[1])
      records.append(try record(reader, offset, name: name, extra: extra))
      offset = next
    }
    guard offset == bytes.count else {
      throw .malformed(archive: archive, problem: "its directory has more bytes than its records")
    }
    return records
  }

  private func record(
    _ reader: LittleEndianReader, _ offset: Int, name: ArraySlice<UInt8>, extra: Range<Int>
  ) throws(LayerError) -> ZipRecord {
    let flags = reader.u16(offset + 8)
    // Bit 11 says UTF-8; without it the encoding is CP437, of which only ASCII is certain.
    guard let text = String(validating: name, as: UTF8.self), flags & 0x800 != 0 || name.allSatisfy({ $0 < 0x80 })
    else { throw .unsupported(archive: archive, feature: "a name that is not UTF-8") }
    guard flags & 0x2041 == 0 else { throw .unsupported(archive: archive, feature: "encryption ('\(text)')") }
    guard let method = ZipMember.Method(rawValue: reader.u16(offset + 10)) else {
      throw .unsupported(archive: archive, feature: "a compression other than deflate ('\(text)')")
    }
    var size = UInt64(reader.u32(offset + 24))
    var compressedSize = UInt64(reader.u32(offset + 20))
    var headerOffset = UInt64(reader.u32(offset + 42))
    if size == 0xFFFF_FFFF || compressedSize == 0xFFFF_FFFF || headerOffset == 0xFFFF_FFFF {
      guard var place = zip64Field(reader, extra) else {
        throw .malformed(archive: archive, problem: "'\(text)' has no zip64 field")
      }
      func widen(_ value: UInt64) -> UInt64? {
        guard value == 0xFFFF_FFFF else { return value }
        guard place.count >= 8 else { return nil }
        defer { place = (place.lowerBound + 8)..<place.upperBound }
        return reader.u64(place.lowerBound)
      }
      guard let wideSize = widen(size), let wideCompressed = widen(compressedSize), let wideOffset = widen(headerOffset)
      else { throw .malformed(archive: archive, problem: "'\(text)' has a short zip64 field") }
      (size, compressedSize, headerOffset) = (wideSize, wideCompressed, wideOffset)
    }
    let bound = UInt64(1) << 48
    guard size < bound, compressedSize < bound, headerOffset < bound else {
      throw .malformed(archive: archive, problem: "'\(text)' has an impossible size")
    }
    if method == .stored && size != compressedSize {
      throw .malformed(archive: archive, problem: "'\(text)' is stored but has two sizes")
    }
    // The high byte of "version made by" is the system; 3 is Unix, whose mode is in the upper half of the attributes.
    let isUnix = reader.u16(offset + 4) >> 8 == 3
    return ZipRecord(
      rawName: text, method: method, checksum: reader.u32(offset + 16), compressedSize: Int(compressedSize),
      size: Int(size), unixMode: isUnix ? reader.u32(offset + 38) >> 16 : 0, headerOffset: Int(headerOffset))
  }

  /// The bytes of the extra field of number 1.
  private func zip64Field(_ reader: LittleEndianReader, _ extra: Range<Int>) -> Range<Int>? {
    var offset = extra.lowerBound
    while offset + 4 <= extra.upperBound {
      let length = Int(reader.u16(offset + 2))
      guard offset + 4 + length <= extra.upperBound else { return nil }
      if reader.u16(offset) == 1 { return (offset + 4)..<(offset + 4 + length) }
      offset += 4 + length
    }
    return nil
  }
}

/// Little-endian numbers in bytes; the caller keeps to the bounds.
struct LittleEndianReader {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func u16(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }
  func u32(_ offset: Int) -> UInt32 { UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16 }
  func u64(_ offset: Int) -> UInt64 { UInt64(u32(offset)) | UInt64(u32(offset + 4)) << 32 }
}
