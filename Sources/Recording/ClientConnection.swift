internal import CTLS
internal import Glibc

/// A connection of a command to its proxy, plain or in TLS; it blocks, and one thread at a time uses it.
final class ClientConnection: @unchecked Sendable {
  /// What is read at once, in bytes.
  private static let pieceSize = 16 << 10

  /// The socket, open as long as this object lives.
  let number: Int32
  private var session: OpaquePointer?
  private var unread: [UInt8] = []

  /// Takes over a connected socket.
  init(adopting number: Int32) {
    self.number = number
    // A client that neither speaks nor listens for so long is gone.
    var patience = timeval(tv_sec: 120, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    var one: Int32 = 1
    setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit {
    if let session { ctls_close(session) }
    close(number)
  }

  /// Wakes up whoever waits for the client, who then meets its end.
  func shutDown() { shutdown(number, Int32(SHUT_RDWR)) }

  /// Whether the client begins to speak TLS: its first byte is that of a handshake (RFC 8446, section 5.1).
  func beginsTLS() -> Bool {
    if let first = unread.first { return first == 0x16 }
    var byte: UInt8 = 0
    return recv(number, &byte, 1, Int32(MSG_PEEK)) == 1 && byte == 0x16
  }

  /// Becomes the TLS server of a host; false if the client does not want that.
  func startTLS(as host: String, _ authority: CertificateAuthority) -> Bool {
    guard unread.isEmpty else { return false }
    session = withExtendedLifetime(authority) { ctls_accept(authority.authority, host, number) }
    return session != nil
  }

  /// The next request; nil at the end of the connection, or if what comes is none.
  func readHead() -> RequestHead? {
    let end: [UInt8] = [13, 10, 13, 10]
    while true {
      if let found = unread.firstRange(of: end) {
        let head = RequestHead(parsing: unread[..<found.lowerBound])
        unread.removeSubrange(..<found.upperBound)
        return head
      }
      guard unread.count <= RequestHead.limit, let piece = readPiece() else { return nil }
      unread += piece
    }
  }

  private func readPiece() -> [UInt8]? {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, filled in
      repeat {
        count =
          session.map { ctls_read($0, buffer.baseAddress!, buffer.count) }
          ?? recv(number, buffer.baseAddress, buffer.count, 0)
      } while count < 0 && session == nil && errno == EINTR
      filled = max(0, count)
    }
    return count > 0 ? bytes : nil
  }

  /// Sends all of the bytes; false if the client is gone.
  func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let count =
        session.map { ctls_write($0, start, rest.count) }
        ?? send(number, start, rest.count, Int32(MSG_NOSIGNAL))
      if count < 0 && session == nil && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return true
  }

  /// Sends a text; false if the client is gone.
  func write(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { write($0) } }

  /// Sends a part of a file; false if the client is gone, or the file is not readable.
  func write(file number: Int32, from offset: Int, to end: Int) -> Bool {
    var offset = offset
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while offset < end {
      let sent = buffer.withUnsafeMutableBytes { buffer -> Int in
        let count = pread(number, buffer.baseAddress, min(buffer.count, end - offset), off_t(offset))
        return count > 0 && write(UnsafeRawBufferPointer(rebasing: buffer[..<count])) ? count : 0
      }
      guard sent > 0 else { return false }
      offset += sent
    }
    return true
  }
}
