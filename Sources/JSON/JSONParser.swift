/// Reads one JSON text (RFC 8259), strictly.
///
/// Refused are: members of one name, nesting deeper than a limit, bytes after the value, invalid UTF-8 and lone surrogates.
struct JSONParser {
  private let bytes: [UInt8]
  private var offset = 0
  private let maximumDepth: Int

  init(bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  mutating func parse() throws(JSONParseError) -> JSONValue {
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw failure("expected the end of the text") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
    guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth)") }
    guard offset < bytes.count else { throw failure("expected a value, found the end of the text") }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw failure("expected a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONParseError) -> JSONValue {
    offset += 1
    var members: [JSONMember] = []
    var names: Set<String> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw failure("expected a member's name") }
      let start = offset
      let name = try string()
      guard names.insert(name).inserted else { throw failure("the member \"\(name)\" stands here twice", at: start) }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
      skipSpace()
      members.append(JSONMember(name, try value(depth: depth + 1)))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
      return .object(members)
    }
  }

  private mutating func array(depth: Int) throws(JSONParseError) -> JSONValue {
    offset += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      skipSpace()
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
      return .array(elements)
    }
  }

  private mutating func string() throws(JSONParseError) -> String {
    let start = offset
    offset += 1
    var text: [UInt8] = []
    var run = offset
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        text.append(contentsOf: bytes[run..<offset])
        offset += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("this string is not valid UTF-8", at: start)
        }
        return string
      case UInt8(ascii: "\\"):
        text.append(contentsOf: bytes[run..<offset])
        offset += 1
        text.append(contentsOf: String(try escape()).utf8)
        run = offset
      case 0..<0x20: throw failure("a control character must be escaped")
      default: offset += 1
      }
    }
    throw failure("this string has no end", at: start)
  }

  private mutating func escape() throws(JSONParseError) -> Unicode.Scalar {
    guard let byte = peek else { throw failure("expected an escape") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try hexadecimal()
      if let scalar = Unicode.Scalar(high) { return scalar }
      guard (0xD800..<0xDC00).contains(high), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
        throw failure("a lone surrogate is no character")
      }
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw failure("a lone surrogate is no character") }
      guard let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
        throw failure("a lone surrogate is no character")
      }
      return scalar
    default: throw failure("this escape does not exist", at: offset - 1)
    }
  }

  private mutating func hexadecimal() throws(JSONParseError) -> UInt32 {
    guard offset + 4 <= bytes.count else { throw failure("expected four hexadecimal digits") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
        throw failure("expected a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  private mutating func number() throws(JSONParseError) -> String {
    let start = offset
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func digits() throws(JSONParseError) {
    let start = offset
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset > start else { throw failure("expected a digit") }
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
    let count = word.utf8CodeUnitCount
    let matches = word.withUTF8Buffer { expected in
      offset + count <= bytes.count && expected.elementsEqual(bytes[offset..<offset + count])
    }
    guard matches else { throw failure("expected \(word)") }
    offset += count
    return value
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private func failure(_ reason: String, at place: Int? = nil) -> JSONParseError {
    let place = min(place ?? offset, bytes.count)
    let before = bytes[..<place]
    let line = before.count { $0 == 0x0A } + 1
    let column = place - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    return JSONParseError(line: line, column: column, reason: reason)
  }
}

extension JSONValue {
  /// Reads one JSON text, strictly.
  ///
  /// - Throws: ``JSONParseError`` with the line and column, also for a member that stands twice in one object.
  public init(parsing bytes: [UInt8], maximumDepth: Int = 128) throws(JSONParseError) {
    var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
    self = try parser.parse()
  }

  /// Reads one JSON text, strictly.
  public init(parsing text: String) throws(JSONParseError) {
    try self.init(parsing: Array(text.utf8))
  }
}
