/// Header fields in their order; names compare without regard to case.
///
/// RFC 9110, section 5.
public struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// One field.
  public struct Field: Hashable, Sendable {
    /// The name as it was written.
    public let name: String
    /// The value without white space around it.
    public let value: String
  }

  /// All fields in their order.
  public private(set) var fields: [Field]

  /// Makes a list of no fields.
  public init() { fields = [] }

  /// Makes a list of fields in the order of the literal.
  public init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The first value of a field; setting replaces all fields of the name, and `nil` removes them.
  public subscript(name: String) -> String? {
    get { fields.first { $0.name.isSameASCII(as: name) }?.value }
    set {
      fields.removeAll { $0.name.isSameASCII(as: name) }
      if let newValue { fields.append(Field(name: name, value: newValue)) }
    }
  }

  /// Adds a field and keeps those of the same name.
  public mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Whether a value could be read as more than one line.
  var holdsLineBreak: Bool {
    fields.contains { field in
      (field.name.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: ":") })
        || (field.value.utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 })
    }
  }
}

extension StringProtocol {
  /// Whether two texts differ in the case of ASCII letters at most.
  func isSameASCII(as other: some StringProtocol) -> Bool {
    utf8.count == other.utf8.count
      && zip(utf8, other.utf8).allSatisfy { left, right in
        left == right || (left | 0x20 == right | 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(left | 0x20))
      }
  }
}
