public import OCI

/// Why what a command fetched can't be kept, or can't be given again.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// OpenSSL made no certificate authority.
  case authority
  /// What lies at an address is not what was recorded; without a digest, it is not as long.
  case changed(url: String, expected: Digest, found: Digest?)
  /// What was recorded is not here any longer, and can't be fetched; the reason is the client's.
  case unavailable(url: String, reason: String)
  /// A command fetched more than is allowed, of what, and the limit.
  case tooMuch(String, limit: Int)
  /// A file of records is malformed, where and how.
  case malformed(String)
  /// A file on this machine can't be used.
  case file(String)

  /// What happened, in one sentence.
  public var description: String {
    switch self {
    case .authority: "OpenSSL makes no certificate for the proxy of commands"
    case .changed(let url, let expected, let found?): "\(url) was recorded as \(expected), but is \(found) now"
    case .changed(let url, let expected, nil): "\(url) was recorded as \(expected), but has another length now"
    case .unavailable(let url, let reason): "what was recorded of \(url) is not in the store: \(reason)"
    case .tooMuch(let what, let limit): "commands fetched more than \(limit) \(what)"
    case .malformed(let reason), .file(let reason): reason
    }
  }
}
