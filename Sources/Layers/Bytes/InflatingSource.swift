internal import CZlib

/// The bytes that a deflated source stands for.
///
/// gzip goes through here and not through libarchive, whose gzip filter skips the checksum at the end.
final class InflatingSource: ByteSource {
  /// What stands around the deflated bytes.
  enum Wrapping: Int32 {
    /// RFC 1952, one member or several.
    case gzip = 31
    /// Nothing: RFC 1951 as zip has it.
    case none = -15
  }

  let name: String
  private let source: any ByteSource
  private let wrapping: Wrapping
  private var stream = z_stream()
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
  private var isAtEnd = false
  private var isBetweenMembers = true

  init(_ source: any ByteSource, wrapping: Wrapping) {
    self.source = source
    self.wrapping = wrapping
    name = source.name
    precondition(czlib_inflate_init(&stream, wrapping.rawValue) == Z_OK, "zlib has no memory")
  }

  deinit {
    inflateEnd(&stream)
    input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    guard !isAtEnd, !buffer.isEmpty else { return 0 }
    let capacity = min(buffer.count, Int(UInt32.max >> 1))
    stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(capacity)
    while Int(stream.avail_out) == capacity {
      if stream.avail_in == 0 {
        let count = try source.read(into: input)
        if count == 0 {
          guard isBetweenMembers, wrapping == .gzip, stream.total_in > 0 || hasSeenMember else {
            throw .truncated(archive: name)
          }
          isAtEnd = true
          return 0
        }
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = UInt32(count)
      }
      if isBetweenMembers && hasSeenMember {
        // RFC 1952, 2.2: members follow each other; zero bytes after the last are padding of a tape or a block device.
        guard skipPadding() else { continue }
      }
      isBetweenMembers = false
      switch inflate(&stream, Z_NO_FLUSH) {
      case Z_OK, Z_BUF_ERROR: continue
      case Z_STREAM_END:
        hasSeenMember = true
        isBetweenMembers = true
        if wrapping == .none {
          isAtEnd = true
          return capacity - Int(stream.avail_out)
        }
        inflateReset(&stream)
      default:
        let reason = stream.msg.map { String(cString: $0) } ?? "bad deflate data"
        throw .malformed(archive: name, problem: reason)
      }
    }
    return capacity - Int(stream.avail_out)
  }

  private var hasSeenMember = false

  private func skipPadding() -> Bool {
    while stream.avail_in > 0, stream.next_in.pointee == 0 {
      stream.next_in += 1
      stream.avail_in -= 1
    }
    return stream.avail_in > 0
  }
}
