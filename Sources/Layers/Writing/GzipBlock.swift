internal import CZlib

/// A piece of a stream that one thread compresses while others compress its neighbours.
///
/// Each piece is primed with the 32 KiB before it and ends at a byte boundary, so the pieces joined are one deflate stream
/// that differs from a serial one only at the seams. Pieces are cut by position: the number of threads never shows.
struct GzipBlock: Sendable {
  /// The number of bytes in every piece but the last.
  static let size = 1 << 20

  let index: Int
  let bytes: [UInt8]
  let dictionary: [UInt8]
  let isLast: Bool
}

/// What became of a piece.
struct DeflatedBlock: Sendable {
  let bytes: [UInt8]
  let checksum: UInt
  let plainCount: Int
}

/// zlib's deflate, kept between pieces because setting it up costs a quarter of a megabyte.
final class BlockDeflater {
  /// The level that gzip(1) has by default.
  static let level: Int32 = 6

  private var stream = z_stream()

  init() {
    precondition(czlib_deflate_init(&stream, Self.level) == Z_OK, "zlib has no memory")
  }

  deinit { deflateEnd(&stream) }

  func deflate(_ block: GzipBlock) -> DeflatedBlock {
    deflateReset(&stream)
    if !block.dictionary.isEmpty {
      block.dictionary.withUnsafeBufferPointer { buffer in
        precondition(deflateSetDictionary(&stream, buffer.baseAddress, UInt32(buffer.count)) == Z_OK)
      }
    }
    // deflateBound is for Z_FINISH; a sync flush adds an empty stored block.
    let capacity = Int(deflateBound(&stream, UInt(block.bytes.count))) + 64
    let checksum = block.bytes.withUnsafeBufferPointer {
      crc32(crc32(0, nil, 0), $0.baseAddress, UInt32($0.count))
    }
    let deflated = [UInt8](unsafeUninitializedCapacity: capacity) { output, filled in
      block.bytes.withUnsafeBufferPointer { input in
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(capacity)
        let status = CZlib.deflate(&stream, block.isLast ? Z_FINISH : Z_SYNC_FLUSH)
        precondition(status == (block.isLast ? Z_STREAM_END : Z_OK) && stream.avail_in == 0, "zlib broke its bound")
        filled = capacity - Int(stream.avail_out)
      }
    }
    return DeflatedBlock(bytes: deflated, checksum: checksum, plainCount: block.bytes.count)
  }
}
