/// One member of a zip archive, as the central directory describes it.
public struct ZipMember: Hashable, Sendable {
  /// How the content is stored.
  public enum Method: UInt16, Hashable, Sendable {
    /// As it is.
    case stored = 0
    /// Deflated, RFC 1951.
    case deflated = 8
  }

  /// The path, without a slash at the end.
  public let name: String
  /// Whether it is a directory.
  public let isDirectory: Bool
  /// How the content is stored.
  public let method: Method
  /// The CRC-32 of the content.
  public let checksum: UInt32
  /// The size in the archive in bytes.
  public let compressedSize: Int
  /// The size of the content in bytes.
  public let size: Int
  /// The type and permission bits that a Unix program left, 0 when there are none.
  public let unixMode: UInt32
  /// Where the local header starts and, at the latest, the content ends.
  public let extent: Range<Int>

  /// Whether the Unix mode says that the member is neither a file nor a directory.
  public var isSpecial: Bool {
    let type = unixMode & 0o170000
    return type != 0 && type != 0o100000 && type != 0o040000
  }
}
