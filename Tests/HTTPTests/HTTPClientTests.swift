import HTTP
import Host
import TestSupport
import Testing

typealias Server = HTTPTestServer

/// A client that retries fast, and knows nothing of the machine.
func makeClient(attempts: Int = 3, _ change: (inout HTTPConfiguration) -> Void = { _ in }) -> HTTPClient {
  var configuration = HTTPConfiguration()
  configuration.retry = RetryPolicy(attempts: attempts, base: .milliseconds(5), longest: .seconds(3))
  change(&configuration)
  return HTTPClient(configuration: configuration)
}

/// The error that the body ends with; that it ends with none is recorded as an issue.
func failure<Result>(of body: () async throws -> Result) async -> HTTPError? {
  do {
    _ = try await body()
    Issue.record("there was no error")
  } catch let error as HTTPError {
    return error
  } catch {
    Issue.record(error)
  }
  return nil
}

extension HTTPError {
  /// The name of the kind, without what it carries.
  var kindName: String { String("\(kind)".prefix { $0 != "(" }) }
}

struct HTTPClientTests {
  @Test func `the answer has status, fields and body, whatever its status`() async throws {
    let server = Server { _ in Server.Answer(404, fields: ["X-What": " nothing "], body: Array("gone".utf8)) }
    defer { server.stop() }
    let answer = try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin + "/a?b=c")))
    #expect(answer.status == 404)
    #expect(answer.headers["x-what"] == "nothing")
    #expect(answer.body == Array("gone".utf8))
    #expect(server.requests.map(\.target) == ["/a?b=c"])
    #expect(await failure { try answer.requiringSuccess() } == HTTPError(.status(404), at: answer.url))
  }

  @Test(arguments: [HTTPRequest.Method.post, .put, .patch, .delete], [[UInt8](), Array("some\0body".utf8)])
  func `a body is sent with its method`(method: HTTPRequest.Method, body: [UInt8]) async throws {
    let server = Server { Server.Answer(body: $0.body) }
    defer { server.stop() }
    let answer = try await makeClient().data(for: HTTPRequest(method, HTTPURL(parsing: server.origin), body: body))
    #expect(answer.body == body)
    #expect(server.requests.map(\.method) == [method.rawValue])
  }

  @Test func `head reads no body`() async throws {
    let server = Server { _ in .text("body") }
    defer { server.stop() }
    let answer = try await makeClient().data(for: HTTPRequest(.head, HTTPURL(parsing: server.origin)))
    #expect(answer.headers["Content-Length"] == "4")
    #expect(answer.body.isEmpty)
  }

  @Test(arguments: [
    (HTTPRequest.ByteRange.bytes(2...4), "cde"), (.from(7), "hi"), (.last(3), "ghi"),
  ])
  func `a range is a part`(range: HTTPRequest.ByteRange, part: String) async throws {
    let server = Server { _ in .text("abcdefghi") }
    defer { server.stop() }
    let answer = try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin), range: range))
    #expect(answer.status == 206)
    #expect(String(decoding: answer.body, as: UTF8.self) == part)
    #expect(ContentRange(parsing: answer.headers["Content-Range"] ?? "")?.total == 9)
  }

  @Test func `many requests at once share few connections and all get their own answer`() async throws {
    let server = Server { .text($0.target) }
    defer { server.stop() }
    let client = makeClient { $0.connectionsPerHost = 4 }
    let bodies = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<200 {
        group.addTask {
          let request = HTTPRequest(try HTTPURL(parsing: server.origin + "/\(number)"))
          return String(decoding: try await client.data(for: request).body, as: UTF8.self)
        }
      }
      var bodies: Set<String> = []
      for try await body in group { bodies.insert(body) }
      return bodies
    }
    #expect(bodies == Set((0..<200).map { "/\($0)" }))
  }

  @Test func `waiting for a free connection is not held against a server`() async throws {
    let server = Server { _ in Server.Answer(body: [1, 2, 3], fault: .slow(piece: 1, milliseconds: 150)) }
    defer { server.stop() }
    let client = makeClient(attempts: 1) { $0.connectionsPerHost = 1 }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var request = HTTPRequest(try HTTPURL(parsing: server.origin))
          request.limits.connect = .milliseconds(400)
          request.limits.stall = .seconds(1)
          return try await client.data(for: request).body.count
        }
      }
      for try await count in group { #expect(count == 3) }
    }
  }

  // MARK: Faults

  @Test(arguments: [408, 429, 500, 502, 503, 504])
  func `a temporary status is asked again`(status: Int) async throws {
    let server = Server { $0.earlier == 0 ? Server.Answer(status) : .text("good") }
    defer { server.stop() }
    let answer = try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin)))
    #expect(answer.status == 200)
    #expect(server.requests.count == 2)
  }

  @Test func `a status that stays is returned after the last attempt`() async throws {
    let server = Server { _ in Server.Answer(503) }
    defer { server.stop() }
    #expect(try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin))).status == 503)
    #expect(server.requests.count == 3)
  }

  @Test func `the pause that a server asks for is made`() async throws {
    let server = Server { $0.earlier == 0 ? Server.Answer(429, fields: ["Retry-After": "1"]) : .text("good") }
    defer { server.stop() }
    let start = ContinuousClock.now
    #expect(try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin))).status == 200)
    #expect(ContinuousClock.now - start >= .seconds(1))
  }

  @Test func `a pause that is too long is not made`() async throws {
    let server = Server { _ in Server.Answer(429, fields: ["Retry-After": "3600"]) }
    defer { server.stop() }
    #expect(try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin))).status == 429)
    #expect(server.requests.count == 1)
  }

  @Test func `what changes something is not sent twice`() async throws {
    let server = Server { _ in Server.Answer(503) }
    defer { server.stop() }
    let request = HTTPRequest(.post, try HTTPURL(parsing: server.origin), body: [1])
    #expect(try await makeClient().data(for: request).status == 503)
    #expect(server.requests.count == 1)
  }

  static let breaks: [Server.Fault] = [
    .silent, .truncated(after: 10), .reset(after: 10), .declaredLength(2000), .unfinishedChunks,
  ]

  @Test(arguments: breaks.indices)
  func `an answer that breaks off is asked again and never taken for whole`(index: Int) async throws {
    let whole = [UInt8](repeating: 7, count: 1000)
    let fault = Self.breaks[index]
    let server = Server { Server.Answer(body: whole, fault: $0.earlier < 2 ? fault : .none) }
    defer { server.stop() }
    let answer = try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin)))
    #expect(answer.body == whole)
    #expect(server.requests.count == 3)
    let error = await failure {
      try await makeClient(attempts: 1).data(for: HTTPRequest(HTTPURL(parsing: server.origin + "/again")))
    }
    #expect(error?.kindName == "broken")
  }

  @Test func `a stalled answer is given up`() async throws {
    let server = Server { _ in Server.Answer(body: [1, 2, 3], fault: .stalled(after: 1)) }
    defer { server.stop() }
    var request = HTTPRequest(try HTTPURL(parsing: server.origin))
    request.limits.stall = .seconds(1)
    let error = await failure {
      try await makeClient(attempts: 1).data(for: request)
    }
    #expect(error?.kindName == "timedOut")
  }

  @Test func `nobody at the port is an error of the network, with the number of attempts`() async throws {
    let server = HTTPTestServer { _ in .text("") }
    let origin = server.origin
    server.stop()
    let error = await failure {
      try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: origin + "/x?token=secret")))
    }
    #expect(error?.kindName == "unreachable")
    #expect(error?.fault == .network)
    #expect(error?.attempts == 3)
    #expect(error?.description.contains("secret") == false)
  }

  @Test func `a body over the limit is refused`() async throws {
    let server = Server { _ in Server.Answer(body: [UInt8](repeating: 0, count: 100_000)) }
    defer { server.stop() }
    var request = HTTPRequest(try HTTPURL(parsing: server.origin))
    request.limits.bodyBytes = 99_999
    let error = await failure { try await makeClient().data(for: request) }
    #expect(error?.kind == .tooLarge(limit: 99_999))
    request.limits.bodyBytes = 100_000
    #expect(try await makeClient().data(for: request).body.count == 100_000)
  }

  @Test func `a compressed body counts by what it unpacks to`() async throws {
    let bomb = try await Subprocess("sh", ["-c", "head -c 50000000 /dev/zero | gzip -9"]).run().output
    #expect(bomb.count < 100_000)
    let server = Server { _ in Server.Answer(fields: ["Content-Encoding": "gzip"], body: bomb) }
    defer { server.stop() }
    var request = HTTPRequest(try HTTPURL(parsing: server.origin))
    request.limits.bodyBytes = 1_000_000
    let error = await failure { try await makeClient().data(for: request) }
    #expect(error?.kind == .tooLarge(limit: 1_000_000))
    request.limits.bodyBytes = 50_000_000
    #expect(try await makeClient().data(for: request).body.count == 50_000_000)
  }

  @Test func `a header over the limit is refused`() async throws {
    let server = Server { _ in
      Server.Answer(
        fields: Dictionary(uniqueKeysWithValues: (0..<90).map { ("X-\($0)", String(repeating: "a", count: 4000)) }))
    }
    defer { server.stop() }
    let error = await failure {
      try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin)))
    }
    #expect(error?.kindName == "malformed")
  }

  @Test func `a line break in a field is refused before anything is sent`() async throws {
    let server = Server { _ in .text("") }
    defer { server.stop() }
    let request = HTTPRequest(try HTTPURL(parsing: server.origin), headers: ["X-A": "b\r\nX-C: d"])
    let error = await failure { try await makeClient().data(for: request) }
    #expect(error?.fault == .usage)
    #expect(server.requests.isEmpty)
  }

  // MARK: Cancellation

  @Test func `cancelling ends a transfer that would wait for ever`() async throws {
    let server = Server { _ in Server.Answer(body: [1, 2], fault: .stalled(after: 1)) }
    defer { server.stop() }
    let url = try HTTPURL(parsing: server.origin)
    var request = HTTPRequest(url)
    request.limits.stall = .seconds(3600)
    let task = Task { [request] in try await makeClient().data(for: request) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    let result = await task.result
    #expect(await failure { try result.get() } == HTTPError(.cancelled, at: url))
  }

  @Test func `a task that was cancelled before it asked gets no answer`() async throws {
    let server = Server { _ in .text("") }
    defer { server.stop() }
    let url = try HTTPURL(parsing: server.origin)
    let client = makeClient()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await client.data(for: HTTPRequest(url))
    }
    task.cancel()
    let result = await task.result
    #expect(await failure { try result.get() } == HTTPError(.cancelled, at: url))
    #expect(server.requests.isEmpty)
  }
}
