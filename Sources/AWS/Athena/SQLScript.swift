/// A text of SQL, taken apart at the semicolons that end statements.
///
/// Athena takes one statement at a time. A semicolon inside of quotes or a comment ends none, and a question mark there
/// is no parameter.
public struct SQLScript: Hashable, Sendable {
  /// One statement.
  public struct Statement: Hashable, Sendable {
    /// Its text, without space around it and without the semicolon.
    public let text: String
    /// The line where it starts, from 1.
    public let line: Int
    /// How many parameters (`?`) it has.
    public let parameterCount: Int
  }

  /// Something that was opened and never closed.
  public struct ParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line where it was opened, from 1.
    public let line: Int
    /// The column where it was opened, in bytes, from 1.
    public let column: Int
    /// What it is, for example `'` or `/*`.
    public let opening: String

    /// The place and what is open.
    public var description: String { "\(line):\(column): what \(opening) opens has no end" }
  }

  /// The statements in their order; those that are only space and comments are left out.
  public let statements: [Statement]

  /// Takes a text apart.
  public init(parsing text: String) throws(ParseError) {
    var scanner = SQLScanner(Array(text.utf8))
    statements = try scanner.statements()
  }
}

/// Walks over SQL as Trino and, for `CREATE EXTERNAL` and `ALTER`, Hive write it.
private struct SQLScanner {
  private let bytes: [UInt8]
  private var offset = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func statements() throws(SQLScript.ParseError) -> [SQLScript.Statement] {
    var statements: [SQLScript.Statement] = []
    var start = 0
    var startLine = 1
    var parameterCount = 0
    /// Whether something else than space and comments was seen since the last semicolon.
    var hasContent = false
    /// The first words, which say whose grammar it is.
    var words: [String] = []
    func finish(at end: Int) {
      if hasContent {
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        statements.append(
          SQLScript.Statement(text: Self.trimmed(text), line: startLine, parameterCount: parameterCount))
      }
      parameterCount = 0
      hasContent = false
      words = []
    }
    while offset < bytes.count {
      let byte = bytes[offset]
      let isComment = starts(with: "--") || starts(with: "/*")
      if !hasContent, !isComment, !Self.isSpace(byte), byte != UInt8(ascii: ";") {
        hasContent = true
        start = offset
        startLine = line
      }
      switch byte {
      case UInt8(ascii: ";"):
        finish(at: offset)
        advance()
      case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
        try skipQuoted(byte, hasBackslashes: words.first == "ALTER" || words.starts(with: ["CREATE", "EXTERNAL"]))
      case _ where starts(with: "--"): while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
      case _ where starts(with: "/*"): try skipComment()
      case UInt8(ascii: "?"):
        parameterCount += 1
        advance()
      case _ where Self.isWordByte(byte):
        let first = offset
        while offset < bytes.count, Self.isWordByte(bytes[offset]) { offset += 1 }
        if words.count < 2 { words.append(String(decoding: bytes[first..<offset], as: UTF8.self).uppercased()) }
      default: advance()
      }
    }
    finish(at: offset)
    return statements
  }

  private mutating func skipQuoted(_ quote: UInt8, hasBackslashes: Bool) throws(SQLScript.ParseError) {
    let fault = fault(String(UnicodeScalar(quote)))
    advance()
    while offset < bytes.count {
      let byte = bytes[offset]
      advance()
      if byte == UInt8(ascii: "\\"), hasBackslashes, offset < bytes.count { advance() }
      // A doubled quote stands for itself; read as an end and a start it does no harm.
      if byte == quote { return }
    }
    throw fault
  }

  private mutating func skipComment() throws(SQLScript.ParseError) {
    let fault = fault("/*")
    offset += 2
    while offset < bytes.count {
      if starts(with: "*/") {
        offset += 2
        return
      }
      advance()
    }
    throw fault
  }

  private func fault(_ opening: String) -> SQLScript.ParseError {
    SQLScript.ParseError(line: line, column: offset - lineStart + 1, opening: opening)
  }

  private mutating func advance() {
    if bytes[offset] == 0x0A {
      line += 1
      lineStart = offset + 1
    }
    offset += 1
  }

  private func starts(with word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard offset + count <= bytes.count else { return false }
    return (0..<count).allSatisfy { bytes[offset + $0] == word.utf8Start[$0] }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57, 0x80...: true
    default: byte == UInt8(ascii: "_")
    }
  }

  private static func trimmed(_ text: String) -> String {
    var text = text.utf8[...]
    while let last = text.last, isSpace(last) { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }
}
