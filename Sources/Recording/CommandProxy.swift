internal import Glibc
internal import HTTP
internal import Host
internal import Synchronization

/// The only way from a command to the network: a forward proxy that reads, and answers from one source.
///
/// It ends TLS itself (RFC 9110, section 9.3.6), as what was fetched has to be seen to be recorded.
public final class CommandProxy: Sendable {
  /// The port of the command's own loopback that commands find it at: the usual one of proxies, so that what a command
  /// sees of it never differs.
  public static let port: UInt16 = 3128
  /// How many connections are served at a time.
  private static let width = 256

  private struct State: Sendable {
    var connections: [ObjectIdentifier: ClientConnection] = [:]
    var refusals: [String] = []
    var listener: Int32?
    var isStopped = false
  }

  private let source: any AnswerSource
  private let authority: CertificateAuthority
  private let state = Mutex(State())

  /// Makes a proxy that serves nobody yet.
  public init(source: any AnswerSource, authority: CertificateAuthority) {
    self.source = source
    self.authority = authority
  }

  /// The requests that got no answer, each with its reason, in the order of the first time.
  public var refusals: [String] { state.withLock { $0.refusals } }

  /// Serves the connections of a listening socket, which stays the caller's, until it is stopped.
  public func serve(listener: Int32) async {
    // A command may be over before anybody serves it.
    let isStopped = state.withLock { state in
      state.listener = listener
      return state.isStopped
    }
    if isStopped { return }
    await withDiscardingTaskGroup { group in
      while let connection = await BlockingPool.run({ Self.accept(listener) }) {
        let isServed = state.withLock { state in
          guard !state.isStopped, state.connections.count < Self.width else { return false }
          state.connections[ObjectIdentifier(connection)] = connection
          return true
        }
        guard isServed else { continue }
        group.addTask {
          await self.serve(connection)
          self.state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
        }
      }
    }
  }

  /// Ends all connections, and the serving.
  public func stop() {
    state.withLock { state in
      state.isStopped = true
      if let listener = state.listener { shutdown(listener, Int32(SHUT_RDWR)) }
      for connection in state.connections.values { connection.shutDown() }
    }
  }

  private static func accept(_ listener: Int32) -> ClientConnection? {
    while true {
      let number = Glibc.accept(listener, nil, nil)
      if number >= 0 {
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        return ClientConnection(adopting: number)
      }
      if errno != EINTR && errno != ECONNABORTED { return nil }
    }
  }

  // MARK: One connection

  private func serve(_ connection: ClientConnection) async {
    var tunnel: String?
    while let head = await BlockingPool.run({ connection.readHead() }) {
      if head.method == "CONNECT", tunnel == nil {
        guard let origin = await open(head.target, connection) else { return }
        tunnel = origin
        continue
      }
      let answer = await answer(to: head, in: tunnel)
      guard await ProxyResponse(answer, isHead: head.method == "HEAD").send(over: connection),
        head.keepsConnection, !head.hasBody
      else { return }
    }
  }

  /// Opens a tunnel that ends here, and gives the origin that its requests are for.
  private func open(_ target: String, _ connection: ClientConnection) async -> String? {
    guard let url = try? HTTPURL(parsing: "https://\(target)"), url.path.isEmpty || url.path == "/" else {
      refuse("CONNECT \(target)", "the target is no host with a port")
      return nil
    }
    let isTLS = await BlockingPool.run { () -> Bool? in
      guard connection.write("HTTP/1.1 200 Connection established\r\n\r\n") else { return nil }
      let isTLS = connection.beginsTLS()
      let name = url.host.hasPrefix("[") ? String(url.host.dropFirst().dropLast()) : url.host
      return !isTLS || connection.startTLS(as: name, self.authority) ? isTLS : nil
    }
    guard let isTLS else {
      refuse("https://\(target)", "the command did not accept the certificate of the proxy, or ended the connection")
      return nil
    }
    let origin = "\(isTLS ? "https" : "http")://\(url.host)"
    return url.port == (isTLS ? 443 : 80) ? origin : "\(origin):\(url.port)"
  }

  private func answer(to head: RequestHead, in tunnel: String?) async -> CommandAnswer {
    let target = head.target.hasPrefix("/") ? (tunnel ?? "") + head.target : head.target
    guard let url = try? HTTPURL(parsing: target) else {
      return refuse("\(head.method) \(target)", "a proxy needs an absolute address of http or https", status: 400)
    }
    guard head.method == "GET" || head.method == "HEAD", !head.hasBody else {
      return refuse(
        "\(head.method) \(url.publicText)",
        "only GET and HEAD can be recorded: what else a server does is seen by it alone",
        status: 405)
    }
    let request = CommandRequest(isHead: head.method == "HEAD", url: url, headers: head.forwarded)
    let answer = await source.answer(request)
    if case .refused(let status, let reason) = answer {
      return refuse("\(head.method) \(url.publicText)", reason, status: status)
    }
    return answer
  }

  @discardableResult
  private func refuse(_ what: String, _ reason: String, status: Int = 400) -> CommandAnswer {
    let text = "\(what): \(reason)"
    state.withLock { if !$0.refusals.contains(text), $0.refusals.count < 100 { $0.refusals.append(text) } }
    return .refused(status: status, reason: text)
  }
}
