/// A TOML value and the place where it stands.
///
/// Specification: TOML 1.0.0.
public struct TOMLNode: Sendable, Hashable {
  /// A place in the text, both from 1.
  public struct Position: Sendable, Hashable, CustomStringConvertible {
    /// The line.
    public let line: Int
    /// The column in bytes.
    public let column: Int

    /// The form `LINE:COLUMN`.
    public var description: String { "\(line):\(column)" }
  }

  /// One key and its value.
  public struct Entry: Sendable, Hashable {
    /// The key.
    public let key: String
    /// The value.
    public let value: TOMLNode
  }

  /// What the value is.
  public indirect enum Content: Sendable, Hashable {
    /// Text.
    case string(String)
    /// A whole number of 64 bits.
    case integer(Int)
    /// A number, also infinite or none.
    case float(Double)
    /// True or false.
    case boolean(Bool)
    /// A date, a time or both, as written.
    case dateTime(String)
    /// A list.
    case array([TOMLNode])
    /// Keys and values in their order; each key once.
    case table([Entry])
  }

  /// What the value is.
  public let content: Content
  /// Where it starts; for a table, its heading.
  public let position: Position

  init(_ content: Content, at position: Position) {
    self.content = content
    self.position = position
  }

  /// The value of a key, when the value is a table that has it.
  public subscript(_ key: String) -> TOMLNode? { table?.first { $0.key == key }?.value }

  /// The text, when the value is one.
  public var string: String? { if case .string(let text) = content { text } else { nil } }
  /// The whole number, when the value is one.
  public var integer: Int? { if case .integer(let number) = content { number } else { nil } }
  /// The truth value, when the value is one.
  public var bool: Bool? { if case .boolean(let value) = content { value } else { nil } }
  /// The elements, when the value is a list.
  public var array: [TOMLNode]? { if case .array(let elements) = content { elements } else { nil } }
  /// The keys and values, when the value is a table.
  public var table: [Entry]? { if case .table(let entries) = content { entries } else { nil } }

  /// What the value is, in a word for people.
  public var kind: String {
    switch content {
    case .string: "a text"
    case .integer: "a whole number"
    case .float: "a number"
    case .boolean: "true or false"
    case .dateTime: "a date or time"
    case .array: "a list"
    case .table: "a table"
    }
  }
}

/// What is wrong at one place of a TOML text.
public struct TOMLError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where it stands.
  public let position: TOMLNode.Position
  /// What was found and what was expected.
  public let message: String

  /// The place and the fault in one line.
  public var description: String { "\(position): \(message)" }
}
