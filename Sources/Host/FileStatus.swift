internal import CLinux
internal import Glibc

/// What the file system knows of a file.
public struct FileStatus: Sendable, Hashable {
  /// What a file is.
  public enum Kind: Sendable, Hashable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// A symbolic link.
    case symbolicLink
    /// A device, pipe or socket.
    case other
  }

  /// What it is.
  public let kind: Kind
  /// Whether it is the character device 0:0, by which an overlay says that a lower directory's name is gone.
  public let isWhiteout: Bool
  /// Whether it is a named pipe.
  public let isPipe: Bool
  /// The size in bytes.
  public let size: Int
  /// The permission bits with setuid, setgid and sticky.
  public let mode: UInt32
  /// The owner's number.
  public let uid: UInt32
  /// The group's number.
  public let gid: UInt32
  /// The time of the last change of content, in seconds since 1970.
  public let modified: Int
  /// The number of names.
  public let links: Int
  /// The device and file number, equal for two names of one file.
  public let identity: [UInt64]

  /// Asks for a file, without following a final link unless told to.
  public init(of path: String, followingLink: Bool = false) throws(SystemError) {
    var status = stat()
    let result = followingLink ? stat(path, &status) : lstat(path, &status)
    guard result == 0 else { throw SystemError("examine", path) }
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      default: .other
      }
    isWhiteout = status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
    isPipe = status.st_mode & S_IFMT == S_IFIFO
    size = Int(status.st_size)
    mode = status.st_mode & 0o7777
    uid = status.st_uid
    gid = status.st_gid
    modified = status.st_mtim.tv_sec
    links = Int(status.st_nlink)
    identity = [UInt64(status.st_dev), UInt64(status.st_ino)]
  }
}
