/// Why a database could not be read or written.
public struct SQLiteError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The database's path.
  public let path: String
  /// What SQLite says.
  public let reason: String

  /// The reason in one sentence.
  public var description: String { "\(path) can't be used as a database: \(reason)" }
}
