/// A text that is not the XML it should be, with its place.
public struct XMLParseError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The line, counted from one.
  public let line: Int
  /// The column, counted from one; zero where the parser does not know it.
  public let column: Int
  /// What is wrong.
  public let reason: String

  /// Points at a place.
  public init(line: Int, column: Int, reason: String) {
    self.line = line
    self.column = column
    self.reason = reason
  }

  /// `LINE:COLUMN: what is wrong`.
  public var description: String { "\(line):\(column): \(reason)" }
}
