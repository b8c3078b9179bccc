import Glibc
import Host
import Synchronization

/// A forward proxy that ends TLS itself, with certificates of its own authority, as company networks have.
///
/// Whatever host a client asks for by `CONNECT`, it meets a TLS server with a certificate of that name signed by
/// ``certificateAuthority``, behind which is the given HTTP server.
public final class InterceptingProxy: Sendable {
  private let listener: SocketListener
  private let terminator: TLSTerminator
  private let log: Log
  /// The certificates of the authority and the TLS server.
  public let certificates: TestCertificates

  private final class Log: Sendable {
    let targets = Mutex<[String]>([])
  }

  /// Starts a proxy for one host name; its keys lie in `directory`.
  ///
  /// - Parameters:
  ///   - login: The `user:password` in Base64 that the proxy wants, if it wants one.
  ///   - wantsClientCertificate: Whether the TLS server refuses clients without a certificate of the authority.
  public init(
    host: String, before server: HTTPTestServer, in directory: String, login: String? = nil,
    wantsClientCertificate: Bool = false
  ) async throws {
    let certificates = try await TestCertificates(host: host, in: directory)
    self.certificates = certificates
    let terminator = try TLSTerminator(
      certificates, forwardingTo: server.port, wantsClientCertificate: wantsClientCertificate)
    self.terminator = terminator
    let log = Log()
    self.log = log
    listener = SocketListener { number in
      var connection = Connection(number)
      guard let head = connection.readHead(), head.hasPrefix("CONNECT ") else { return }
      log.targets.withLock { $0.append(String(head.split(separator: " ")[1])) }
      if let login, !head.contains("Proxy-Authorization: Basic \(login)") {
        connection.write("HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n".utf8)
        return
      }
      guard let upstream = connectToLoopback(terminator.port) else { return }
      defer { close(upstream) }
      connection.write("HTTP/1.1 200 Connected\r\n\r\n".utf8)
      pump(number, upstream)
    }
  }

  /// The file with the authority's certificate.
  public var certificateAuthority: String { certificates.authority }

  /// The address of the proxy.
  public var address: String { "http://127.0.0.1:\(listener.port)" }
  /// What clients asked the proxy to connect to, as `host:port`.
  public var targets: [String] { log.targets.withLock { $0 } }

  /// Ends the proxy and its TLS server.
  public func stop() {
    terminator.stop()
    listener.stop()
  }
}

/// A certificate authority and a server certificate signed by it, made by the `openssl` program.
public struct TestCertificates: Sendable {
  /// The authority's certificate.
  public let authority: String
  /// The server's certificate.
  public let certificate: String
  /// The server's key.
  public let key: String

  /// Makes keys and certificates in a directory.
  public init(host: String, in directory: String) async throws {
    authority = directory + "/ca.pem"
    certificate = directory + "/server.pem"
    key = directory + "/server.key"
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    let steps = [
      [
        "req", "-x509", "-keyout", directory + "/ca.key", "-out", authority, "-days", "30", "-subj",
        "/CN=Test authority",
      ]
        + curve,
      ["req", "-keyout", key, "-out", directory + "/server.csr", "-subj", "/CN=\(host)"] + curve,
      [
        "x509", "-req", "-in", directory + "/server.csr", "-CA", authority, "-CAkey", directory + "/ca.key",
        "-CAcreateserial", "-out", certificate, "-days", "30", "-extfile", directory + "/names",
      ],
    ]
    try Files.write("subjectAltName=DNS:\(host)\n", to: directory + "/names")
    for step in steps {
      let result = try await Subprocess("openssl", step).run()
      guard result.status == 0 else { throw Failure(text: result.errorText) }
    }
  }

  struct Failure: Error { let text: String }
}

/// A TLS server that hands the plain bytes on to a port of 127.0.0.1; a Python child that ends with its standard input.
public final class TLSTerminator: Sendable {
  /// The port that the system chose.
  public let port: Int
  private let process: pid_t
  private let standardInput: Int32

  private static let program = """
    import os, socket, ssl, sys, threading
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if sys.argv[4:]:
        context.load_verify_locations(sys.argv[4])
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    def pump(source, target):
        try:
            while data := source.recv(65536): target.sendall(data)
        except OSError: pass
        for end in (source, target):
            try: end.shutdown(socket.SHUT_RDWR)
            except OSError: pass
    def serve(plain):
        try: secure = context.wrap_socket(plain, server_side=True)
        except (OSError, ssl.SSLError): return
        upstream = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
        threading.Thread(target=pump, args=(secure, upstream), daemon=True).start()
        pump(upstream, secure)
    def accept():
        while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)
    """

  /// Starts the server; with `wantsClientCertificate` it refuses clients without a certificate of the authority.
  public init(
    _ certificates: TestCertificates, forwardingTo upstream: Int, wantsClientCertificate: Bool = false
  ) throws {
    var input: [Int32] = [0, 0]
    var output: [Int32] = [0, 0]
    guard pipe(&input) == 0, pipe(&output) == 0, let python = Environment.program("python3") else {
      throw TestCertificates.Failure(text: "no pipe or no python3")
    }
    for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input[0], 0)
    posix_spawn_file_actions_adddup2(&actions, output[1], 1)
    let arguments =
      ["-I", "-c", Self.program, certificates.certificate, certificates.key, String(upstream)]
      + (wantsClientCertificate ? [certificates.authority] : [])
    let words = ([python] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let failure = posix_spawn(&process, python, &actions, nil, words + [nil], environ)
    close(input[0])
    close(output[1])
    defer { close(output[0]) }
    guard failure == 0 else { throw TestCertificates.Failure(text: "python3 does not start") }
    self.process = process
    standardInput = input[1]
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while read(output[0], &byte, 1) == 1, byte != 10 { text.append(byte) }
    guard let port = Int(String(decoding: text, as: UTF8.self)) else {
      close(input[1])
      waitpid(process, nil, 0)
      throw TestCertificates.Failure(text: "the TLS server names no port")
    }
    self.port = port
  }

  /// Ends the server.
  public func stop() {
    close(standardInput)
    // A child that another test spawned meanwhile may hold a copy of that end.
    kill(process, SIGTERM)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
  }
}

private func connectToLoopback(_ port: Int) -> Int32? {
  let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  address.sin_port = UInt16(port).bigEndian
  let result = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  if result == 0 { return number }
  close(number)
  return nil
}

/// Copies bytes both ways until one side ends.
private func pump(_ left: Int32, _ right: Int32) {
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    var waiting = [
      pollfd(fd: left, events: Int16(POLLIN), revents: 0), pollfd(fd: right, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&waiting, 2, -1) > 0 else { return }
    for (index, target) in [(0, right), (1, left)] where waiting[index].revents != 0 {
      let count = recv(waiting[index].fd, &chunk, chunk.count, 0)
      guard count > 0, Connection(target).write(chunk[..<count]) else { return }
    }
  }
}
