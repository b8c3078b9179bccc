import Glibc
import Host

/// A socket that waits for connections; it closes itself.
final class Listener: Sendable {
  /// The descriptor.
  let number: Int32

  /// Takes over a socket that this process was given.
  init(adopting number: Int32) { self.number = number }

  /// Binds a socket.
  init(at address: ListenAddress) throws(SystemError) {
    let isVersion6 = address.host.contains(":")
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    number = socket(isVersion6 ? AF_INET6 : AF_INET, kind, 0)
    guard number >= 0 else { throw SystemError("listen on", address.description) }
    var yes: Int32 = 1
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let status = isVersion6 ? Self.bind6(number, address) : Self.bind4(number, address)
    guard status == 0, listen(number, 64) == 0 else {
      let code = status == EINVAL ? EINVAL : errno
      close(number)
      throw SystemError("listen on", address.description, code: code)
    }
  }

  deinit { close(number) }

  /// Binds; EINVAL when the text is no address, else -1 with the system's error number, or 0.
  private static func bind4(_ number: Int32, _ address: ListenAddress) -> Int32 {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = address.port.bigEndian
    guard inet_pton(AF_INET, address.host, &name.sin_addr) == 1 else { return EINVAL }
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func bind6(_ number: Int32, _ address: ListenAddress) -> Int32 {
    var name = sockaddr_in6()
    name.sin6_family = sa_family_t(AF_INET6)
    name.sin6_port = address.port.bigEndian
    guard inet_pton(AF_INET6, address.host, &name.sin6_addr) == 1 else { return EINVAL }
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }

  /// The port that it is bound to, which the system chose where 0 was asked for.
  var port: UInt16 {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      let status = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) }
      // The port lies at the same place in both kinds of names.
      return status == 0
        ? pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) } : 0
    }
  }
}
