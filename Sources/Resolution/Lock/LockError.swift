public import JSON
public import OCI

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
  /// The lock holds no pins of a platform.
  case noPlatform(Platform, has: [Platform])

  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .malformed(let error): "\(error)"
    case .unknownVersion(let version):
      "the lock has the format version \(version), this Drydock knows \(Lock.formatVersion) and \(LockFile.formatVersion)"
    case .invalid(let path, let expected): "'\(path)' is absent or wrong, expected \(expected)"
    case .stale(let name): "the lock of '\(name)' was made for another state of image.yaml"
    case .noPlatform(let platform, let known):
      "the lock has no pins of \(platform), only of \(known.map(\.description).joined(separator: " and "))"
    }
  }
}
