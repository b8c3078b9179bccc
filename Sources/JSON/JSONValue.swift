/// A JSON value as RFC 8259 defines it.
///
/// Numbers keep their text, so that nothing is lost between reading and writing, and an object keeps the order of its
/// members. Two members of one name are refused by the parser: readers disagree which of them counts, and in a lock or a
/// manifest that is a hole.
public enum JSONValue: Sendable, Hashable {
  /// The literal `null`.
  case null
  /// The literals `true` and `false`.
  case bool(Bool)
  /// A number in its own text, for example `-12.5e3`.
  case number(String)
  /// A string, unescaped.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object whose members have distinct names.
  case object([JSONMember])
}

/// One name and value of a JSON object.
public struct JSONMember: Sendable, Hashable {
  /// The member's name, unescaped.
  public let name: String
  /// The member's value.
  public let value: JSONValue

  /// Pairs a name with a value.
  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}

extension JSONValue {
  /// The object of these members, without those whose value is absent.
  public static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { name, value in value.map { JSONMember(name, $0) } })
  }

  /// The number of an integer.
  public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

  /// The array of these strings.
  public static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map(JSONValue.string)) }

  /// The object of a string map, sorted by name.
  public static func map(_ values: [String: String]) -> JSONValue {
    .object(values.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) })
  }

  /// The value of the member of this name, when the value is an object that has it.
  public subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The text of a string.
  public var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  /// The value of an integer that fits.
  public var integer: Int? {
    if case .number(let text) = self { return Int(text) }
    return nil
  }

  /// The value of a number.
  public var double: Double? {
    if case .number(let text) = self { return Double(text) }
    return nil
  }

  /// The value of a boolean.
  public var bool: Bool? {
    if case .bool(let value) = self { return value }
    return nil
  }

  /// The elements of an array.
  public var array: [JSONValue]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  /// The members of an object.
  public var members: [JSONMember]? {
    if case .object(let members) = self { return members }
    return nil
  }

  /// The strings of an array that holds nothing else.
  public var strings: [String]? {
    guard let array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }

  /// The object's members as a map, when all its values are strings.
  public var stringMap: [String: String]? {
    guard let members else { return nil }
    var map: [String: String] = [:]
    for member in members {
      guard let text = member.value.string else { return nil }
      map[member.name] = text
    }
    return map
  }
}
