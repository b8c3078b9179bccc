import Host

/// Collects bytes and writes them in large pieces.
final class ByteSink {
  private let file: FileHandle
  private let buffer: UnsafeMutableRawBufferPointer
  private var count = 0
  /// The first write that failed; what comes after it is dropped.
  private var failure: SystemError?

  init(_ file: consuming FileHandle) {
    self.file = file
    buffer = .allocate(byteCount: 1 << 18, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Whether a write failed, so that what follows is for nothing.
  var hasFailed: Bool { failure != nil }

  /// Adds one byte.
  @inline(__always)
  func append(_ byte: UInt8) {
    if count == buffer.count { drain() }
    buffer[count] = byte
    count += 1
  }

  /// Adds bytes.
  @inline(__always)
  func append(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count > buffer.count - count { return appendSlowly(bytes) }
    guard let source = bytes.baseAddress, let target = buffer.baseAddress else { return }
    (target + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// Adds text.
  func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  private func appendSlowly(_ bytes: UnsafeRawBufferPointer) {
    drain()
    guard bytes.count > buffer.count else { return append(bytes) }
    write(bytes)
  }

  private func drain() {
    write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    count = 0
  }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil, !bytes.isEmpty else { return }
    do { try file.write(bytes) } catch { failure = error }
  }

  /// Writes what was collected, and tells of the first write that failed.
  func flush() throws(SystemError) {
    drain()
    if let failure { throw failure }
  }
}
