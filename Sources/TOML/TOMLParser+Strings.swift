// TOML 1.0, "String".

extension TOMLParser {
  /// Reads any of the four kinds of text; a key can't have several lines.
  mutating func string(isKey: Bool) throws(TOMLError) -> String {
    let quote = bytes[index]
    let hasEscapes = quote == UInt8(ascii: "\"")
    let isLong = index + 2 < bytes.count && bytes[index + 1] == quote && bytes[index + 2] == quote
    guard isLong else { return try shortString(quote, hasEscapes: hasEscapes) }
    guard !isKey else { throw failure("a key can't be a text of several lines") }
    index += 3
    _ = try takeNewline()
    return try longString(quote, hasEscapes: hasEscapes)
  }

  private mutating func shortString(_ quote: UInt8, hasEscapes: Bool) throws(TOMLError) -> String {
    index += 1
    var text: [UInt8] = []
    while let byte = peek {
      guard !Self.isControl(byte) else { break }
      index += 1
      if byte == quote { return String(decoding: text, as: UTF8.self) }
      if byte == UInt8(ascii: "\\"), hasEscapes { try escape(into: &text) } else { text.append(byte) }
    }
    throw failure("the text has no closing quote on its line, or a control character in it")
  }

  private mutating func longString(_ quote: UInt8, hasEscapes: Bool) throws(TOMLError) -> String {
    var text: [UInt8] = []
    while let byte = peek {
      if byte == quote {
        let start = index
        while peek == quote, index - start < 5 { index += 1 }
        let count = index - start
        // Up to two quotes may stand just before the closing three.
        text += [UInt8](repeating: quote, count: count >= 3 ? count - 3 : count)
        if count >= 3 { return String(decoding: text, as: UTF8.self) }
      } else if try takeNewline() {
        text.append(0x0A)
      } else if byte == UInt8(ascii: "\\"), hasEscapes {
        index += 1
        if try !skipLineEnd() { try escape(into: &text) }
      } else {
        guard !Self.isControl(byte) else { throw failure("a control character stands in a text") }
        index += 1
        text.append(byte)
      }
    }
    throw failure("the text has no closing quotes")
  }

  /// A backslash at the end of a line takes all white space up to the next character with it.
  private mutating func skipLineEnd() throws(TOMLError) -> Bool {
    var probe = index
    while probe < bytes.count, bytes[probe] == 0x20 || bytes[probe] == 0x09 { probe += 1 }
    guard probe < bytes.count, bytes[probe] == 0x0A || bytes[probe] == 0x0D else { return false }
    repeat { skipBlanks() } while try takeNewline()
    return true
  }

  /// Reads what follows a backslash.
  private mutating func escape(into text: inout [UInt8]) throws(TOMLError) {
    let byte = peek ?? 0
    index += 1
    switch byte {
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
    case UInt8(ascii: "u"): text += try scalarValue(digits: 4)
    case UInt8(ascii: "U"): text += try scalarValue(digits: 8)
    default:
      index -= 1
      throw failure("expected an escape that exists: \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX")
    }
  }

  private mutating func scalarValue(digits: Int) throws(TOMLError) -> [UInt8] {
    let end = min(index + digits, bytes.count)
    let word = String(decoding: bytes[index..<end], as: UTF8.self)
    guard word.utf8.count == digits, !word.hasPrefix("+"), !word.hasPrefix("-"), let number = UInt32(word, radix: 16),
      let scalar = Unicode.Scalar(number)
    else { throw failure("expected \(digits) hexadecimal digits of a character") }
    index = end
    return Array(String(Character(scalar)).utf8)
  }
}
