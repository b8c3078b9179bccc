import Glibc
import Trust

/// Takes the bytes of one body into memory or a file, within its limit.
///
/// A file is hashed while it is written if it is written from its start; the part that a resumed transfer does not
/// bring was hashed by nobody, so then the caller has to read the file once more.
final class BodyReceiver {
  private let head: ResponseHead
  private let order: TransferOrder
  private(set) var memory: [UInt8] = []
  private var received: Int64 = 0
  /// Where the next byte goes, if this answer's body is the wanted file.
  private var position: Int64?
  private var hash: SHA256?
  private var sink: (any HTTPBodySink)?

  init(head: ResponseHead, order: TransferOrder) {
    self.head = head
    self.order = order
  }

  /// Decides where the body goes, before its first byte.
  func begin() -> HTTPError.Kind? {
    let descriptor: Int32
    let offset: Int64
    switch order.destination {
    case .memory: return nil
    case .sink(let sink):
      switch sink.begin(status: head.status, headers: head.headers) {
      case .take: self.sink = sink
      case .leave: break
      case .stop(let kind): return kind
      }
      return nil
    case .file(let number, let start):
      descriptor = number
      offset = start
    }
    switch head.status {
    case 206 where offset > 0:
      guard let range = head.headers["Content-Range"].flatMap({ ContentRange(parsing: $0) }) else {
        return .malformed("a part of the file came without its place")
      }
      guard range.bytes.lowerBound == offset else {
        return .malformed("bytes from \(offset) on were asked for, those from \(range.bytes.lowerBound) on came")
      }
      position = offset
    case 200:
      // The server does not know ranges, or the file changed: what is there already is of no use.
      guard ftruncate(descriptor, 0) == 0 else { return Self.fileFailure() }
      position = 0
      hash = SHA256()
    default: break
    }
    return nil
  }

  /// Takes the next bytes; says what is wrong if something is.
  func receive(_ bytes: UnsafeRawBufferPointer) -> HTTPError.Kind? {
    received += Int64(bytes.count)
    if let sink { return sink.receive(bytes) }
    let limit = order.limits.bodyBytes ?? 64 << 20
    guard let position, case .file(let descriptor, _) = order.destination else {
      guard received <= limit else { return .tooLarge(limit: limit) }
      if memory.isEmpty, let length = head.contentLength, length <= limit { memory.reserveCapacity(Int(length)) }
      memory.append(contentsOf: bytes)
      if order.file == nil { order.progress?(received, head.contentLength) }
      return nil
    }
    guard position + Int64(bytes.count) <= limit else { return .tooLarge(limit: limit) }
    hash?.update(bytes)
    return write(bytes, to: descriptor, at: position)
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at start: Int64) -> HTTPError.Kind? {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(start) + written)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return Self.fileFailure() }
      written += count
    }
    let end = start + Int64(written)
    position = end
    order.progress?(end, head.contentLength.map { $0 + end - received })
    return nil
  }

  /// The path is known to the caller only, who fills it in.
  private static func fileFailure() -> HTTPError.Kind { .file(path: "", reason: String(cString: strerror(errno))) }

  /// What the file holds, if the body went there.
  func finishFile() -> TransferAnswer.FileContent? {
    guard let position else { return nil }
    return TransferAnswer.FileContent(bytes: position, digest: hash.take()?.finish())
  }
}
