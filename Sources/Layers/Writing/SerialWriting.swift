internal import Glibc
internal import Host
internal import OCI
internal import Synchronization
internal import Trust

/// Writes a layer by an encoder that takes the archive in its order.
struct SerialWriting: Sendable {
  let path: String
  let compression: LayerCompression

  /// Hashes the archive on its way to the encoder, unless that writes it as it is, and ends when the work was cancelled.
  private final class Entrance: ByteSink {
    private let encoder: any SerialEncoder
    private let isCancelled: CancelFlag
    private var hash: SHA256?
    private(set) var size = 0

    init(_ encoder: any SerialEncoder, _ isCancelled: CancelFlag) {
      self.encoder = encoder
      self.isCancelled = isCancelled
      hash = encoder is PlainEncoder ? nil : SHA256()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
      if isCancelled.isSet { throw .system(SystemError("write", "a layer", code: ECANCELED)) }
      hash?.update(bytes)
      size += bytes.count
      try encoder.write(bytes)
    }

    /// The archive's digest, if it was hashed here.
    func finish() throws(LayerError) -> Digest? {
      try encoder.finish()
      return hash.take()?.finish()
    }
  }

  private final class CancelFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
  }

  /// Writes the file; after a failure there is none.
  func run(
    _ produce: @escaping @Sendable (any ByteSink) throws(LayerError) -> Void
  ) async throws(LayerError) -> WrittenLayer {
    let flag = CancelFlag()
    let outcome = await withTaskCancellationHandler {
      await BlockingPool.run { () -> Result<WrittenLayer, LayerError> in
        Result { () throws(LayerError) in try write(produce, flag) }
      }
    } onCancel: {
      flag.set()
    }
    do throws(LayerError) { return try outcome.get() } catch {
      try? Files.remove(path)
      throw error
    }
  }

  private func write(
    _ produce: (any ByteSink) throws(LayerError) -> Void, _ flag: CancelFlag
  ) throws(LayerError) -> WrittenLayer {
    let file = try HashedFile(path: path)
    let entrance = Entrance(try encoder(file), flag)
    try produce(entrance)
    let plain = try entrance.finish()
    let written = try file.finish()
    return WrittenLayer(
      descriptor: Descriptor(mediaType: compression.mediaType, digest: written.digest, size: written.size),
      diffID: plain ?? written.digest, plainSize: entrance.size)
  }

  private func encoder(_ file: HashedFile) throws(LayerError) -> any SerialEncoder {
    switch compression {
    case .zstd(let level): try ZstdEncoder(file, level: level)
    case .storedGzip, .gzip: try StoredGzipEncoder(file)
    case .uncompressed: PlainEncoder(file)
    }
  }
}
