internal import CZlib
internal import CZstd
internal import Host
internal import OCI
internal import Trust

/// Turns the bytes of an archive into those of a blob, one after the other.
protocol SerialEncoder: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError)
  /// Writes what is left.
  func finish() throws(LayerError)
}

/// A new file that hashes what it takes.
final class HashedFile {
  private let sink: FileSink
  private var hash: SHA256? = SHA256()

  init(path: String) throws(LayerError) { sink = try FileSink(path: path) }

  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    try sink.write(bytes)
    hash?.update(bytes)
  }

  func write(_ bytes: [UInt8]) throws(LayerError) {
    try bytes.withRawBytes { (buffer) throws(LayerError) in try write(buffer) }
  }

  /// Waits for the disk, and gives digest and size.
  func finish() throws(LayerError) -> (digest: Digest, size: Int) {
    try sink.synchronize()
    guard let hash = hash.take() else { preconditionFailure("a file is finished once") }
    return (hash.finish(), sink.size)
  }
}

/// Writes the bytes as they are.
final class PlainEncoder: SerialEncoder {
  private let file: HashedFile

  init(_ file: HashedFile) { self.file = file }

  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) { try file.write(bytes) }

  func finish() {}
}

/// gzip whose content is stored, as Go's `compress/flate` writes it at level 0: full blocks, then the rest, then an empty last
/// block (RFC 1951, 3.2.4).
final class StoredGzipEncoder: SerialEncoder {
  private static let blockSize = 65_535

  private let file: HashedFile
  private var block: [UInt8] = []
  private var checksum = crc32(0, nil, 0)
  private var size = 0

  init(_ file: HashedFile) throws(LayerError) {
    self.file = file
    block.reserveCapacity(Self.blockSize)
    try file.write(GzipOutput.header)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.blockSize - block.count))
      block.append(contentsOf: part)
      checksum = crc32(checksum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
      size += part.count
      rest = rest.dropFirst(part.count)
      if block.count == Self.blockSize { try emit(isLast: false) }
    }
  }

  func finish() throws(LayerError) {
    if !block.isEmpty { try emit(isLast: false) }
    try emit(isLast: true)
    try file.write(GzipOutput.trailer(checksum: checksum, size: size))
  }

  private func emit(isLast: Bool) throws(LayerError) {
    let length = UInt16(block.count)
    try file.write([
      isLast ? 1 : 0, UInt8(truncatingIfNeeded: length), UInt8(length >> 8), UInt8(truncatingIfNeeded: ~length),
      UInt8(~length >> 8),
    ])
    try file.write(block)
    block.removeAll(keepingCapacity: true)
  }
}

/// One zstd frame, compressed by one thread.
///
/// Workers of libzstd's own would make other bytes, and its static form has none: what a library can do must not show.
final class ZstdEncoder: SerialEncoder {
  private let file: HashedFile
  private let context: OpaquePointer
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)

  init(_ file: HashedFile, level: Int) throws(LayerError) {
    self.file = file
    guard let context = ZSTD_createCCtx() else { throw .system(SystemError("compress", "a layer", code: 12)) }
    self.context = context
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level)))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
  }

  deinit {
    ZSTD_freeCCtx(context)
    buffer.deallocate()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while input.pos < input.size { _ = try step(&input, ZSTD_e_continue) }
  }

  func finish() throws(LayerError) {
    var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    while try step(&input, ZSTD_e_end) != 0 {}
  }

  private func step(_ input: inout ZSTD_inBuffer, _ directive: ZSTD_EndDirective) throws(LayerError) -> Int {
    var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    let left = ZSTD_compressStream2(context, &output, &input, directive)
    try check(left)
    try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<output.pos]))
    return left
  }

  private func check(_ code: Int) throws(LayerError) {
    guard ZSTD_isError(code) != 0 else { return }
    throw .unsupported(archive: "libzstd", feature: "\(String(cString: ZSTD_getErrorName(code)))")
  }
}
