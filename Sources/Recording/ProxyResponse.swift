internal import HTTP
internal import Host

/// An answer in the form that a command reads (RFC 9112, section 4).
struct ProxyResponse {
  private let answer: CommandAnswer
  private let isHead: Bool

  init(_ answer: CommandAnswer, isHead: Bool) {
    self.answer = answer
    self.isHead = isHead
  }

  /// Sends it; false if the connection can't be used any longer.
  func send(over connection: ClientConnection) async -> Bool {
    switch answer {
    case .refused(let status, let reason):
      return await send(text: "drydock: \(reason)\n", status: status, [:], over: connection)
    case .recorded(let request, let path):
      guard (200...299).contains(request.status) else {
        return await send(error: request.status, request.fields, over: connection)
      }
      return await BlockingPool.run { [isHead] in
        var fields = request.fields
        if let body = request.body { fields["Content-Length"] = String(body.size) }
        guard connection.write(Self.head(request.status, fields)) else { return false }
        guard let path, let body = request.body, !isHead else { return true }
        guard let file = try? FileHandle(reading: path) else { return false }
        return connection.write(file: file.number, from: 0, to: body.size)
      }
    case .live(let answer): return await send(answer, over: connection)
    }
  }

  /// Sends an answer while it comes.
  private func send(_ answer: LiveAnswer, over connection: ClientConnection) async -> Bool {
    var progress = await answer.progress(after: nil)
    // Without a length, the whole has to be there first.
    while progress.end == nil, progress.head == nil || progress.length == nil || isHead || !progress.isSuccess {
      progress = await answer.progress(after: progress)
    }
    if case .failure(let error)? = progress.end {
      return await send(text: "drydock: \(error)\n", status: 502, [:], over: connection)
    }
    guard let head = progress.head else { return false }
    var fields = RecordedRequest.fields(of: head.headers)
    guard progress.isSuccess else { return await send(error: head.status, fields, over: connection) }
    fields["Content-Length"] = isHead ? head.headers["Content-Length"] : String(progress.length ?? progress.count)
    let text = Self.head(head.status, fields)
    guard await BlockingPool.run({ connection.write(text) }), !isHead else { return isHead }
    var sent = 0
    while true {
      let (start, end) = (sent, progress.count)
      guard await BlockingPool.run({ connection.write(file: answer.file.number, from: start, to: end) }) else {
        return false
      }
      sent = end
      switch progress.end {
      // A client that was promised more has to see that it did not get it.
      case .failure?: return false
      case .success?: return true
      case nil: progress = await answer.progress(after: progress)
      }
    }
  }

  private func send(error status: Int, _ fields: [String: String], over connection: ClientConnection) async -> Bool {
    var fields = fields
    for name in ["Content-Encoding", "Content-Length", "Content-Type"] { fields[name] = nil }
    return await send(text: "drydock: the server answered \(status)\n", status: status, fields, over: connection)
  }

  private func send(
    text: String, status: Int, _ fields: [String: String], over connection: ClientConnection
  ) async -> Bool {
    var fields = fields
    let hasBody = status != 204 && status != 304
    if hasBody {
      fields["Content-Type"] = "text/plain; charset=utf-8"
      fields["Content-Length"] = String(text.utf8.count)
    }
    let whole = Self.head(status, fields) + (isHead || !hasBody ? "" : text)
    return await BlockingPool.run { connection.write(whole) }
  }

  private static func head(_ status: Int, _ fields: [String: String]) -> String {
    let lines = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
    return "HTTP/1.1 \(status) \(reasons[status] ?? "Recorded")\r\n" + lines.joined() + "\r\n"
  }

  private static let reasons = [
    200: "OK", 204: "No Content", 301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect",
    308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 410: "Gone", 429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Unavailable",
  ]
}

extension LiveAnswer.Progress {
  /// The length of the body, if the server said it.
  fileprivate var length: Int? { head?.headers["Content-Length"].flatMap { Int($0) } }
  fileprivate var isSuccess: Bool { head.map { (200...299).contains($0.status) } ?? false }
}
