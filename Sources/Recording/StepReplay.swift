public import HTTP
internal import Host
public import Images
internal import OCI
internal import Synchronization

/// Gives a command the answers that were recorded, and nothing else.
public final class StepReplay: AnswerSource {
  /// How many bodies are fetched at once.
  private static let width = 8

  private let step: NetworkLock.Step
  private let client: HTTPClient
  private let store: ContentStore
  private let answers: [RequestKey: RecordedRequest]
  private let failure = Mutex<RecordingError?>(nil)

  /// Prepares to answer from a store.
  public init(_ step: NetworkLock.Step, client: HTTPClient, store: ContentStore) {
    self.step = step
    self.client = client
    self.store = store
    answers = Dictionary(step.requests.map { ($0.key, $0) }) { first, _ in first }
  }

  /// What went wrong, whatever the command made of it.
  public var fault: RecordingError? { failure.withLock { $0 } }

  /// What is in the store of none of the recorded bodies.
  public var missing: [RecordingError] {
    step.requests.compactMap { request in
      guard let body = request.body, body.size > 0, !store.contains(body.digest) else { return nil }
      return .unavailable(url: request.url, reason: "it can't be fetched by its address alone")
    }
  }

  /// Fetches the bodies that are not in the store any longer.
  ///
  /// What can't be fetched here, as it takes a login or a signed address, is fetched when the command asks for it.
  public func prepare() async throws(RecordingError) {
    var missing: [RecordedRequest] = []
    for request in step.requests {
      if let body = request.body, body.size > 0, !store.contains(body.digest),
        !missing.contains(where: { $0.body == body })
      {
        missing.append(request)
      }
    }
    let failures = await withTaskGroup(of: RecordingError?.self, returning: [RecordingError].self) { group in
      var failures: [RecordingError] = []
      for (number, request) in missing.enumerated() {
        if number >= Self.width, case let failure?? = await group.next() { failures.append(failure) }
        group.addTask {
          guard let url = try? HTTPURL(parsing: request.url) else { return nil }
          return await self.fetch(request, HTTPRequest(url, headers: request.accept.map { ["Accept": $0] } ?? [:]))
        }
      }
      for await case let failure? in group { failures.append(failure) }
      return failures
    }
    for case .changed(let url, let expected, let found) in failures {
      throw .changed(url: url, expected: expected, found: found)
    }
  }

  private func fetch(_ recorded: RecordedRequest, _ request: HTTPRequest) async -> RecordingError? {
    guard let body = recorded.body else { return nil }
    let expected = HTTPClient.Expectation(digest: body.digest, size: Int64(body.size))
    do {
      let work = try store.temporaryDirectory()
      let path = work.path + "/body"
      _ = try await client.download(request, to: path, expecting: expected)
      try store.adopt(path, as: body.digest)
      return nil
    } catch let error as HTTPError {
      switch error.kind {
      case .digestMismatch(let expected, let found):
        return .changed(url: recorded.url, expected: expected, found: found)
      case .wrongSize, .tooLarge: return .changed(url: recorded.url, expected: body.digest, found: nil)
      default: break
      }
      return .unavailable(url: recorded.url, reason: error.description)
    } catch { return .file("\(error)") }
  }

  /// Answers a request by what is recorded of it.
  public func answer(_ request: CommandRequest) async -> CommandAnswer {
    guard let recorded = find(request.key) else {
      return .refused(status: 403, reason: "not recorded; build again with --record")
    }
    guard let body = recorded.body, !request.isHead else { return .recorded(recorded, path: nil) }
    if !store.contains(body.digest) {
      if body.size == 0 { return .recorded(recorded, path: nil) }
      var wanted = request.request
      wanted.followsRedirects = true
      if let error = await fetch(recorded, wanted) {
        failure.withLock { $0 = $0 ?? error }
        return .refused(status: 502, reason: error.description)
      }
    }
    return .recorded(recorded, path: store.path(of: body.digest))
  }

  /// The record of a request: of its own `Accept` field, else of any; a `HEAD` may be answered by what a `GET` got.
  private func find(_ key: RequestKey) -> RecordedRequest? {
    let any = RequestKey(method: key.method, url: key.url, accept: nil, isAuthorized: key.isAuthorized)
    if let found = answers[key] ?? answers[any] { return found }
    guard key.method == "HEAD" else { return nil }
    return find(RequestKey(method: "GET", url: key.url, accept: key.accept, isAuthorized: key.isAuthorized))
  }
}

extension RecordedRequest {
  fileprivate var key: RequestKey {
    RequestKey(method: method, url: url, accept: accept, isAuthorized: isAuthorized)
  }
}
