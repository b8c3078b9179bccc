internal import Glibc
public import Host
internal import OCI
internal import Trust

/// Writes trees as layers: tar, both digests and the compression in one pass, deflate on all processors.
public enum LayerWriter {
  /// Writes a tree as a layer into a new file; after a failure there is none.
  ///
  /// - Parameters:
  ///   - epoch: The latest time that an entry may have, in seconds since 1970.
  ///   - threads: How many deflate at once; it never changes the bytes.
  public static func write(
    _ tree: LayerTree, to path: String, epoch: Int, as compression: LayerCompression = .gzip,
    threads: Int = Environment.processorCount
  ) async throws(LayerError) -> WrittenLayer {
    try await compress(to: path, as: compression, threads: threads) { (sink) throws(LayerError) in
      try tree.writeTar(to: sink, epoch: epoch)
    }
  }

  /// Writes whatever a function puts into a sink as a layer into a new file.
  public static func compress(
    to path: String, as compression: LayerCompression = .gzip, threads: Int = Environment.processorCount,
    _ produce: @escaping @Sendable (any ByteSink) throws(LayerError) -> Void
  ) async throws(LayerError) -> WrittenLayer {
    guard compression == .gzip else {
      return try await SerialWriting(path: path, compression: compression).run(produce)
    }
    let output = try GzipOutput(path: path)
    let blocks = BoundedQueue<GzipBlock>(capacity: threads + 2)
    let plain = await withTaskCancellationHandler {
      await withTaskGroup(of: Plain?.self) { group in
        for _ in 0..<max(1, threads) {
          group.addTask {
            await BlockingPool.run {
              deflate(blocks, into: output)
              return nil
            }
          }
        }
        group.addTask { await BlockingPool.run { run(produce, into: blocks) } }
        return await group.reduce(nil) { $0 ?? $1 }
      }
    } onCancel: {
      blocks.fail(.system(SystemError("write", path, code: ECANCELED)))
    }
    do throws(LayerError) {
      if let failure = blocks.failure { throw failure }
      guard let plain else { preconditionFailure("a producer ends with a digest or a failure") }
      let file = try await BlockingPool.run { () throws(LayerError) in try output.finish() }
      return WrittenLayer(
        descriptor: Descriptor(mediaType: .layerGzip, digest: file.digest, size: file.size),
        diffID: plain.digest, plainSize: plain.size)
    } catch {
      try? Files.remove(path)
      throw error
    }
  }

  /// The digest and size of the bytes before they are compressed.
  private struct Plain: Sendable {
    let digest: Digest
    let size: Int
  }

  private static func run(
    _ produce: (any ByteSink) throws(LayerError) -> Void, into blocks: BoundedQueue<GzipBlock>
  ) -> Plain? {
    let cutter = BlockCutter(blocks)
    do throws(LayerError) {
      try produce(cutter)
      let plain = try cutter.finish()
      blocks.close()
      return Plain(digest: plain.digest, size: plain.size)
    } catch {
      blocks.fail(error)
      return nil
    }
  }

  private static func deflate(_ blocks: BoundedQueue<GzipBlock>, into output: GzipOutput) {
    let deflater = BlockDeflater()
    while let block = blocks.pop() {
      do throws(LayerError) { try output.add(deflater.deflate(block), at: block.index) } catch { blocks.fail(error) }
    }
  }
}

/// Cuts a stream into pieces for the compressing threads and hashes it on the way.
private final class BlockCutter: ByteSink {
  private let blocks: BoundedQueue<GzipBlock>
  private var hash: SHA256? = SHA256()
  private var current: [UInt8] = []
  private var dictionary: [UInt8] = []
  private var index = 0
  private var size = 0

  init(_ blocks: BoundedQueue<GzipBlock>) {
    self.blocks = blocks
    current.reserveCapacity(GzipBlock.size)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    hash?.update(bytes)
    size += bytes.count
    var rest = bytes[...]
    while !rest.isEmpty {
      if current.count == GzipBlock.size { try emit(isLast: false) }
      let part = rest.prefix(GzipBlock.size - current.count)
      current.append(contentsOf: UnsafeRawBufferPointer(rebasing: part))
      rest = rest.dropFirst(part.count)
    }
  }

  func finish() throws(LayerError) -> (digest: Digest, size: Int) {
    try emit(isLast: true)
    guard let hash = hash.take() else { preconditionFailure("a stream is finished once") }
    return (hash.finish(), size)
  }

  private func emit(isLast: Bool) throws(LayerError) {
    let block = GzipBlock(index: index, bytes: current, dictionary: dictionary, isLast: isLast)
    index += 1
    dictionary = Array(current.suffix(32 << 10))
    current = []
    current.reserveCapacity(GzipBlock.size)
    try blocks.push(block)
  }
}
