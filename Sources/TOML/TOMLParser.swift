extension TOMLNode {
  /// Reads a TOML document.
  ///
  /// - Throws: ``TOMLError`` with the place of the first fault.
  public init(parsing text: String) throws(TOMLError) {
    var parser = TOMLParser(Array(text.utf8))
    self = try parser.document()
  }
}

/// Reads a document from its first byte to its last.
struct TOMLParser {
  /// How deep values may nest: settings need a handful of levels, hostile texts would exhaust the stack.
  static let deepest = 64

  let bytes: [UInt8]
  var index = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Is a table that is still being filled.
  ///
  /// TOML 1.0, "Table": who opened it decides what may be added.
  private final class Table {
    /// Says how a table came about.
    enum Origin {
      /// As a part of another table's heading: a heading of its own may follow.
      case implied
      /// By its own heading, or as one of an array of tables.
      case heading
      /// By dotted keys: only more of them may follow, and only below the same heading.
      case dottedKeys
    }

    var order: [String] = []
    var values: [String: Item] = [:]
    var origin: Origin
    let position: Position

    init(_ origin: Origin, at position: Position) {
      self.origin = origin
      self.position = position
    }

    func set(_ key: String, _ item: Item) {
      if values.updateValue(item, forKey: key) == nil { order.append(key) }
    }

    var node: TOMLNode {
      let entries = order.compactMap { key in values[key].map { TOMLNode.Entry(key: key, value: $0.node) } }
      return TOMLNode(.table(entries), at: position)
    }
  }

  private enum Item {
    case value(TOMLNode)
    case table(Table)
    case tables([Table], Position)

    var node: TOMLNode {
      switch self {
      case .value(let node): node
      case .table(let table): table.node
      case .tables(let tables, let position): TOMLNode(.array(tables.map(\.node)), at: position)
      }
    }
  }

  typealias Position = TOMLNode.Position

  /// Where the cursor is.
  var position: Position { Position(line: line, column: index - lineStart + 1) }

  mutating func document() throws(TOMLError) -> TOMLNode {
    let root = Table(.heading, at: position)
    var current = root
    while true {
      try skipBlankLines()
      guard let byte = peek else { return root.node }
      if byte == UInt8(ascii: "[") {
        current = try heading(in: root)
      } else {
        try assignment(to: current)
      }
      skipBlanks()
      try skipComment()
      if peek != nil, try !takeNewline() { throw failure("expected the end of the line") }
    }
  }

  // MARK: Tables

  private mutating func heading(in root: Table) throws(TOMLError) -> Table {
    let place = position
    index += 1
    let isArray = take("[")
    let path = try key()
    guard take("]"), !isArray || take("]") else { throw failure("expected ']'") }
    let owner = try parent(of: path, in: root, at: place)
    let name = path[path.count - 1]
    let table = Table(.heading, at: place)
    switch owner.values[name] {
    case nil: owner.set(name, isArray ? .tables([table], place) : .table(table))
    case .tables(let all, let first) where isArray: owner.set(name, .tables(all + [table], first))
    case .table(let known) where !isArray && known.origin == .implied:
      known.origin = .heading
      return known
    default: throw TOMLError(position: place, message: "'\(path.joined(separator: "."))' stands here twice")
    }
    return table
  }

  /// The table that a heading's last name belongs to.
  private func parent(of path: [String], in root: Table, at place: Position) throws(TOMLError) -> Table {
    var table = root
    for name in path.dropLast() {
      switch table.values[name] {
      case .table(let next): table = next
      case .tables(let all, _): table = all[all.count - 1]
      case .value: throw TOMLError(position: place, message: "'\(name)' is a value already and can't be a table")
      case nil:
        let next = Table(.implied, at: place)
        table.set(name, .table(next))
        table = next
      }
    }
    return table
  }

  private mutating func assignment(to table: Table, depth: Int = 0) throws(TOMLError) {
    let place = position
    let path = try key()
    guard take("=") else { throw failure("expected '='") }
    skipBlanks()
    var owner = table
    for name in path.dropLast() {
      switch owner.values[name] {
      case .table(let next) where next.origin == .dottedKeys: owner = next
      case nil:
        let next = Table(.dottedKeys, at: place)
        owner.set(name, .table(next))
        owner = next
      default: throw TOMLError(position: place, message: "'\(name)' is complete already and takes no more keys")
      }
    }
    let name = path[path.count - 1]
    guard owner.values[name] == nil else {
      throw TOMLError(position: place, message: "'\(path.joined(separator: "."))' stands here twice")
    }
    owner.set(name, .value(try value(depth: depth)))
  }

  // MARK: Keys and values

  private mutating func key() throws(TOMLError) -> [String] {
    var parts: [String] = []
    repeat {
      skipBlanks()
      switch peek {
      case UInt8(ascii: "\""), UInt8(ascii: "'"): parts.append(try string(isKey: true))
      default:
        let start = index
        while let byte = peek, Self.isBare(byte) { index += 1 }
        guard index > start else { throw failure("expected a key") }
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
      }
      guard parts.count <= Self.deepest else { throw failure("the key has too many parts") }
      skipBlanks()
    } while take(".")
    return parts
  }

  private mutating func value(depth: Int) throws(TOMLError) -> TOMLNode {
    guard depth < Self.deepest else { throw failure("values are nested deeper than \(Self.deepest)") }
    let place = position
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return TOMLNode(.string(try string(isKey: false)), at: place)
    case UInt8(ascii: "["): return TOMLNode(.array(try array(depth: depth)), at: place)
    case UInt8(ascii: "{"): return try inlineTable(depth: depth)
    default: return TOMLNode(try scalar(), at: place)
    }
  }

  private mutating func array(depth: Int) throws(TOMLError) -> [TOMLNode] {
    index += 1
    var elements: [TOMLNode] = []
    while true {
      try skipBlankLines()
      if take("]") { return elements }
      elements.append(try value(depth: depth + 1))
      try skipBlankLines()
      if take(",") { continue }
      guard take("]") else { throw failure("expected ',' or ']'") }
      return elements
    }
  }

  private mutating func inlineTable(depth: Int) throws(TOMLError) -> TOMLNode {
    let table = Table(.heading, at: position)
    index += 1
    skipBlanks()
    if take("}") { return table.node }
    repeat {
      skipBlanks()
      try assignment(to: table, depth: depth + 1)
      skipBlanks()
    } while take(",")
    guard take("}") else { throw failure("expected ',' or '}' on the same line") }
    return table.node
  }

  // MARK: Bytes

  var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  mutating func take(_ character: Character) -> Bool {
    guard peek == character.asciiValue else { return false }
    index += 1
    return true
  }

  mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x09 { index += 1 }
  }

  /// Moves past a line feed, with a carriage return or without.
  mutating func takeNewline() throws(TOMLError) -> Bool {
    guard let byte = peek, byte == 0x0A || byte == 0x0D else { return false }
    if byte == 0x0D {
      guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { throw failure("a carriage return stands alone") }
      index += 1
    }
    index += 1
    line += 1
    lineStart = index
    return true
  }

  private mutating func skipComment() throws(TOMLError) {
    guard peek == UInt8(ascii: "#") else { return }
    while let byte = peek, byte != 0x0A, byte != 0x0D {
      guard !Self.isControl(byte) else { throw failure("a control character stands in a comment") }
      index += 1
    }
  }

  private mutating func skipBlankLines() throws(TOMLError) {
    repeat {
      skipBlanks()
      try skipComment()
    } while try takeNewline()
  }

  /// Whether TOML bans a byte from texts and comments.
  static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 || byte == 0x7F }

  private static func isBare(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
    default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
  }

  func failure(_ message: String) -> TOMLError { TOMLError(position: position, message: message) }
}
