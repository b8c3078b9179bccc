import HTTP
import Host
import Images
import OCI
import Synchronization

/// Receives what is missing of one blob from one endpoint.
struct BlobFetch: Sendable {
  let repository: Repository
  let endpoint: Endpoint
  let part: PartialBlob
  let report: @Sendable () -> Void

  private var configuration: RegistryConfiguration { repository.client.configuration }

  func run() async throws(RegistryError) {
    do throws(RegistryError) { try await receive(inParts: true) } catch {
      // A server that sends wrong parts may still send the whole.
      guard case .http(let reason) = error, case .malformed = reason.kind else { throw error }
      try hosted { () throws(SystemError) in try part.reset() }
      try await receive(inParts: false)
    }
    guard part.missing.isEmpty else {
      throw .wrongSize(expected: part.size, found: part.received, at: endpoint.name)
    }
  }

  private func receive(inParts: Bool) async throws(RegistryError) {
    var pieces = inParts ? self.pieces : [0..<part.size]
    guard let first = pieces.first, !first.isEmpty else { return }
    pieces.removeFirst()
    let gate = Gate()
    let queue = Mutex(pieces)
    let work: @Sendable (Range<Int>?) async -> RegistryError? = { start in
      var next = start
      do throws(RegistryError) {
        while let piece = next ?? queue.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
          next = nil
          if try await receive(piece, inParts: inParts, gate: gate) { queue.withLock { $0 = [] } }
        }
      } catch {
        gate.open(false)
        return error
      }
      return nil
    }
    let failure = await withTaskGroup(of: RegistryError?.self) { group in
      group.addTask { await work(first) }
      // Only the first answer tells whether the server sends parts at all.
      if await gate.wait() {
        for _ in 1..<max(1, min(configuration.parallelRanges, pieces.count + 1)) { group.addTask { await work(nil) } }
      }
      var failure: RegistryError?
      for await result in group {
        guard let result, failure == nil else { continue }
        failure = result
        group.cancelAll()
      }
      return failure
    }
    if let failure { throw failure }
  }

  /// What is missing, in pieces that several connections can share if there is much.
  private var pieces: [Range<Int>] {
    let length = configuration.rangeBytes
    guard part.size >= 2 * length else { return part.missing }
    return part.missing.flatMap { gap in
      stride(from: gap.lowerBound, to: gap.upperBound, by: length).map { $0..<min($0 + length, gap.upperBound) }
    }
  }

  /// Receives one piece, going on after faults; says whether the server sent the whole blob instead.
  private func receive(_ piece: Range<Int>, inParts: Bool, gate: Gate) async throws(RegistryError) -> Bool {
    var position = piece.lowerBound
    var attempt = 1
    while position < piece.upperBound {
      let asksForRange = inParts && (position > 0 || piece.upperBound < part.size)
      let sink = BlobSegmentSink(
        part, position..<piece.upperBound, asksForRange: asksForRange, report: report, onBegin: { gate.open($0) })
      var retryAfter: Duration?
      do throws(RegistryError) {
        let response = try await request(position..<piece.upperBound, asksForRange, sink)
        retryAfter = HTTP.retryAfter(response.headers["Retry-After"], now: Int64(Clock.now))
        try check(response)
        // An answer that ends well and too early would be asked for again and again, or waited for in vain.
        guard sink.position > position, !sink.isWhole || sink.position == part.size else {
          throw .http(HTTPError(.broken("it ended too early"), at: response.url))
        }
        if sink.isWhole { return true }
        position = sink.position
        attempt = 1
      } catch {
        if error == .cancelled || Task.isCancelled { throw .cancelled }
        // Whoever makes progress is not stuck, however often the line breaks.
        if sink.position > position && !sink.isWhole {
          position = sink.position
          attempt = 1
        } else if sink.isWhole {
          position = inParts ? sink.position : 0
        }
        try await repository.pause(after: error, attempt: attempt, retryAfter: retryAfter)
        attempt += 1
      }
    }
    return false
  }

  private func request(
    _ range: Range<Int>, _ asksForRange: Bool, _ sink: BlobSegmentSink
  ) async throws(RegistryError) -> HTTPResponse {
    let client = repository.client
    let endpoint = endpoint
    let digest = part.digest
    return try await client.slots(of: endpoint).during { () throws(RegistryError) in
      try await client.send(RequestScope(endpoint, actions: "pull"), into: sink) { (base) throws(RegistryError) in
        var request = HTTPRequest(try base.url("\(endpoint.repository)/blobs/\(digest)"))
        if asksForRange { request.range = .bytes(Int64(range.lowerBound)...Int64(range.upperBound - 1)) }
        request.limits.stall = client.configuration.stall
        return request
      }
    }
  }

  private func check(_ response: HTTPResponse) throws(RegistryError) {
    switch response.status {
    case 200, 206: return
    case 416: throw .http(HTTPError(.malformed("it has no such part of the blob"), at: response.url))
    case 400...403 where response.url.host != endpoint.host.prefix(while: { $0 != ":" }):
      // The address that a registry redirects to is good for a while only; the next try gets a fresh one.
      throw .http(HTTPError(.broken("the address that it redirects to is not valid any more"), at: response.url))
    default:
      throw RegistryClient.refusal(
        response, at: endpoint.name, missing: "The blob \(part.digest) of \(endpoint.name)")
    }
  }
}

/// Something that becomes known once.
private final class Gate: Sendable {
  private enum State {
    case closed
    case awaited(CheckedContinuation<Bool, Never>)
    case open(Bool)
  }

  private let state = Mutex(State.closed)

  func open(_ value: Bool) {
    let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      switch state {
      case .open: return nil
      case .closed:
        state = .open(value)
        return nil
      case .awaited(let continuation):
        state = .open(value)
        return continuation
      }
    }
    waiting?.resume(returning: value)
  }

  func wait() async -> Bool {
    await withCheckedContinuation { continuation in
      let known = state.withLock { state -> Bool? in
        if case .open(let value) = state { return value }
        state = .awaited(continuation)
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }
}
