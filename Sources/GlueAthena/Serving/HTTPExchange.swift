import Glibc

/// One request and its answer on one connection: RFC 9112, as much as a probe or a scraper needs.
///
/// Each connection ends with its answer. A client that is slow or says too much is dropped.
struct HTTPExchange: ~Copyable {
  private let socket: Int32

  /// What was asked for.
  struct Request: Equatable, Sendable {
    let method: String
    /// The path without its query.
    let path: String

    /// Understands the first line of a request; nil when it is none.
    init?(parsing head: some Collection<UInt8>) {
      let line = String(decoding: head.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") else { return nil }
      method = String(words[0])
      path = String(words[1].prefix { $0 != "?" })
    }
  }

  /// An answer.
  struct Response: Equatable, Sendable {
    let status: Int
    var type = "text/plain; charset=utf-8"
    let body: String

    static func text(_ status: Int, _ body: String) -> Response { Response(status: status, body: body + "\n") }

    static func json(_ status: Int, _ body: String) -> Response {
      Response(status: status, type: "application/json", body: body + "\n")
    }

    fileprivate var reason: String {
      switch status {
      case 200: "OK"
      case 400: "Bad Request"
      case 404: "Not Found"
      case 405: "Method Not Allowed"
      default: "Service Unavailable"
      }
    }
  }

  /// Seconds that one step with a client may take, and the most bytes that a request may have.
  private static let patience = 5
  private static let longestHead = 8 << 10

  /// Takes over a connection.
  init(adopting socket: Int32) {
    self.socket = socket
    var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
  }

  deinit { close(socket) }

  /// Reads the request, answers it and ends the connection.
  consuming func serve(_ answer: (Request) -> Response) {
    guard let head = readHead() else { return }
    guard let request = Request(parsing: head) else {
      send(.text(400, "this is no request of HTTP/1.1"), isBodyWanted: true)
      return
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      send(.text(405, "only GET and HEAD are answered"), isBodyWanted: true)
      return
    }
    send(answer(request), isBodyWanted: request.method == "GET")
  }

  /// The request up to its empty line; nil when the client ended, was too slow or said too much.
  private borrowing func readHead() -> [UInt8]? {
    let time = Stopwatch()
    var head: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 2048)
    while head.count < Self.longestHead, time.seconds < Double(Self.patience) {
      let count = recv(socket, &chunk, chunk.count, 0)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      head += chunk[..<count]
      if Self.hasEnd(head) { return head }
    }
    return nil
  }

  private static func hasEnd(_ head: [UInt8]) -> Bool {
    head.indices.contains { head[$0...].starts(with: "\r\n\r\n".utf8) || head[$0...].starts(with: "\n\n".utf8) }
  }

  private borrowing func send(_ response: Response, isBodyWanted: Bool) {
    let body = Array(response.body.utf8)
    let allow = response.status == 405 ? "Allow: GET, HEAD\r\n" : ""
    let head =
      "HTTP/1.1 \(response.status) \(response.reason)\r\nContent-Type: \(response.type)\r\n"
      + "Content-Length: \(body.count)\r\n\(allow)Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    var rest = (Array(head.utf8) + (isBodyWanted ? body : []))[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
    // What the client still sends would turn the end of the connection into an error on its side.
    shutdown(socket, Int32(SHUT_WR))
    var chunk = [UInt8](repeating: 0, count: 2048)
    var drained = 0
    while drained < 64, recv(socket, &chunk, chunk.count, 0) > 0 { drained += 1 }
  }
}
