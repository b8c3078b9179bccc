/// A YAML value and the place where it stands.
///
/// Scalars stay text: whether `3.10` is a version or a number is for the reader of the key to say, not for the format.
public struct YAMLNode: Sendable, Hashable {
  /// A place in the text, both from 1.
  public struct Position: Sendable, Hashable, CustomStringConvertible {
    /// The line.
    public let line: Int
    /// The column in characters.
    public let column: Int

    /// Names a place.
    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }

    /// The form `LINE:COLUMN`.
    public var description: String { "\(line):\(column)" }
  }

  /// One key and its value.
  public struct Entry: Sendable, Hashable {
    /// The key's text.
    public let key: String
    /// Where the key stands.
    public let position: Position
    /// The value.
    public let value: YAMLNode
  }

  /// What the value is.
  public indirect enum Content: Sendable, Hashable {
    /// Text; `plain` when it stands without quotes.
    case scalar(String, plain: Bool)
    /// A list.
    case sequence([YAMLNode])
    /// Keys and values in their order; each key once.
    case mapping([Entry])
  }

  /// What the value is.
  public let content: Content
  /// Where it starts.
  public let position: Position

  /// The value of a key, when the value is a mapping that has it.
  public subscript(_ key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// Whether the value is absent: an empty plain scalar, `~` or `null`.
  public var isNull: Bool {
    guard case .scalar(let text, plain: true) = content else { return false }
    return text.isEmpty || text == "~" || text == "null"
  }
}
