import Glibc

/// Sends requests over shared connections, with redirects, logins, limits and retries.
///
/// One client keeps its connections open for as long as it lives, so a command makes one and passes it around.
public final class HTTPClient: Sendable {
  /// How this client reaches servers.
  public let configuration: HTTPConfiguration
  private let loop: TransferLoop

  /// Makes a client with a thread of its own.
  public init(configuration: HTTPConfiguration) {
    self.configuration = configuration
    loop = TransferLoop(connectionsPerHost: configuration.connectionsPerHost)
  }

  /// Returns the answer with its whole body, after redirects.
  ///
  /// Any status is an answer and no error, also 404 and, once the retries are used up, 503.
  public func data(for request: HTTPRequest, progress: HTTPProgress? = nil) async throws(HTTPError) -> HTTPResponse {
    let (answer, url) = try await retrying(request) { () async throws(HTTPError) in
      try await self.exchange(request, destination: .memory, progress: progress)
    }
    return HTTPResponse(status: answer.status, headers: answer.headers, body: answer.body, url: url)
  }

  /// Returns the answer to one attempt, after redirects, whose body goes to a sink if that wants it.
  ///
  /// Whoever takes a body in pieces knows best where to go on after a fault, so nothing is repeated here.
  public func once(
    _ request: HTTPRequest, into sink: (any HTTPBodySink)? = nil, progress: HTTPProgress? = nil
  ) async throws(HTTPError) -> HTTPResponse {
    let destination = sink.map(TransferOrder.Destination.sink) ?? .memory
    let (answer, url) = try await exchange(request, destination: destination, progress: progress)
    return HTTPResponse(status: answer.status, headers: answer.headers, body: answer.body, url: url)
  }

  typealias Exchange = (answer: TransferAnswer, url: HTTPURL)

  /// Repeats an attempt for as long as the retry policy gives it a chance.
  func retrying(
    _ request: HTTPRequest, attempt perform: () async throws(HTTPError) -> Exchange
  ) async throws(HTTPError) -> Exchange {
    var attempt = 1
    while true {
      let pause: Duration
      do {
        let exchange = try await perform()
        guard RetryPolicy.isTemporary(status: exchange.answer.status),
          let next = nextPause(request, after: attempt, exchange.answer.headers["Retry-After"])
        else { return exchange }
        pause = next
      } catch {
        guard error.isTemporary, let next = nextPause(request, after: attempt, nil) else {
          throw error.after(attempts: attempt)
        }
        pause = next
      }
      do { try await Task.sleep(for: pause) } catch { throw HTTPError(.cancelled, at: request.url) }
      attempt += 1
    }
  }

  private func nextPause(_ request: HTTPRequest, after attempt: Int, _ asked: String?) -> Duration? {
    guard request.method.isIdempotent else { return nil }
    return configuration.retry.pause(
      afterAttempt: attempt, retryAfter: retryAfter(asked, now: Int64(time(nil))), chance: .random(in: 0...1))
  }

  /// Sends one request and follows its redirects, without retries.
  ///
  /// Redirects are followed here and not by libcurl, as each hop has to lose the credentials that were not meant for
  /// it.
  func exchange(
    _ request: HTTPRequest, destination: TransferOrder.Destination, progress: HTTPProgress?
  ) async throws(HTTPError) -> Exchange {
    var method = request.method
    var body = request.body
    var file = request.file
    var url = request.url
    var visited: Set<HTTPURL> = []
    while true {
      let headers = try fields(of: request, for: url)
      let order = TransferOrder(
        method: method, url: url.bare, headers: headers, body: body, file: file,
        limits: request.limits,
        acceptsCompression: request.range == nil && destination.isMemory,
        sharesConnection: request.sharesConnection, destination: destination,
        configuration: configuration, progress: progress)
      let answer: TransferAnswer
      switch await loop.perform(order) {
      case .answer(let received): answer = received
      case .failure(let kind): throw HTTPError(kind, at: url)
      }
      guard request.followsRedirects, [301, 302, 303, 307, 308].contains(answer.status),
        let location = answer.headers["Location"]
      else { return (answer, url) }
      visited.insert(url.bare)
      let target = try redirectTarget(from: url, location, visited: visited, limit: request.limits.redirects)
      // RFC 9110, section 15.4: 303 always becomes GET, 301 and 302 do so for POST.
      if answer.status == 303 && method != .head || (answer.status == 301 || answer.status == 302) && method == .post {
        method = .get
        body = nil
        file = nil
      }
      url = target
    }
  }

  private func redirectTarget(
    from url: HTTPURL, _ location: String, visited: Set<HTTPURL>, limit: Int
  ) throws(HTTPError) -> HTTPURL {
    let target: HTTPURL
    do {
      target = try url.resolving(location)
    } catch {
      throw HTTPError(.redirect("\(error)"), at: url)
    }
    guard url.scheme == .http || target.scheme == .https else {
      throw HTTPError(.redirect("it leaves https for \(target)"), at: url)
    }
    guard !visited.contains(target.bare) else { throw HTTPError(.redirect("it goes round in a circle"), at: url) }
    guard visited.count <= limit else { throw HTTPError(.redirect("there were \(limit) before it"), at: url) }
    return target
  }

  /// The fields to send to one hop: what is secret stays at the origin of the request.
  private func fields(of request: HTTPRequest, for url: HTTPURL) throws(HTTPError) -> HTTPHeaders {
    var headers = request.headers
    let isHome = url.origin == request.url.origin
    if !isHome {
      headers["Authorization"] = nil
      headers["Cookie"] = nil
    }
    if headers["Authorization"] == nil {
      let credentials =
        (isHome ? request.credentials : nil) ?? url.credentials ?? configuration.netrc.credentials(forHost: url.host)
      headers["Authorization"] = credentials?.authorization
    }
    if let range = request.range { headers["Range"] = range.headerValue }
    guard !headers.holdsLineBreak else { throw HTTPError(.request("a header field holds a line break"), at: url) }
    return headers
  }
}

extension TransferOrder.Destination {
  fileprivate var isMemory: Bool {
    if case .memory = self { true } else { false }
  }
}
