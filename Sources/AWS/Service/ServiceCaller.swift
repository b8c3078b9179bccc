import HTTP
import Host
import JSON
import OCI

/// Sends requests to services until one is answered, with pauses that grow and vary.
struct ServiceCaller: Sendable {
  private let http: HTTPClient
  private let retry: RetryPolicy

  init(http: HTTPClient, attempts: Int = 10) {
    self.http = http
    retry = RetryPolicy(attempts: attempts, base: .milliseconds(100), longest: .seconds(20))
  }

  /// Sends a request that may be sent twice, and makes each attempt anew, as a signature is good for minutes only.
  ///
  /// - Throws: ``AWSError/service(_:)`` for any status that is no success.
  func send(
    _ operation: String, _ request: () async throws(AWSError) -> HTTPRequest
  ) async throws(AWSError) -> HTTPResponse {
    var attempt = 1
    while true {
      let failure: AWSError
      var asked: String?
      do {
        let answer = try await http.once(try await request())
        if answer.isSuccess { return answer }
        asked = answer.headers["Retry-After"]
        failure = .service(ServiceFailure(operation: operation, answer))
      } catch let error as HTTPError {
        failure = error.kind == .cancelled ? .cancelled : .network(error)
      } catch let error as AWSError {
        throw error
      } catch { throw .cancelled }
      guard failure.isTemporary,
        let pause = retry.pause(
          afterAttempt: attempt, retryAfter: asked.flatMap { Int64($0) }.map { .seconds(max(0, $0)) },
          chance: .random(in: 0...1))
      else { throw failure }
      do { try await Task.sleep(for: pause) } catch { throw .cancelled }
      attempt += 1
    }
  }
}

extension AWSError {
  /// Whether the same request may succeed a moment later.
  public var isTemporary: Bool {
    switch self {
    case .network(let error): error.isTemporary
    case .service(let failure): failure.isTemporary
    default: false
    }
  }
}

extension ServiceFailure {
  /// Reads what a service says, in JSON or XML, or only in header fields as for `HEAD`.
  ///
  /// AWS JSON 1.1 protocol, "Operation error serialization": `__type` may be a name, a shape's identifier, and have a
  /// URL after a colon.
  init(operation: String, _ answer: HTTPResponse) {
    var code: String?
    var message: String?
    var reason: String?
    if let document = try? JSONValue(parsing: answer.body) {
      code = document["__type"]?.string ?? document["code"]?.string
      message = document["message"]?.string ?? document["Message"]?.string
      reason = document["AthenaErrorCode"]?.string ?? document["Reason"]?.string
    } else {
      let document = XMLElements(answer.body)
      code = document["Code"]
      message = document["Message"]
    }
    let name = (code ?? answer.headers["x-amzn-ErrorType"] ?? "")
      .split(separator: "#").last?.split(separator: ":").first.map(String.init)
    self.init(
      operation: operation, status: answer.status, code: name ?? "status \(answer.status)", message: message ?? "",
      reason: reason,
      clockOffset: answer.headers["Date"].flatMap { HTTPDate(parsing: $0) }
        .map { Int($0.secondsSinceEpoch) - Clock.now },
      bucketRegion: answer.headers["x-amz-bucket-region"])
  }
}
