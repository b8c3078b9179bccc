import JSON

/// A column of a result.
///
/// Amazon Athena API Reference, `ColumnInfo`.
public struct AthenaColumn: Hashable, Sendable {
  /// What a value of the column is, as far as other formats know a difference.
  public enum Kind: Sendable {
    /// A number whose text is one of JSON, too.
    case number
    /// A number that may be `NaN` or `Infinity`.
    case float
    /// `true` or `false`.
    case boolean
    /// Anything else.
    case text
  }

  /// The name or alias.
  public let name: String
  /// The type as Athena writes it, for example `varchar` or `decimal`.
  public let type: String

  /// Names a column.
  public init(name: String, type: String) {
    self.name = name
    self.type = type
  }

  init(_ value: JSONValue) {
    self.init(
      name: value["Name"]?.string ?? value["Label"]?.string ?? "", type: value["Type"]?.string ?? "varchar")
  }

  /// What a value of the column is.
  public var kind: Kind {
    switch type {
    case "tinyint", "smallint", "integer", "int", "bigint", "decimal": .number
    case "float", "real", "double": .float
    case "boolean": .boolean
    default: type.hasPrefix("decimal(") ? .number : .text
    }
  }
}
