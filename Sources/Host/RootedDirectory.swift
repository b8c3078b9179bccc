internal import CLinux
internal import Glibc

/// A directory that no name leads out of: links and `..` are followed as if it were `/`.
///
/// The kernel itself keeps to the root (`openat2` with `RESOLVE_IN_ROOT`), so nothing that an archive puts there first can
/// change where a later name leads. The last component of a path is never followed. One thread uses it at a time.
public final class RootedDirectory {
  /// The directory's path.
  public let path: String
  private let root: FileHandle
  // Archives list a directory's files together: the last parent answers most requests.
  private var parentPath: String?
  private var parent: FileHandle?

  /// Opens an existing directory.
  public init(at path: String) throws(SystemError) {
    self.path = path
    let number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw SystemError("open", path) }
    root = FileHandle(adopting: number, path: path)
  }

  /// What is at a path, without following it; nil when nothing is.
  public func kind(of path: String) throws(SystemError) -> FileStatus.Kind? {
    guard let (parent, name) = try place(path, creating: false) else { return nil }
    var status = stat()
    guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw error("examine", path)
    }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    case S_IFLNK: .symbolicLink
    default: .other
    }
  }

  /// Whether a path, with all links followed below the root, is a directory.
  public func leadsToDirectory(_ path: String) -> Bool {
    let number = clinux_open_in_root(root.number, path, clinux_open_place | O_DIRECTORY, 0)
    if number >= 0 { close(number) }
    return number >= 0
  }

  /// Makes a file that does not exist, and the directories above it.
  public func createFile(_ path: String) throws(SystemError) -> FileHandle {
    let (parent, name) = try madePlace(path)
    let number = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw error("create", path) }
    return FileHandle(adopting: number, path: "\(self.path)/\(path)")
  }

  /// Opens a file for reading, following no link at the end.
  public func openFile(_ path: String) throws(SystemError) -> FileHandle {
    guard let (parent, name) = try place(path, creating: false) else { throw error("open", path, code: ENOENT) }
    let number = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { throw error("open", path) }
    return FileHandle(adopting: number, path: "\(self.path)/\(path)")
  }

  /// Makes a directory, and those above it.
  ///
  /// - Returns: Whether it is new; something that is there already is not looked at.
  public func createDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) -> Bool {
    let (parent, name) = try madePlace(path)
    if mkdirat(parent, name, mode) == 0 { return true }
    if errno == EEXIST { return false }
    throw error("create the directory", path)
  }

  /// Makes a symbolic link.
  public func createLink(_ path: String, to target: String) throws(SystemError) {
    let (parent, name) = try madePlace(path)
    guard symlinkat(target, parent, name) == 0 else { throw error("create the link", path) }
  }

  /// Gives a second name to a file; a symbolic link there is itself what gets the name.
  public func createHardLink(_ path: String, to target: String) throws(SystemError) {
    guard let (source, sourceName) = try place(target, creating: false) else {
      throw error("link", target, code: ENOENT)
    }
    // The place of the new name may take the cache from the old one's directory: hold on to it.
    let held = dup(source)
    guard held >= 0 else { throw error("link", target) }
    defer { close(held) }
    let (parent, name) = try madePlace(path)
    guard linkat(held, sourceName, parent, name, 0) == 0 else { throw error("link", path) }
  }

  /// Makes a device or a pipe; `mode` holds the type too.
  public func createNode(_ path: String, mode: UInt32, major: UInt32, minor: UInt32) throws(SystemError) {
    let (parent, name) = try madePlace(path)
    guard mknodat(parent, name, mode, clinux_device(major, minor)) == 0, fchmodat(parent, name, mode & 0o7777, 0) == 0
    else {
      throw error("create the node", path)
    }
  }

  /// The names in a directory, sorted by their bytes.
  public func list(_ path: String) throws(SystemError) -> [String] {
    let number = clinux_open_in_root(root.number, path, O_RDONLY | O_DIRECTORY, 0)
    guard number >= 0 else { throw error("list", path, code: -number) }
    let handle = FileHandle(adopting: number, path: path)
    return try Files.list("/proc/self/fd/\(handle.number)")
  }

  /// Removes a file, a link or a whole tree; a missing one is no error.
  public func remove(_ path: String) throws(SystemError) {
    guard let (parent, name) = try place(path, creating: false) else { return }
    // The name may have been on the way to the parent that is kept: afterwards it leads elsewhere.
    defer { forget() }
    if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM else { throw error("remove", path) }
    for child in try list(path) { try remove("\(path)/\(child)") }
    guard let (above, last) = try place(path, creating: false) else { return }
    guard unlinkat(above, last, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw error("remove", path) }
  }

  /// Changes the owner of a path itself.
  public func changeOwner(_ path: String, uid: UInt32, gid: UInt32) throws(SystemError) {
    guard let (parent, name) = try place(path, creating: false),
      fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0
    else { throw error("change the owner of", path) }
  }

  /// Changes the mode of a directory.
  public func changeMode(ofDirectory path: String, _ mode: UInt32) throws(SystemError) {
    try openDirectory(path).changeMode(mode)
  }

  /// Sets an extended attribute of a directory.
  public func setAttribute(ofDirectory path: String, _ name: String, _ value: [UInt8]) throws(SystemError) {
    try openDirectory(path).setAttribute(name, value)
  }

  private func openDirectory(_ path: String) throws(SystemError) -> FileHandle {
    guard let (parent, name) = try place(path, creating: false) else { throw error("open", path, code: ENOENT) }
    let number = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { throw error("open", path) }
    return FileHandle(adopting: number, path: "\(self.path)/\(path)")
  }

  /// Sets the time of the last change of a path itself, in seconds since 1970.
  public func setModified(_ path: String, _ seconds: Int) throws(SystemError) {
    let time = timespec(tv_sec: seconds, tv_nsec: 0)
    guard let (parent, name) = try place(path, creating: false),
      utimensat(parent, name, [time, time], AT_SYMLINK_NOFOLLOW) == 0
    else { throw error("set the time of", path) }
  }

  // MARK: Places

  /// The directory that holds a path and the last name in it; nil when the directory is missing.
  private func place(_ path: String, creating: Bool) throws(SystemError) -> (Int32, String)? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (root.number, path) }
    let directory = String(path[..<slash])
    let name = String(path[path.index(after: slash)...])
    if directory == parentPath, let number = parent?.number { return (number, name) }
    var number = clinux_open_in_root(root.number, directory, clinux_open_place | O_DIRECTORY, 0)
    if number == -ENOENT && creating {
      _ = try createDirectory(directory)
      number = clinux_open_in_root(root.number, directory, clinux_open_place | O_DIRECTORY, 0)
    }
    if number < 0 {
      if !creating && (number == -ENOENT || number == -ENOTDIR) { return nil }
      throw error("open", directory, code: -number)
    }
    parent = FileHandle(adopting: number, path: directory)
    parentPath = directory
    return (number, name)
  }

  private func madePlace(_ path: String) throws(SystemError) -> (Int32, String) {
    guard let place = try place(path, creating: true) else { throw error("open", path, code: ENOENT) }
    return place
  }

  private func forget() {
    parent = nil
    parentPath = nil
  }

  private func error(_ operation: String, _ path: String, code: Int32 = errno) -> SystemError {
    SystemError(operation, "\(self.path)/\(path)", code: code)
  }
}
