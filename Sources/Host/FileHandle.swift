internal import CLinux
internal import Glibc

/// An open file descriptor that closes itself; none survives an `exec`.
public struct FileHandle: ~Copyable, Sendable {
  /// The number, valid as long as the value lives.
  public let number: Int32
  /// The path it was opened by, for errors.
  public let path: String

  /// How a file is opened for writing.
  public enum Creation: Sendable {
    /// The file must not exist.
    case exclusive
    /// The file is made, or emptied.
    case truncate
    /// The file is made, or continued at its end.
    case append
    /// The file is made, or opened as it is.
    case keep
  }

  /// Takes over a descriptor that somebody else opened.
  public init(adopting number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  /// Opens a file for reading.
  public init(reading path: String) throws(SystemError) {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw SystemError("open", path) }
    self.init(adopting: number, path: path)
  }

  /// Opens a file for reading and writing.
  public init(writing path: String, _ creation: Creation, mode: UInt32 = 0o644) throws(SystemError) {
    let flags =
      switch creation {
      case .exclusive: O_EXCL | O_NOFOLLOW
      case .truncate: O_TRUNC
      case .append: O_APPEND
      case .keep: Int32(0)
      }
    let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, mode)
    guard number >= 0 else { throw SystemError("create", path) }
    self.init(adopting: number, path: path)
  }

  deinit { close(number) }

  /// Reads up to the buffer's size; 0 is the end.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw SystemError("read", path) }
    }
  }

  /// Reads from a place without moving; 0 is the end.
  public borrowing func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    while true {
      let count = pread(number, buffer.baseAddress, buffer.count, offset)
      if count >= 0 { return count }
      if errno != EINTR { throw SystemError("read", path) }
    }
  }

  /// Reads exactly this many bytes from a place.
  public borrowing func bytes(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      let raw = UnsafeMutableRawBufferPointer(buffer)
      while filled < count, failure == nil {
        do throws(SystemError) {
          let step = try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[filled..<count]), at: offset + filled)
          if step == 0 { failure = SystemError("read", path, code: EIO) }
          filled += step
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all of the buffer.
  public borrowing func write(_ buffer: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = buffer
    while !rest.isEmpty {
      let count = Glibc.write(number, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Writes all of the bytes.
  public borrowing func write(_ bytes: [UInt8]) throws(SystemError) {
    var failure: SystemError?
    bytes.withUnsafeBytes { buffer in
      do throws(SystemError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Moves to a place, in bytes from the start.
  public borrowing func seek(to offset: Int) throws(SystemError) {
    guard lseek(number, offset, SEEK_SET) >= 0 else { throw SystemError("seek in", path) }
  }

  /// Cuts or extends the file to a size in bytes.
  public borrowing func truncate(to size: Int) throws(SystemError) {
    guard ftruncate(number, size) == 0 else { throw SystemError("truncate", path) }
  }

  /// Waits until the data is on the disk.
  public borrowing func synchronize() throws(SystemError) {
    guard fdatasync(number) == 0 else { throw SystemError("flush", path) }
  }

  /// The size in bytes.
  public borrowing func size() throws(SystemError) -> Int {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw SystemError("examine", path) }
    return Int(status.st_size)
  }

  /// Tries to lock the file against other processes, for as long as the value lives.
  ///
  /// - Returns: Whether the lock was had; with `waiting` always true.
  public borrowing func lock(exclusive: Bool = true, waiting: Bool) throws(SystemError) -> Bool {
    let kind = (exclusive ? LOCK_EX : LOCK_SH) | (waiting ? 0 : LOCK_NB)
    while flock(number, kind) != 0 {
      if errno == EINTR { continue }
      if errno == EWOULDBLOCK { return false }
      throw SystemError("lock", path)
    }
    return true
  }
}
