internal import CZlib
internal import Deflate

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

/// Deflate with the checksum that gzip wants, kept between pieces because setting it up costs a megabyte and more.
final class BlockDeflater {
  private let deflater = Deflater(blockSize: GzipBlock.size)

  func deflate(_ block: GzipBlock) -> DeflatedBlock {
    let checksum = block.bytes.withUnsafeBufferPointer {
      crc32(crc32(0, nil, 0), $0.baseAddress, UInt32($0.count))
    }
    let deflated = block.bytes.withUnsafeBytes { bytes in
      block.dictionary.withUnsafeBytes { deflater.deflate(bytes, dictionary: $0, isLast: block.isLast) }
    }
    return DeflatedBlock(bytes: deflated, checksum: checksum, plainCount: block.bytes.count)
  }
}
