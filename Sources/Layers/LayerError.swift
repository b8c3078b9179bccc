public import Host

/// Why an archive, a layer or a tree could not be read or written.
public enum LayerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A call to the operating system failed.
  case system(SystemError)
  /// The bytes are not what the format asks for.
  case malformed(archive: String, problem: String)
  /// The bytes end too early.
  case truncated(archive: String)
  /// The archive is sound but uses something that is not supported.
  case unsupported(archive: String, feature: String)
  /// An entry would leave the tree, or is of a kind that nobody asked for.
  case unsafe(archive: String, entry: String, problem: String)
  /// Something is larger than it may be.
  case limit(archive: String, quantity: String, maximum: Int)
  /// Two sources give one path different contents.
  case conflict(path: String, first: String, second: String)
  /// A tree can't be a layer as it is.
  case inconsistent(path: String, problem: String)

  /// The reason in one sentence.
  public var description: String {
    switch self {
    case .system(let error): error.description
    case .malformed(let archive, let problem): "\(archive) is damaged: \(problem)"
    case .truncated(let archive): "\(archive) is damaged: it ends too early"
    case .unsupported(let archive, let feature): "\(archive) uses \(feature), which is not supported"
    case .unsafe(let archive, let entry, let problem): "\(archive) is refused: its entry '\(entry)' \(problem)"
    case .limit(let archive, let quantity, let maximum):
      "\(archive) is refused: its \(quantity) exceeds the limit of \(maximum)"
    case .conflict(let path, let first, let second):
      "'\(path)' has one content in \(first) and another in \(second)"
    case .inconsistent(let path, let problem): "'\(path)' \(problem)"
    }
  }
}

/// Runs a call that fails with a system error, as one of a layer.
func hosted<Result: ~Copyable>(_ call: () throws(SystemError) -> Result) throws(LayerError) -> Result {
  do throws(SystemError) { return try call() } catch { throw .system(error) }
}
