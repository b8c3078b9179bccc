public import JSON

/// Why a lock can't be used.
public enum LockError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The text is no JSON.
  case malformed(JSONParseError)
  /// The format has a version that this Drydock does not know.
  case unknownVersion(Int)
  /// A value is absent or wrong.
  case invalid(path: String, expected: String)
  /// The lock belongs to another state of the specification.
  case stale(name: String)

  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .malformed(let error): "\(error)"
    case .unknownVersion(let version):
      "the lock has the format version \(version), this Drydock knows \(Lock.formatVersion)"
    case .invalid(let path, let expected): "'\(path)' is absent or wrong, expected \(expected)"
    case .stale(let name): "the lock of '\(name)' was made for another state of image.yaml"
    }
  }
}
