import HTTP
import Host
import Images
import Synchronization

/// Takes one range of a blob from a connection into its file.
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
  }

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

  /// The offset behind the last byte that was written.
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
        state.end = blob.size
        state.isWhole = true
      }
      onBegin(false)
      return .take
    default: return .leave
    }
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> HTTPError.Kind? {
    let place: Int? = state.withLock { state in
      guard state.position + bytes.count <= state.end else { return nil }
      defer { state.position += bytes.count }
      return state.position
    }
    guard let place else { return .tooLarge(limit: Int64(blob.size)) }
    do throws(SystemError) { try blob.write(bytes, at: place) } catch {
      return .file(path: error.path, reason: error.reason)
    }
    report()
    return nil
  }
}
