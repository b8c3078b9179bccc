import HTTP
import TestSupport
import Testing

struct RedirectTests {
  @Test(arguments: [301, 302, 303, 307, 308])
  func `a redirect is followed, relative ones too`(status: Int) async throws {
    let server = Server {
      $0.target == "/a/b" ? Server.Answer(status, fields: ["Location": "../c?d"]) : .text($0.target)
    }
    defer { server.stop() }
    let answer = try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin + "/a/b")))
    #expect(String(decoding: answer.body, as: UTF8.self) == "/c?d")
    #expect(answer.url.path == "/c")
  }

  @Test(arguments: [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
  func `a redirected POST becomes what the status says`(status: Int, method: String) async throws {
    let server = Server {
      $0.target == "/" ? Server.Answer(status, fields: ["Location": "/x"]) : .text("")
    }
    defer { server.stop() }
    _ = try await makeClient().data(for: HTTPRequest(.post, HTTPURL(parsing: server.origin), body: [1, 2]))
    #expect(server.requests.last?.method == method)
    #expect(server.requests.last?.body == (method == "POST" ? [1, 2] : []))
  }

  @Test func `a redirect that is not to be followed is the answer`() async throws {
    let server = Server { _ in Server.Answer(302, fields: ["Location": "/x"]) }
    defer { server.stop() }
    var request = HTTPRequest(try HTTPURL(parsing: server.origin + "/a"))
    request.followsRedirects = false
    let answer = try await makeClient().data(for: request)
    #expect(answer.status == 302)
    #expect(answer.headers["Location"] == "/x")
    #expect(server.requests.map(\.target) == ["/a"])
  }

  @Test func `a circle and a long chain are noticed`() async throws {
    let server = Server { request in
      let next = request.target.hasPrefix("/n") ? "/n\((Int(request.target.dropFirst(2)) ?? 0) + 1)" : "/circle"
      return Server.Answer(302, fields: ["Location": next])
    }
    defer { server.stop() }
    for (path, count) in [("/circle", 1), ("/n0", 11)] {
      let before = server.requests.count
      let error = await failure {
        try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin + path)))
      }
      #expect(error?.kindName == "redirect")
      #expect(server.requests.count - before == count)
    }
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "//", "gopher://x"])
  func `only http and https are followed`(location: String) async throws {
    let server = Server { _ in Server.Answer(302, fields: ["Location": location]) }
    defer { server.stop() }
    let error = await failure {
      try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin)))
    }
    #expect(error?.kindName == "redirect")
  }

  @Test func `what is secret stays at the origin it was given for`() async throws {
    let other = Server { _ in .text("") }
    defer { other.stop() }
    let target = other.origin + "/taken"
    let server = Server {
      $0.target == "/home"
        ? .text("") : Server.Answer(302, fields: ["Location": $0.target == "/away" ? target : "/home"])
    }
    defer { server.stop() }
    let origin = "http://user:secret@127.0.0.1:\(server.port)"
    let secrets: HTTPHeaders = ["Cookie": "crumb"]
    let client = makeClient()
    _ = try await client.data(for: HTTPRequest(HTTPURL(parsing: origin + "/near"), headers: secrets))
    #expect(server.requests.allSatisfy { $0["Authorization"] == "Basic dXNlcjpzZWNyZXQ=" && $0["Cookie"] == "crumb" })
    #expect(server.requests.count == 2)
    _ = try await client.data(for: HTTPRequest(HTTPURL(parsing: origin + "/away"), headers: secrets))
    var request = HTTPRequest(try HTTPURL(parsing: server.origin + "/away"), credentials: .bearer("token"))
    request.headers = secrets
    _ = try await client.data(for: request)
    #expect(server.requests.last?["Authorization"] == "Bearer token")
    #expect(other.requests.count == 2)
    #expect(other.requests.allSatisfy { $0["Authorization"] == nil && $0["Cookie"] == nil })
  }

  @Test func `each host gets its own login of the netrc file`() async throws {
    let server = Server { $0["Authorization"] == nil ? Server.Answer(401) : .text("in") }
    defer { server.stop() }
    let client = makeClient { $0.netrc = Netrc(parsing: "machine 127.0.0.1 login a password b") }
    #expect(try await client.data(for: HTTPRequest(HTTPURL(parsing: server.origin))).status == 200)
    #expect(server.requests.last?["Authorization"] == "Basic YTpi")
    #expect(try await makeClient().data(for: HTTPRequest(HTTPURL(parsing: server.origin))).status == 401)
  }
}
