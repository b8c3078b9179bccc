internal import CArchive

/// The bytes that an xz, zstd or bzip2 source stands for, through libarchive's filters.
final class ArchiveFilterSource: ByteSource {
  let name: String
  private let context: Context
  private let archive: OpaquePointer

  /// What libarchive's callback sees; it keeps the input alive as long as the reader uses it.
  private final class Context {
    let source: any ByteSource
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
    var failure: LayerError?
    init(_ source: any ByteSource) { self.source = source }
    deinit { buffer.deallocate() }
  }

  init(_ source: any ByteSource) throws(LayerError) {
    name = source.name
    context = Context(source)
    guard let archive = carchive_decompressor() else {
      throw .unsupported(archive: source.name, feature: "a compression that this libarchive lacks")
    }
    self.archive = archive
    let status = archive_read_open(
      archive, Unmanaged.passUnretained(context).toOpaque(), nil,
      { _, pointer, result in
        guard let pointer, let result else { return -1 }
        let context = Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue()
        do throws(LayerError) {
          let count = try context.source.read(into: context.buffer)
          result.pointee = UnsafeRawPointer(context.buffer.baseAddress)
          return count
        } catch {
          context.failure = error
          return -1
        }
      }, nil)
    var entry: OpaquePointer?
    guard status == ARCHIVE_OK, archive_read_next_header(archive, &entry) == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw failure() }
    return count
  }

  private func failure() -> LayerError {
    if let failure = context.failure { return failure }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "the compressed data can't be read"
    return .malformed(archive: name, problem: reason)
  }
}
