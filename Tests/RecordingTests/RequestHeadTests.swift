import HTTP
import Testing

@testable import Recording

/// What a proxy reads of a command's request.
struct RequestHeadTests {
  private func parsed(_ lines: String...) -> RequestHead? {
    RequestHead(parsing: Array(lines.joined(separator: "\r\n").utf8))
  }

  @Test func `what is about the connection, a copy or a part is not handed on`() throws {
    let head = try #require(
      parsed(
        "GET http://h/p HTTP/1.1", "Host: h", "Accept: */*", "Proxy-Authorization: Basic eDp5",
        "Connection: close, X-Hop",
        "X-Hop: 1", "Range: bytes=0-4", "If-None-Match: \"e\"", "Accept-Encoding: gzip", "User-Agent: curl/8",
        "Authorization: Bearer t"))
    #expect(head.forwarded.fields.map(\.name) == ["Accept", "User-Agent", "Authorization"])
    #expect(head.target == "http://h/p")
    #expect(!head.hasBody)
  }

  static let connections: [(lines: [String], keeps: Bool)] = [
    (["GET / HTTP/1.1"], true), (["GET / HTTP/1.1", "Connection: close"], false),
    (["GET / HTTP/1.1", "Proxy-Connection: Close"], false), (["GET / HTTP/1.0"], false),
    (["GET / HTTP/1.1", "Connection: keep-alive"], true),
  ]

  @Test(arguments: connections) func `a connection is kept as the command wants`(
    _ lines: [String], _ keeps: Bool
  ) throws {
    #expect(try #require(RequestHead(parsing: Array(lines.joined(separator: "\r\n").utf8))).keepsConnection == keeps)
  }

  @Test(arguments: [
    "", "GET /", "GET / HTTP/2", "GET  / HTTP/1.1 x", " / HTTP/1.1", "GET / HTTP/1.1\r\nno colon",
    "GET / HTTP/1.1\r\n: v",
    "GET / HTTP/1.1\r\nA B: c", "\u{16}\u{3}\u{1}", "SSH-2.0-OpenSSH",
  ]) func `what is no request is none`(_ text: String) {
    #expect(RequestHead(parsing: Array(text.utf8)) == nil)
  }

  @Test(arguments: ["Content-Length: 3", "Transfer-Encoding: chunked"]) func `a body is seen`(_ field: String) {
    #expect(parsed("POST http://h/ HTTP/1.1", field)?.hasBody == true)
  }
}
