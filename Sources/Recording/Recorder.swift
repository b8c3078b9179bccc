public import HTTP
internal import Host
public import Images
internal import OCI
internal import Synchronization

/// Fetches what the commands of one build ask for, and remembers it: an address has one answer for all of them.
public actor Recorder {
  /// What one build may fetch at most.
  public struct Limits: Hashable, Sendable {
    /// Requests.
    public var requests = 100_000
    /// Bytes of one body.
    public var bodyBytes = 16 << 30
    /// Bytes of all bodies together.
    public var bytes = 64 << 30

    /// Limits that no honest build meets.
    public init() {}
  }

  private let client: HTTPClient
  private let store: ContentStore
  private let limits: Limits
  private var work: TemporaryDirectory?
  private var answers: [RequestKey: RecordedRequest] = [:]
  private var running: [RequestKey: (answer: LiveAnswer, task: Task<Void, Never>)] = [:]
  private var (count, bytes) = (0, 0)
  private var fault: RecordingError?
  private var isCancelled = false

  /// Makes a recorder that keeps bodies in a store.
  public init(client: HTTPClient, store: ContentStore, limits: Limits = Limits()) {
    self.client = client
    self.store = store
    self.limits = limits
  }

  func answer(_ request: CommandRequest) -> CommandAnswer {
    let key = request.key
    if let known = answers[key], !known.isTemporary {
      return .recorded(known, path: known.body.map { store.path(of: $0.digest) })
    }
    if let running = running[key] { return .live(running.answer) }
    if isCancelled { return .refused(status: 502, reason: "the build was broken off") }
    count += 1
    guard count <= limits.requests else { return refuse(.tooMuch("times", limit: limits.requests)) }
    guard bytes <= limits.bytes else { return refuse(.tooMuch("bytes", limit: limits.bytes)) }
    do {
      let work = try work ?? store.temporaryDirectory()
      self.work = work
      let path = "\(work.path)/\(count)"
      let answer = try LiveAnswer(at: path, limit: limits.bodyBytes)
      let task = Task { [client] in
        do throws(HTTPError) {
          _ = try await client.once(request.request, into: answer)
          answer.finish(nil)
        } catch {
          answer.finish(error)
        }
        await settle(key, answer, at: path)
      }
      running[key] = (answer, task)
      return .live(answer)
    } catch { return refuse(.file("\(error)")) }
  }

  /// Breaks off whatever is being fetched, and waits for its end.
  public func cancel() async {
    isCancelled = true
    for (_, task) in running.values { task.cancel() }
    for (_, task) in running.values { await task.value }
    work = nil
  }

  private func refuse(_ error: RecordingError) -> CommandAnswer {
    fault = fault ?? error
    return .refused(status: 502, reason: error.description)
  }

  /// Remembers an answer that is whole; one that broke is the command's own business, which may ask again.
  private func settle(_ key: RequestKey, _ answer: LiveAnswer, at path: String) async {
    let progress = await answer.progress(after: nil)
    defer { running[key] = nil }
    switch progress.end {
    case .success(let body)?:
      guard let head = progress.head else { return }
      var fields = RecordedRequest.fields(of: head.headers)
      if key.method == "HEAD" { fields["Content-Length"] = head.headers["Content-Length"] }
      let isKept = key.method == "GET"
      do {
        if isKept, let body {
          bytes += body.size
          try await BlockingPool.run { [store] in try store.adopt(path, as: body.digest) }
        }
        answers[key] = RecordedRequest(
          method: key.method, url: key.url, accept: key.accept, isAuthorized: key.isAuthorized, status: head.status,
          fields: fields, body: isKept ? body : nil)
      } catch { fault = fault ?? .file("\(error)") }
    case .failure(let error)?:
      if case .tooLarge = error.kind { fault = fault ?? .tooMuch("bytes from \(key.url)", limit: limits.bodyBytes) }
      try? Files.remove(path)
    case nil: break
    }
  }

  /// What was answered to these requests, once all of it is there.
  func requests(_ keys: Set<RequestKey>) async throws(RecordingError) -> [RecordedRequest] {
    for key in keys { await running[key]?.task.value }
    if let fault { throw fault }
    let found = keys.compactMap { answers[$0] }
    // The `Accept` field tells apart only what it makes different.
    let sameAddress = Dictionary(grouping: found) { [$0.method, $0.url, String($0.isAuthorized)] }
    return sameAddress.values.flatMap { same in
      guard Set(same.map(\.body)).count == 1, var one = same.min(by: RecordedRequest.precedes) else { return same }
      one.accept = nil
      return [one]
    }
  }
}

/// The requests of one command while a build is recorded.
public final class StepRecording: AnswerSource {
  private let recorder: Recorder
  private let keys = Mutex<Set<RequestKey>>([])

  /// Begins with no request.
  public init(_ recorder: Recorder) { self.recorder = recorder }

  /// Answers a request, and notes it.
  public func answer(_ request: CommandRequest) async -> CommandAnswer {
    keys.withLock { _ = $0.insert(request.key) }
    return await recorder.answer(request)
  }

  /// What the command got.
  public func requests() async throws(RecordingError) -> [RecordedRequest] {
    try await recorder.requests(keys.withLock { $0 })
  }
}
