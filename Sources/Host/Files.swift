internal import CLinux
internal import Glibc

/// Reading, writing and removing files by path.
///
/// The only place, with ``FileHandle``, that touches the file system outside a sandbox.
public enum Files {
  /// Reads a file whole.
  ///
  /// - Parameter limit: The most bytes that are read; a larger file fails with `EFBIG`.
  public static func read(_ path: String, limit: Int = 1 << 28) throws(SystemError) -> [UInt8] {
    let file = try FileHandle(reading: path)
    var bytes: [UInt8] = []
    // A pipe has no size, and a file may grow: this only spares the copies of an array that grows.
    if let size = try? file.size() { bytes.reserveCapacity(min(size, limit)) }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var failure: SystemError?
      let count = chunk.withUnsafeMutableBytes { buffer -> Int in
        do throws(SystemError) { return try file.read(into: buffer) } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw SystemError("read", path, code: EFBIG) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Reads a file as UTF-8, repairing what is not.
  public static func text(_ path: String, limit: Int = 1 << 28) throws(SystemError) -> String {
    String(decoding: try read(path, limit: limit), as: UTF8.self)
  }

  /// Writes a file so that a reader sees the old content or the new one, also after a crash.
  public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(SystemError) {
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
    do {
      let file = try FileHandle(writing: temporary, .exclusive, mode: mode)
      try file.write(bytes)
      try file.synchronize()
    } catch {
      unlink(temporary)
      throw error
    }
    do { try rename(temporary, to: path) } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Writes a text file so that a reader sees the old content or the new one.
  public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws(SystemError) {
    try write(Array(text.utf8), to: path, mode: mode)
  }

  /// Whether something has this name, a dangling link too.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Whether the name leads to a directory.
  public static func isDirectory(_ path: String) -> Bool {
    (try? FileStatus(of: path, followingLink: true))?.kind == .directory
  }

  /// Whether the name leads to a regular file.
  public static func isFile(_ path: String) -> Bool {
    (try? FileStatus(of: path, followingLink: true))?.kind == .file
  }

  /// Makes a directory and those above it that are missing.
  public static func createDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    if mkdir(path, mode) == 0 || (errno == EEXIST && isDirectory(path)) { return }
    guard errno == ENOENT, let parent = Path.parent(path), parent != path else {
      throw SystemError("create the directory", path)
    }
    try createDirectory(parent, mode: mode)
    guard mkdir(path, mode) == 0 || (errno == EEXIST && isDirectory(path)) else {
      throw SystemError("create the directory", path)
    }
  }

  /// The names in a directory, sorted by their bytes; one that is not UTF-8 is an error (EILSEQ).
  public static func list(_ path: String) throws(SystemError) -> [String] {
    var names: [String] = []
    for bytes in try rawNames(in: Array(path.utf8CString)) {
      guard let name = String(validating: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self) else {
        let shown = String(decoding: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self)
        throw SystemError("read the name '\(shown)' in", path, code: EILSEQ)
      }
      names.append(name)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The names in a directory as the bytes that they are, in no order.
  private static func rawNames(in path: [CChar]) throws(SystemError) -> [[CChar]] {
    guard let directory = opendir(path) else { throw SystemError("list", text(of: path)) }
    defer { closedir(directory) }
    var names: [[CChar]] = []
    errno = 0
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          Array(UnsafeBufferPointer(start: $0, count: strlen($0)))
        }
      }
      let dot = CChar(bitPattern: UInt8(ascii: "."))
      if name != [dot], name != [dot, dot] { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw SystemError("list", text(of: path)) }
    return names
  }

  private static func text(of path: [CChar]) -> String {
    String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Moves a file or directory over whatever has the new name.
  public static func rename(_ path: String, to target: String) throws(SystemError) {
    guard Glibc.rename(path, target) == 0 else { throw SystemError("rename to \(target)", path) }
  }

  /// Removes a file, a link or a whole tree; a missing one is no error.
  ///
  /// Links are not followed, and names may be any bytes.
  public static func remove(_ path: String) throws(SystemError) { try remove(Array(path.utf8CString)) }

  private static func remove(_ path: [CChar]) throws(SystemError) {
    if unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR { return }
    guard errno == EISDIR || errno == EPERM else { throw SystemError("remove", text(of: path)) }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw SystemError("remove", text(of: path), code: EPERM)
    }
    if rmdir(path) == 0 { return }
    chmod(path, 0o700)
    for name in try rawNames(in: path) {
      try remove(path.dropLast() + [CChar(bitPattern: UInt8(ascii: "/"))] + name + [0])
    }
    guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("remove the directory", text(of: path)) }
  }

  /// Makes a symbolic link.
  public static func link(_ path: String, to target: String) throws(SystemError) {
    guard symlink(target, path) == 0 else { throw SystemError("create the link", path) }
  }

  /// What a symbolic link says.
  public static func target(ofLink path: String) throws(SystemError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count >= 0 else { throw SystemError("read the link", path) }
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Gives a second name to a file.
  public static func hardLink(_ path: String, to target: String) throws(SystemError) {
    guard Glibc.link(target, path) == 0 else { throw SystemError("link", path) }
  }

  /// Changes the permission bits.
  public static func changeMode(_ path: String, _ mode: UInt32) throws(SystemError) {
    guard chmod(path, mode) == 0 else { throw SystemError("change the mode of", path) }
  }

  /// Changes owner and group, of a link itself.
  public static func changeOwner(_ path: String, uid: UInt32, gid: UInt32) throws(SystemError) {
    guard lchown(path, uid, gid) == 0 else { throw SystemError("change the owner of", path) }
  }

  /// Sets the time of the last change, of a link itself, in seconds since 1970.
  public static func setModified(_ path: String, _ seconds: Int) throws(SystemError) {
    let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
    guard utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw SystemError("set the time of", path)
    }
  }

  /// The absolute path with all links followed; the file must exist.
  public static func resolve(_ path: String) throws(SystemError) -> String {
    guard let real = realpath(path, nil) else { throw SystemError("resolve", path) }
    defer { free(real) }
    return String(cString: real)
  }

  /// The current directory.
  public static var currentDirectory: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }
}
