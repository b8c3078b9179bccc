import Glibc
import Synchronization

/// An HTTP/1.1 server for tests: honest by default, with any fault that an answer asks for.
///
/// It keeps connections open, answers `HEAD`, ranges and `If-None-Match`, and remembers every request.
public final class HTTPTestServer: Sendable {
  /// What a client asked.
  public struct Request: Sendable {
    /// The method.
    public let method: String
    /// The path with its query.
    public let target: String
    /// The fields in their order.
    public let fields: [(name: String, value: String)]
    /// The body.
    public let body: [UInt8]
    /// How many requests this server had for the same target before.
    public let earlier: Int

    /// The first value of a field.
    public subscript(name: String) -> String? {
      fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
  }

  /// What the server does wrong.
  public enum Fault: Sendable {
    /// Nothing.
    case none
    /// The connection is closed before the answer.
    case silent
    /// The connection is closed after as many bytes of the body.
    case truncated(after: Int)
    /// The connection is reset after as many bytes of the body.
    case reset(after: Int)
    /// Nothing more comes after as many bytes of the body.
    case stalled(after: Int)
    /// The body comes in pieces with pauses.
    case slow(piece: Int, milliseconds: UInt32)
    /// The header says another length.
    case declaredLength(Int)
    /// Partial answers say a place other than the one asked for.
    case shiftedRange
    /// The body is sent in chunks whose last one is missing.
    case unfinishedChunks
  }

  /// What the server sends.
  public struct Answer: Sendable {
    /// The status code.
    public var status: Int
    /// The fields beside the length.
    public var fields: [String: String]
    /// The body.
    public var body: [UInt8]
    /// What goes wrong.
    public var fault: Fault
    /// Whether a range is answered with the whole.
    public var ignoresRanges: Bool

    /// Makes an answer.
    public init(
      _ status: Int = 200, fields: [String: String] = [:], body: [UInt8] = [], fault: Fault = .none,
      ignoresRanges: Bool = false
    ) {
      self.status = status
      self.fields = fields
      self.body = body
      self.fault = fault
      self.ignoresRanges = ignoresRanges
    }

    /// Makes an answer of text.
    public static func text(_ text: String, type: String = "text/plain") -> Answer {
      Answer(fields: ["Content-Type": type], body: Array(text.utf8))
    }
  }

  private let listener: SocketListener
  private let log: Log

  private final class Log: Sendable {
    let requests = Mutex<[Request]>([])
  }

  /// Starts a server.
  public init(_ answer: @escaping @Sendable (Request) -> Answer) {
    let log = Log()
    self.log = log
    listener = SocketListener { number in
      var connection = Connection(number)
      while let request = Self.readRequest(&connection, log) {
        guard Self.send(answer(request), for: request, to: connection) else { return }
      }
    }
  }

  /// The port.
  public var port: Int { listener.port }
  /// The address without a path.
  public var origin: String { "http://127.0.0.1:\(port)" }
  /// All requests until now.
  public var requests: [Request] { log.requests.withLock { $0 } }
  /// Closes everything and waits.
  public func stop() { listener.stop() }

  /// Runs a server for as long as the body runs.
  public static func with<Result>(
    _ answer: @escaping @Sendable (Request) -> Answer, _ body: (HTTPTestServer) async throws -> Result
  ) async throws -> Result {
    let server = HTTPTestServer(answer)
    defer { server.stop() }
    return try await body(server)
  }

  private static func readRequest(_ connection: inout Connection, _ log: Log) -> Request? {
    guard let head = connection.readHead() else { return nil }
    let lines = head.split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count == 3 else { return nil }
    let fields = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (name: String(line[..<colon]), value: String(line[colon...].drop { $0 == ":" || $0 == " " }))
    }
    let length = fields.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
    guard let body = connection.read(length) else { return nil }
    return log.requests.withLock { requests in
      let target = String(words[1])
      let request = Request(
        method: String(words[0]), target: target, fields: fields, body: body,
        earlier: requests.count { $0.target == target })
      requests.append(request)
      return request
    }
  }

  /// Sends an answer, and says whether the connection can be used again.
  private static func send(_ answer: Answer, for request: Request, to connection: Connection) -> Bool {
    if case .silent = answer.fault { return false }
    var answer = answer
    if let tag = answer.fields["ETag"], request["If-None-Match"] == tag {
      answer.status = 304
      answer.body = []
    }
    applyRange(to: &answer, request)
    var length = answer.body.count
    if case .declaredLength(let other) = answer.fault { length = other }
    var isChunked = false
    if case .unfinishedChunks = answer.fault { isChunked = true }
    var head = "HTTP/1.1 \(answer.status) Some Reason\r\n"
    for (name, value) in answer.fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    if answer.status != 304 { head += isChunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(length)\r\n" }
    guard connection.write((head + "\r\n").utf8) else { return false }
    return request.method == "HEAD" || sendBody(answer, to: connection)
  }

  private static func sendBody(_ answer: Answer, to connection: Connection) -> Bool {
    switch answer.fault {
    case .none, .silent, .shiftedRange: return connection.write(answer.body)
    case .declaredLength(let length):
      connection.write(answer.body)
      return length == answer.body.count
    case .truncated(let count):
      connection.write(answer.body.prefix(count))
      return false
    case .reset(let count):
      connection.write(answer.body.prefix(count))
      // A reset overtakes what is still on its way; give the client time to take it.
      usleep(50_000)
      connection.reset()
      return false
    case .stalled(let count):
      connection.write(answer.body.prefix(count))
      connection.waitForEnd()
      return false
    case .slow(let piece, let milliseconds):
      for start in stride(from: 0, to: answer.body.count, by: piece) {
        guard connection.write(answer.body[start..<min(start + piece, answer.body.count)]) else { return false }
        usleep(milliseconds * 1000)
      }
      return true
    case .unfinishedChunks:
      connection.write(Array((String(answer.body.count, radix: 16) + "\r\n").utf8) + answer.body)
      return false
    }
  }

  private static func applyRange(to answer: inout Answer, _ request: Request) {
    guard answer.status == 200, !answer.ignoresRanges, let range = request["Range"], range.hasPrefix("bytes=") else {
      return
    }
    let total = answer.body.count
    let ends = range.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2 else { return }
    let first = ends[0] ?? max(0, total - (ends[1] ?? 0))
    let last = ends[0] == nil ? total - 1 : min(ends[1] ?? total - 1, total - 1)
    guard first <= last else {
      answer.status = 416
      answer.fields["Content-Range"] = "bytes */\(total)"
      answer.body = []
      return
    }
    answer.status = 206
    answer.body = Array(answer.body[first...last])
    if case .shiftedRange = answer.fault {
      answer.fields["Content-Range"] = "bytes \(first + 1)-\(last + 1)/\(total + 1)"
    } else {
      answer.fields["Content-Range"] = "bytes \(first)-\(last)/\(total)"
    }
  }
}
