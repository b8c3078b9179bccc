internal import Glibc
internal import Host

/// A socket for one command that hands on to an SSH agent of the user's, and goes with this value.
///
/// An agent answers its own user alone, so that a command of another user could not speak to it; this socket has the owner and
/// mode that the mount asks for.
final class AgentForward: Sendable {
  /// Where the socket is.
  let path: String

  private let folder: TemporaryDirectory
  private let listener: Int32

  /// Listens; each connection is one to the agent.
  init(to agent: String, mode: UInt32, uid: UInt32, gid: UInt32) throws(SystemError) {
    folder = try TemporaryDirectory(prefix: "drydock-agent")
    path = folder.path + "/s"
    listener = try Self.socket(path) { number, address, size in bind(number, address, size) }
    guard listen(listener, 16) == 0 else { throw SystemError("listen on", path) }
    try Files.changeMode(path, mode)
    if Environment.isRoot { try Files.changeOwner(path, uid: uid, gid: gid) }
    let listener = listener
    Task { await BlockingPool.run { Self.serve(listener, agent) } }
  }

  deinit {
    // This ends the waiting for connections, which closes the socket.
    shutdown(listener, Int32(SHUT_RDWR))
    folder.remove()
  }

  private static func serve(_ listener: Int32, _ agent: String) {
    defer { close(listener) }
    while true {
      let connection = accept(listener, nil, nil)
      if connection < 0 {
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      guard let other = try? socket(agent, { number, address, size in connect(number, address, size) }) else {
        close(connection)
        continue
      }
      Task { await BlockingPool.run { exchange(connection, other) } }
    }
  }

  /// Copies both ways until either side ends.
  private static func exchange(_ one: Int32, _ other: Int32) {
    defer {
      close(one)
      close(other)
    }
    var waiting = [
      pollfd(fd: one, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      guard poll(&waiting, 2, -1) > 0 || errno == EINTR else { return }
      for (index, target) in [(0, other), (1, one)] where waiting[index].revents != 0 {
        let count = read(waiting[index].fd, &buffer, buffer.count)
        guard count > 0 else { return }
        var done = 0
        while done < count {
          let written = buffer.withUnsafeBytes {
            send(target, $0.baseAddress! + done, count - done, Int32(MSG_NOSIGNAL))
          }
          guard written > 0 else { return }
          done += written
        }
      }
    }
  }

  /// A socket of the file system that was bound to a path or connected with it.
  private static func socket(
    _ path: String, _ work: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(SystemError) -> Int32 {
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &name.sun_path) { place in
      guard path.utf8.count < place.count else { return false }
      place.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw SystemError("use the socket", path, code: ENAMETOOLONG) }
    let number = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw SystemError("use the socket", path) }
    let status = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        work(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      let error = SystemError("use the socket", path)
      close(number)
      throw error
    }
    return number
  }
}
