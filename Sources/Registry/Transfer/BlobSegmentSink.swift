import HTTP
import Host
import Images
import Synchronization

/// Takes one range of a blob from a connection into its file.
///
/// libcurl hands out 16 KB at a time; a write and a note in the journal for each cost more than the bytes do. So a fast line's
/// pieces are gathered, and a slow line's written as they come: a killed process loses no more than a moment's bytes.
final class BlobSegmentSink: HTTPBodySink {
  private let blob: PartialBlob
  private let range: Range<Int>
  private let asksForRange: Bool
  private let report: @Sendable () -> Void
  private let onBegin: @Sendable (Bool) -> Void
  private let state = Mutex(State())

  private struct State: Sendable {
    var position = 0
    var end = 0
    var isWhole = false
    /// What was received and is not written yet: the bytes before ``position``.
    var gathered: [UInt8] = []
    var written = ContinuousClock.now
  }

  /// How many bytes are gathered before they are written, and for how long at most.
  private static let gathering = (bytes: 256 << 10, duration: Duration.milliseconds(50))

  /// - Parameters:
  ///   - asksForRange: Whether the request named the range; if not, it is the whole blob.
  ///   - onBegin: Told whether the server sends parts, when a good answer begins.
  init(
    _ blob: PartialBlob, _ range: Range<Int>, asksForRange: Bool, report: @escaping @Sendable () -> Void,
    onBegin: @escaping @Sendable (Bool) -> Void
  ) {
    self.blob = blob
    self.range = range
    state.withLock { $0.position = range.lowerBound }
    self.asksForRange = asksForRange
    self.report = report
    self.onBegin = onBegin
  }

  /// Whether the server sent the whole blob though a part was asked for.
  var isWhole: Bool { state.withLock { $0.isWhole } }

  /// The offset behind the last byte that was received; all of them are written after ``flush()``.
  var position: Int { state.withLock { $0.position } }

  func begin(status: Int, headers: HTTPHeaders) -> HTTPBodyDecision {
    let length = headers["Content-Length"].flatMap { Int($0) }
    switch status {
    case 206:
      guard asksForRange, let found = headers["Content-Range"].flatMap({ ContentRange(parsing: $0) }),
        found.bytes.lowerBound == Int64(range.lowerBound), found.bytes.upperBound < Int64(range.upperBound)
      else { return .stop(.malformed("another part came than the one that was asked for")) }
      if let total = found.total, total != Int64(blob.size) {
        return .stop(.wrongSize(expected: Int64(blob.size), found: total))
      }
      state.withLock { state in
        state.position = range.lowerBound
        state.gathered = []
        state.end = Int(found.bytes.upperBound) + 1
      }
      onBegin(true)
      return .take
    case 200:
      if let length, length != blob.size {
        return .stop(.wrongSize(expected: Int64(blob.size), found: Int64(length)))
      }
      // What is there can't be continued by a server that knows no parts.
      do throws(SystemError) { if blob.received > 0 { try blob.reset() } } catch {
        return .stop(.file(path: error.path, reason: error.reason))
      }
      state.withLock { state in
        state.position = 0
        state.gathered = []
        state.end = blob.size
        state.isWhole = true
      }
      onBegin(false)
      return .take
    default: return .leave
    }
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> HTTPError.Kind? {
    let (isTooLong, isDue) = state.withLock { state in
      guard state.position + bytes.count <= state.end else { return (true, false) }
      state.position += bytes.count
      state.gathered.append(contentsOf: bytes)
      let isDue =
        state.gathered.count >= Self.gathering.bytes || state.position == state.end
        || ContinuousClock.now - state.written > Self.gathering.duration
      return (false, isDue)
    }
    if isTooLong { return .tooLarge(limit: Int64(blob.size)) }
    guard isDue else { return nil }
    do throws(SystemError) { try flush() } catch { return .file(path: error.path, reason: error.reason) }
    report()
    return nil
  }

  /// Writes what is gathered; also after a transfer that broke, whose bytes are good.
  func flush() throws(SystemError) {
    try state.withLock { (state) throws(SystemError) in
      guard !state.gathered.isEmpty else { return }
      let start = state.position - state.gathered.count
      defer {
        state.gathered.removeAll(keepingCapacity: true)
        state.written = .now
      }
      let bytes = state.gathered
      var failure: SystemError?
      bytes.withUnsafeBytes { bytes in
        do throws(SystemError) { try blob.write(bytes, at: start) } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }
}
