public import Layers

/// Why a wheel can't be installed.
public enum WheelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The archive can't be read.
  case archive(LayerError)
  /// The archive is no wheel, or one that contradicts itself.
  case malformed(wheel: String, problem: String)
  /// A file is not as the wheel's RECORD says.
  case record(wheel: String, file: String, problem: String)
  /// The wheel is of a version of the format that is not known.
  case version(wheel: String, version: String)
  /// Two wheels have different contents for one path.
  case conflict(path: String, first: String, second: String)

  /// The reason in one sentence.
  public var description: String {
    switch self {
    case .archive(let error): error.description
    case .malformed(let wheel, let problem): "\(wheel) is no sound wheel: \(problem)"
    case .record(let wheel, let file, let problem): "\(wheel) is no sound wheel: its file '\(file)' \(problem)"
    case .version(let wheel, let version):
      "\(wheel) is of wheel format \(version), expected 1.0 or a later 1.x"
    case .conflict(let path, let first, let second):
      "\(first) and \(second) install different files as '\(path)': one of them has to go"
    }
  }
}
