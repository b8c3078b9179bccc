import HTTP
import Host
import Images
import OCI
import Synchronization

/// Receives what is missing of one blob from one endpoint.
///
/// A large blob comes in bounded ranges over several connections, as many as its share of all that is wanted gives it:
/// many layers at a time fill the line by themselves, and a range then is as long as it can be. The ranges of a blob that
/// has the line for itself are as long as a connection brings in a moment, so that all connections end together.
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

  /// How one range came in.
  private struct Arrival: Sendable {
    /// Whether the server sent the whole blob instead, or as much of it as came.
    var isWhole = false
    /// In bytes per second.
    var rate = 0.0
  }

  private func receive(inParts: Bool) async throws(RegistryError) {
    var pieces = PieceQueue(inParts ? part.missing : [0..<part.size])
    guard !pieces.isEmpty else { return }
    let wanted = pieces.count
    let gate = Gate()
    let failure = await withTaskGroup(of: Result<Arrival, RegistryError>.self) { group in
      var running = 0
      var rate = 0.0
      func start() {
        let piece =
          inParts ? pieces.take(length(of: pieces.count, rate: rate, connections(for: wanted))) : pieces.take(part.size)
        guard let piece else { return }
        running += 1
        group.addTask {
          do throws(RegistryError) {
            return .success(try await receive(piece, inParts: inParts, gate: gate))
          } catch {
            gate.open(false)
            return .failure(error)
          }
        }
      }
      start()
      // Only the first answer tells whether the server sends parts at all.
      if await gate.wait() { while !pieces.isEmpty, running < connections(for: wanted) { start() } }
      var failure: RegistryError?
      for await result in group {
        running -= 1
        switch result {
        case .success(let arrival):
          rate = arrival.rate
          if arrival.isWhole { pieces = PieceQueue(part.missing) }
        case .failure(let error):
          if failure == nil { failure = error }
          group.cancelAll()
          pieces = PieceQueue([])
        }
        while !pieces.isEmpty, running < connections(for: wanted) { start() }
      }
      return failure
    }
    if let failure { throw failure }
  }

  /// How many connections a blob may have of which these bytes are wanted, of all that are wanted at a time.
  ///
  /// What it has got already doesn't count less: its last bytes come over as many connections as its first.
  private func connections(for bytes: Int) -> Int {
    let all = max(1, configuration.parallelRanges)
    let share = Double(all) * Double(bytes) / Double(max(bytes, repository.client.demand.bytes, 1))
    return min(all, max(1, Int(share.rounded())))
  }

  /// The length of the next range, in bytes, when so many are left and a connection brings so many in a second.
  private func length(of left: Int, rate: Double, _ connections: Int) -> Int {
    let least = configuration.rangeBytes.lowerBound
    if connections == 1 || part.size < 2 * least { return configuration.rangeBytes.upperBound }
    let moment = rate > 0 ? Int(rate * 0.3) : least
    return min(configuration.rangeBytes.upperBound, max(least, min(moment, left / connections)))
  }

  /// Receives one piece, going on after faults.
  private func receive(_ piece: Range<Int>, inParts: Bool, gate: Gate) async throws(RegistryError) -> Arrival {
    var position = piece.lowerBound
    var attempt = 1
    var isWhole = false
    let started = ContinuousClock.now
    while position < piece.upperBound {
      let asksForRange = inParts && (position > 0 || piece.upperBound < part.size)
      let sink = BlobSegmentSink(
        part, position..<piece.upperBound, asksForRange: asksForRange, report: report, onBegin: { gate.open($0) })
      do throws(RegistryError) {
        let answer: Result<HTTPResponse, RegistryError>
        do throws(RegistryError) {
          answer = .success(try await request(position..<piece.upperBound, asksForRange, sink))
        } catch {
          answer = .failure(error)
        }
        try hosted { () throws(SystemError) in try sink.flush() }
        let response = try answer.get()
        try check(response)
        // An answer that ends well and too early would be asked for again and again, or waited for in vain.
        guard sink.position > position, !sink.isWhole || sink.position == part.size else {
          throw .http(HTTPError(.broken("it ended too early"), at: response.url))
        }
        if sink.isWhole { return Arrival(isWhole: true) }
        position = sink.position
        attempt = 1
      } catch {
        if error == .cancelled || Task.isCancelled { throw .cancelled }
        // Whoever makes progress is not stuck, however often the line breaks.
        if sink.position > position && !sink.isWhole {
          position = sink.position
          attempt = 1
        } else if sink.isWhole {
          isWhole = inParts
          position = inParts ? sink.position : 0
        }
        try await repository.pause(after: error, attempt: attempt)
        attempt += 1
      }
    }
    return Arrival(
      isWhole: isWhole, rate: Double(piece.count) / max(0.001, (ContinuousClock.now - started) / .seconds(1)))
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
        if asksForRange {
          request.range = .bytes(Int64(range.lowerBound)...Int64(range.upperBound - 1))
          // What is limited for each connection comes no faster over one that all ranges share.
          request.sharesConnection = false
        }
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

/// What nobody has asked for yet, in order.
struct PieceQueue: Sendable {
  private var gaps: ArraySlice<Range<Int>>
  /// How many bytes there are.
  private(set) var count: Int

  init(_ gaps: [Range<Int>]) {
    self.gaps = gaps[...]
    count = gaps.reduce(0) { $0 + $1.count }
  }

  var isEmpty: Bool { count == 0 }

  /// Takes the next bytes, up to the end of their gap; what would be left of it by itself comes along.
  mutating func take(_ length: Int) -> Range<Int>? {
    guard let gap = gaps.popFirst() else { return nil }
    let isLast = gap.count < length + length / 2
    let piece = isLast ? gap : gap.lowerBound..<gap.lowerBound + length
    if !isLast { gaps = [piece.upperBound..<gap.upperBound] + gaps }
    count -= piece.count
    return piece
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
