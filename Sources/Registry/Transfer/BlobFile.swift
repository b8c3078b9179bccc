import HTTP
import Host

/// Where the bytes of a blob lie on this machine: a file or a part of one.
public struct BlobFile: Hashable, Sendable {
  /// The file.
  public let path: String
  /// Where the blob starts in it, in bytes.
  public let offset: Int
  /// The blob's length in bytes.
  public let size: Int

  /// Names a whole file, or a part of it.
  public init(path: String, offset: Int = 0, size: Int) {
    self.path = path
    self.offset = offset
    self.size = size
  }

  /// Reads it whole.
  func read(limit: Int) throws(RegistryError) -> [UInt8] {
    guard size <= limit else { throw .place(path, reason: "it has \(size) bytes, more than \(limit)") }
    return try hosted { () throws(SystemError) in try FileHandle(reading: path).bytes(at: offset, count: size) }
  }

  /// A part of it as the body of a request.
  func body(_ range: Range<Int>) -> HTTPRequest.FileBody {
    HTTPRequest.FileBody(path: path, offset: Int64(offset + range.lowerBound), count: Int64(range.count))
  }
}
