import JSON

/// Reads the part of TOML 1.0 that settings files of container tools use, into JSON values.
///
/// Tables, arrays of tables, dotted keys, strings of one line, booleans, integers, arrays and inline tables are known;
/// dates, floats and strings of several lines are refused with their line.
struct TOML {
  /// Why a text was refused.
  struct ParseError: Error, Equatable, CustomStringConvertible {
    let line: Int
    let reason: String
    var description: String { "line \(line): \(reason)" }
  }

  /// A table that is still being filled.
  private final class Node {
    var order: [String] = []
    var values: [String: Entry] = [:]
  }

  private enum Entry {
    case value(JSONValue)
    case table(Node)
    case tables([Node])
  }

  private let bytes: [UInt8]
  private var index = 0
  private static let deepest = 32

  private init(_ text: String) { bytes = Array(text.utf8) }

  static func parse(_ text: String) throws(ParseError) -> JSONValue {
    var parser = TOML(text)
    return try parser.document()
  }

  private mutating func document() throws(ParseError) -> JSONValue {
    let root = Node()
    var current = root
    while true {
      skipBlankLines()
      guard let byte = peek else { return Self.json(of: root) }
      if byte == UInt8(ascii: "[") {
        index += 1
        let isArray = take("[")
        let path = try key()
        guard take("]"), !isArray || take("]") else { throw failure("expected ']'") }
        current = try isArray ? appendTable(path, to: root) : openTable(path[...], in: root)
      } else {
        try assignment(to: current)
      }
      try endLine()
    }
  }

  private mutating func assignment(to table: Node) throws(ParseError) {
    let path = try key()
    skipBlanks()
    guard take("=") else { throw failure("expected '='") }
    skipBlanks()
    let value = try value(depth: 0)
    let owner = try openTable(path.dropLast(), in: table)
    guard owner.values[path[path.count - 1]] == nil else {
      throw failure("'\(path[path.count - 1])' stands here twice")
    }
    owner.order.append(path[path.count - 1])
    owner.values[path[path.count - 1]] = .value(value)
  }

  private func openTable(_ path: ArraySlice<String>, in root: Node) throws(ParseError) -> Node {
    var node = root
    for name in path {
      switch node.values[name] {
      case .table(let next): node = next
      case .tables(let all): node = all[all.count - 1]
      case .value: throw failure("'\(name)' is a value and no table")
      case nil:
        let next = Node()
        node.order.append(name)
        node.values[name] = .table(next)
        node = next
      }
    }
    return node
  }

  private func appendTable(_ path: [String], to root: Node) throws(ParseError) -> Node {
    let owner = try openTable(path.dropLast(), in: root)
    let name = path[path.count - 1]
    let table = Node()
    switch owner.values[name] {
    case .tables(let all): owner.values[name] = .tables(all + [table])
    case nil:
      owner.order.append(name)
      owner.values[name] = .tables([table])
    default: throw failure("'\(name)' is no array of tables")
    }
    return table
  }

  private static func json(of node: Node) -> JSONValue {
    .object(
      node.order.map { name in
        switch node.values[name] {
        case .value(let value): JSONMember(name, value)
        case .table(let table): JSONMember(name, json(of: table))
        case .tables(let tables): JSONMember(name, .array(tables.map(json(of:))))
        case nil: JSONMember(name, .null)
        }
      })
  }

  // MARK: Keys and values

  private mutating func key() throws(ParseError) -> [String] {
    var parts: [String] = []
    repeat {
      skipBlanks()
      if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
        parts.append(try string())
      } else {
        let start = index
        while let byte = peek, Self.isBareByte(byte) { index += 1 }
        guard index > start else { throw failure("expected a key") }
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
      }
      guard parts.count <= Self.deepest else { throw failure("the key has too many parts") }
      skipBlanks()
    } while take(".")
    return parts
  }

  private mutating func value(depth: Int) throws(ParseError) -> JSONValue {
    guard depth < Self.deepest else { throw failure("values are nested too deeply") }
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "{"):
      index += 1
      let table = Node()
      skipBlanks()
      if take("}") { return .object([JSONMember]()) }
      repeat { try assignmentInline(to: table, depth: depth) } while take(",")
      guard take("}") else { throw failure("expected '}'") }
      return Self.json(of: table)
    default:
      let start = index
      while let byte = peek, Self.isBareByte(byte) || byte == UInt8(ascii: "+") { index += 1 }
      let word = String(decoding: bytes[start..<index], as: UTF8.self)
      if word == "true" || word == "false" { return .bool(word == "true") }
      if let number = Int(word) { return .integer(number) }
      throw failure(word.isEmpty ? "expected a value" : "'\(word)' is no value that is known here")
    }
  }

  private mutating func assignmentInline(to table: Node, depth: Int) throws(ParseError) {
    let path = try key()
    guard take("="), path.count == 1, table.values[path[0]] == nil else { throw failure("expected NAME = VALUE once") }
    skipBlanks()
    table.values[path[0]] = .value(try value(depth: depth + 1))
    table.order.append(path[0])
    skipBlanks()
  }

  private mutating func array(depth: Int) throws(ParseError) -> JSONValue {
    index += 1
    var elements: [JSONValue] = []
    while true {
      skipBlankLines()
      if take("]") { return .array(elements) }
      elements.append(try value(depth: depth + 1))
      skipBlankLines()
      if take(",") { continue }
      guard take("]") else { throw failure("expected ',' or ']'") }
      return .array(elements)
    }
  }

  private mutating func string() throws(ParseError) -> String {
    let quote = bytes[index]
    index += 1
    var text: [UInt8] = []
    while let byte = peek, byte != 10 {
      index += 1
      if byte == quote { return String(decoding: text, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") else {
        text.append(byte)
        continue
      }
      switch peek {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(bytes[index])
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "t"): text.append(9)
      default: throw failure("this escape is not known here")
      }
      index += 1
    }
    throw failure("a string has no end on its line")
  }

  // MARK: Bytes

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(_ character: Character) -> Bool {
    guard peek == character.asciiValue else { return false }
    index += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x09 { index += 1 }
  }

  private mutating func skipComment() {
    if peek == UInt8(ascii: "#") { while let byte = peek, byte != 10 { _ = byte; index += 1 } }
  }

  private mutating func skipBlankLines() {
    while true {
      skipBlanks()
      skipComment()
      guard let byte = peek, byte == 10 || byte == 13 else { return }
      index += 1
    }
  }

  private mutating func endLine() throws(ParseError) {
    skipBlanks()
    skipComment()
    if peek == 13 { index += 1 }
    guard peek == nil || peek == 10 else { throw failure("expected the end of the line") }
  }

  private static func isBareByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
    default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
  }

  private func failure(_ reason: String) -> ParseError {
    ParseError(line: bytes[..<min(index, bytes.count)].count { $0 == 10 } + 1, reason: reason)
  }
}
