/// A value of a row.
public enum SQLiteValue: Sendable, Hashable {
  /// Nothing.
  case null
  /// A whole number.
  case integer(Int)
  /// A text.
  case text(String)
  /// Bytes.
  case blob([UInt8])
}
