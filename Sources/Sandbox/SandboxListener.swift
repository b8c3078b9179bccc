internal import Glibc

/// A socket that listens inside a sandbox and is served outside of it: the one way in and out of a network that has none.
///
/// A socket belongs to the network it was made in, wherever its descriptor goes (man 7 network_namespaces).
public final class SandboxListener: Sendable {
  private static let message = Array("listener".utf8)

  private let socket: Descriptor

  private init(_ socket: Descriptor) { self.socket = socket }

  /// The listening socket, open as long as this object lives.
  public var number: Int32 { socket.number }

  /// Makes the socket and hands it to the caller of the sandbox.
  static func send(port: UInt16, over control: Int32) throws(SandboxError) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Descriptor(try checkErrno(Glibc.socket(AF_INET, kind, 0), .isolation, "create a socket"))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    address.sin_port = port.bigEndian
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try checkErrno(bound, .isolation, "take the port", "\(port)")
    try checkErrno(listen(socket.number, SOMAXCONN), .isolation, "listen on the port", "\(port)")
    try ControlMessage(bytes: message, descriptors: [socket]).send(control)
  }

  /// Takes the socket that a sandbox has sent before its command ran.
  static func receive(from control: Int32) throws(SandboxError) -> SandboxListener {
    guard let message = try ControlMessage.receive(control), message.bytes == Self.message,
      let socket = message.descriptors.first
    else { throw SandboxError(.exchange, "receive the sandbox's socket") }
    return SandboxListener(socket)
  }
}
