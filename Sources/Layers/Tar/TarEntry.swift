/// One entry of a tar archive or of a layer.
public struct TarEntry: Hashable, Sendable {
  /// What an entry is.
  public enum Kind: Hashable, Sendable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// A symbolic link and the text it holds.
    case symbolicLink(target: String)
    /// A second name of a file that stands earlier in the archive.
    case hardLink(target: String)
    /// A character device.
    case characterDevice(major: UInt32, minor: UInt32)
    /// A block device.
    case blockDevice(major: UInt32, minor: UInt32)
    /// A named pipe.
    case fifo
  }

  /// The path from the root, without `./` and without a slash at either end; `.` is the root itself.
  public var path: String
  /// What it is.
  public var kind: Kind
  /// The permission bits with setuid, setgid and sticky.
  public var mode: UInt32
  /// The owner's number.
  public var uid: UInt32
  /// The group's number.
  public var gid: UInt32
  /// The size of a file in bytes, 0 for all else.
  public var size: Int
  /// The time of the last change, in seconds since 1970.
  public var modified: Int
  /// The extended attributes, for example `security.capability`.
  public var attributes: [String: [UInt8]]

  /// Describes an entry.
  public init(
    path: String, kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, size: Int = 0, modified: Int = 0,
    attributes: [String: [UInt8]] = [:]
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.uid = uid
    self.gid = gid
    self.size = size
    self.modified = modified
    self.attributes = attributes
  }
}
