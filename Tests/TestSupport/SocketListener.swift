import Glibc
import Synchronization

/// Accepts connections on a free port of 127.0.0.1 and serves each on a thread of its own, until it is stopped.
public final class SocketListener: Sendable {
  private struct State: Sendable {
    var connections: Set<Int32> = []
    var threads: [pthread_t] = []
    var isStopped = false
  }

  /// The port that the system chose.
  public let port: Int
  private let socketNumber: Int32
  private let state = Mutex(State())
  private let serve: @Sendable (Int32) -> Void

  /// Starts to listen; `serve` gets each connection's descriptor and must not close it.
  public init(serve: @escaping @Sendable (Int32) -> Void) {
    self.serve = serve
    socketNumber = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let number = socketNumber
    port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(number, generic, length) == 0 && listen(number, 64) == 0, "no socket to listen on")
        getsockname(number, generic, &length)
      }
      return Int(UInt16(bigEndian: pointer.pointee.sin_port))
    }
    start { $0.acceptAll() }
  }

  /// Closes everything and waits for all threads; once more does nothing, as the number may be another file's by then.
  public func stop() {
    let connections: Set<Int32>? = state.withLock { state in
      defer { state.isStopped = true }
      return state.isStopped ? nil : state.connections
    }
    guard let connections else { return }
    shutdown(socketNumber, Int32(SHUT_RDWR))
    for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    while let thread = state.withLock({ $0.threads.popLast() }) { pthread_join(thread, nil) }
    close(socketNumber)
  }

  private func acceptAll() {
    while true {
      let connection = accept(socketNumber, nil, nil)
      if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
      guard connection >= 0 else { return }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      // Head and body are written one after the other: without this the body waits for the client's acknowledgement.
      var one: Int32 = 1
      setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
      let isWanted = state.withLock { state in
        if !state.isStopped { state.connections.insert(connection) }
        return !state.isStopped
      }
      guard isWanted else {
        close(connection)
        return
      }
      start { listener in
        listener.serve(connection)
        // The number is free for others only after it left the set that `stop` shuts down.
        listener.state.withLock { state in
          state.connections.remove(connection)
          close(connection)
        }
      }
    }
  }

  private final class Work: Sendable {
    let listener: SocketListener
    let body: @Sendable (SocketListener) -> Void
    init(_ listener: SocketListener, _ body: @escaping @Sendable (SocketListener) -> Void) {
      self.listener = listener
      self.body = body
    }
  }

  private func start(_ body: @escaping @Sendable (SocketListener) -> Void) {
    state.withLock { state in
      var thread = pthread_t()
      let work = Unmanaged.passRetained(Work(self, body))
      let failure = pthread_create(
        &thread, nil,
        { context in
          let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
          work.body(work.listener)
          return nil
        }, work.toOpaque())
      precondition(failure == 0, "no thread left")
      state.threads.append(thread)
    }
  }
}

/// Reads and writes whole pieces of a connection.
struct Connection {
  let number: Int32
  private var buffered: [UInt8] = []

  init(_ number: Int32) { self.number = number }

  /// The bytes up to an empty line, `nil` if the peer went away before.
  mutating func readHead() -> String? {
    let end: [UInt8] = [13, 10, 13, 10]
    while true {
      if buffered.count >= 4 {
        for index in 0...(buffered.count - 4) where Array(buffered[index..<(index + 4)]) == end {
          let head = String(decoding: buffered[..<index], as: UTF8.self)
          buffered.removeFirst(index + 4)
          return head
        }
      }
      guard fill() else { return nil }
      // A client that begins with TLS (RFC 8446, section 5.1) would wait for ever for an answer.
      if buffered.first == 0x16 { return nil }
    }
  }

  mutating func read(_ count: Int) -> [UInt8]? {
    while buffered.count < count { guard fill() else { return nil } }
    defer { buffered.removeFirst(count) }
    return Array(buffered[..<count])
  }

  private mutating func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var count = recv(number, &chunk, chunk.count, 0)
    while count < 0, errno == EINTR { count = recv(number, &chunk, chunk.count, 0) }
    guard count > 0 else { return false }
    buffered += chunk[..<count]
    return true
  }

  /// Writes everything, and says whether the peer took it.
  @discardableResult
  func write(_ bytes: some Collection<UInt8>) -> Bool {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Waits until the peer goes away or the listener is stopped.
  func waitForEnd() {
    var byte: UInt8 = 0
    while recv(number, &byte, 1, 0) > 0 {}
  }

  /// Makes the close that follows a reset.
  func reset() {
    var setting = linger(l_onoff: 1, l_linger: 0)
    setsockopt(number, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout<linger>.size))
  }
}
