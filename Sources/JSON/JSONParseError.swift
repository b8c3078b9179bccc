/// Where and why a text is not the JSON that was asked for.
public struct JSONParseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public let line: Int
  /// The column in bytes, from 1.
  public let column: Int
  /// What was expected or found there.
  public let reason: String

  /// States a reason at a place.
  public init(line: Int, column: Int, reason: String) {
    self.line = line
    self.column = column
    self.reason = reason
  }

  /// The place and the reason in one line.
  public var description: String { "\(line):\(column): \(reason)" }
}
