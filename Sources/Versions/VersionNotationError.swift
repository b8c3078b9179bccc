/// Reports text that is not in the notation it should be in.
///
/// `column` counts UTF-8 bytes from one, so that a caller that knows where the text began can point into its file.
public struct VersionNotationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the text should have been, for example `version`.
  public let subject: String
  /// The text as it was given.
  public let text: String
  /// The byte, counted from one, at which reading stopped.
  public let column: Int
  /// What would have been right at that column.
  public let expected: String

  /// Creates an error about `text`.
  public init(subject: String, text: String, column: Int, expected: String) {
    self.subject = subject
    self.text = text
    self.column = column
    self.expected = expected
  }

  /// One sentence: what the text should have been, and where it stops being that.
  public var description: String {
    "'\(text)' is not a valid \(subject): expected \(expected) at column \(column)"
  }
}
