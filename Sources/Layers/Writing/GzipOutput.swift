internal import CZlib
internal import Host
internal import OCI
internal import Synchronization
internal import Trust

/// A file that takes the deflated pieces in whatever order they are ready, and writes them in theirs.
final class GzipOutput: Sendable {
  private struct State: ~Copyable {
    let file: FileHandle
    var hash: SHA256? = SHA256()
    var size = 0
    var next = 0
    var waiting: [Int: DeflatedBlock] = [:]
    var checksum = crc32(0, nil, 0)
    var plainSize = 0

    mutating func write(_ bytes: [UInt8]) throws(LayerError) {
      do throws(SystemError) { try file.write(bytes) } catch { throw .system(error) }
      hash?.update(bytes)
      size += bytes.count
    }
  }

  /// The gzip header: deflate, no flags, no time, no level, system unknown (RFC 1952, 2.3).
  static let header: [UInt8] = [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0xFF]

  /// The gzip trailer: CRC-32 and size modulo 2^32 (RFC 1952, 2.3.1).
  static func trailer(checksum: UInt, size: Int) -> [UInt8] {
    [UInt32(truncatingIfNeeded: checksum), UInt32(truncatingIfNeeded: size)].flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
  }

  private let state: Mutex<State>

  init(path: String) throws(LayerError) {
    let file = try hosted { () throws(SystemError) in try FileHandle(writing: path, .exclusive) }
    state = Mutex(State(file: file))
    try locked { (state) throws(LayerError) in try state.write(Self.header) }
  }

  private func locked<Result: Sendable>(
    _ body: (inout State) throws(LayerError) -> sending Result
  ) throws(LayerError) -> Result {
    try state.withLock { (state) throws(LayerError) in try body(&state) }
  }

  /// Takes a piece.
  func add(_ block: DeflatedBlock, at index: Int) throws(LayerError) {
    try locked { (state) throws(LayerError) in
      state.waiting[index] = block
      while let block = state.waiting.removeValue(forKey: state.next) {
        try state.write(block.bytes)
        state.checksum = crc32_combine(state.checksum, block.checksum, block.plainCount)
        state.plainSize += block.plainCount
        state.next += 1
      }
    }
  }

  /// Writes the trailer, waits for the disk and gives the file's digest and size.
  func finish() throws(LayerError) -> (digest: Digest, size: Int) {
    try locked { (state) throws(LayerError) in
      try state.write(Self.trailer(checksum: state.checksum, size: state.plainSize))
      do throws(SystemError) { try state.file.synchronize() } catch { throw .system(error) }
      guard let hash = state.hash.take() else { preconditionFailure("a file is finished once") }
      return (hash.finish(), state.size)
    }
  }
}
