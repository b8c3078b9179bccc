internal import CLinux
internal import Glibc

/// A file descriptor with several owners, closed with the last of them.
final class Descriptor: Sendable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens a file of the host.
  static func open(
    _ path: String, _ flags: Int32, mode: UInt32 = 0, stage: SandboxError.Stage, to operation: String
  ) throws(SandboxError) -> Descriptor {
    Descriptor(try checkErrno(Glibc.open(path, flags | O_CLOEXEC, mode), stage, operation, path))
  }

  /// The reading and the writing end of a new pipe.
  static func pipe() throws(SandboxError) -> (reading: Descriptor, writing: Descriptor) {
    var ends: [Int32] = [-1, -1]
    try checkErrno(clinux_pipe2(&ends, O_CLOEXEC), .exchange, "create a pipe")
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// A file in memory with these bytes, to be read from its start.
  static func memory(_ bytes: [UInt8]) throws(SandboxError) -> Descriptor {
    let file = Descriptor(try check(clinux_memory_file("drydock"), .exchange, "create a file in memory"))
    try file.write(bytes)
    lseek(file.number, 0, SEEK_SET)
    return file
  }

  func write(_ bytes: [UInt8]) throws(SandboxError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { throw SandboxError(.exchange, "write to a descriptor", code: errno) }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// All bytes up to the end.
  func readToEnd() throws(SandboxError) -> [UInt8] {
    var bytes: [UInt8] = []
    while let part = try read(), !part.isEmpty { bytes += part }
    return bytes
  }

  /// Some bytes, none at the end, nil where a descriptor that doesn't block has nothing yet.
  func read(atMost limit: Int = 1 << 16) throws(SandboxError) -> [UInt8]? {
    while true {
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
        count = Glibc.read(number, buffer.baseAddress, limit)
        filled = max(0, count)
      }
      if count >= 0 { return bytes }
      if errno == EAGAIN { return nil }
      if errno != EINTR { throw SandboxError(.exchange, "read from a descriptor", code: errno) }
    }
  }

  /// The text of a symbolic link, of the descriptor itself or of a name in its directory, with its closing zero.
  func linkBytes(_ name: [CChar], _ path: @autoclosure () -> String) throws(SandboxError) -> [CChar] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlinkat(number, name, &buffer, Int(PATH_MAX))
    try checkErrno(Int32(count), .root, "read the link", path())
    return Array(buffer[...count])
  }

  /// The text of the symbolic link that the descriptor names.
  func linkTarget(_ path: String) throws(SandboxError) -> String {
    String(decoding: try linkBytes([0], path).dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
