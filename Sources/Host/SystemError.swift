internal import Glibc

/// A call to the operating system that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried, as a verb, for example `open`.
  public let operation: String
  /// The file or program that it was tried on.
  public let path: String
  /// The error number.
  public let code: Int32

  /// States what failed.
  public init(_ operation: String, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// States what just failed, with the thread's current error number.
  public init(_ operation: String, _ path: String) {
    self.init(operation, path, code: errno)
  }

  /// The system's sentence for the error number.
  public var reason: String { String(cString: strerror(code)) }

  /// The call, the file and the reason in one line.
  public var description: String { "cannot \(operation) \(path): \(reason)" }

  /// Whether the file or a directory above it does not exist.
  public var isMissingFile: Bool { code == ENOENT || code == ENOTDIR }

  /// Whether the system does not let this user do it, or nobody at all.
  public var isRefused: Bool { code == EACCES || code == EPERM || code == EROFS }

  /// Whether the disk or a quota is full.
  public var isFullDisk: Bool { code == ENOSPC || code == EDQUOT }
}
