/// Iterates over the header fields of a message (RFC 822, section 3.1, as core metadata uses it).
///
/// It stops at the first empty line: what follows is the description, often the largest part of the text.
struct HeaderFields: Sequence, IteratorProtocol {
  /// Is one field, its continuation lines joined.
  struct Field {
    /// The field's name in lower case.
    let name: String
    /// Its value without white space around it.
    let value: String
    /// The line on which it begins, counted from one.
    let line: Int
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ bytes: some Collection<UInt8>) {
    self.bytes = Array(bytes)
  }

  mutating func next() -> Field? {
    while position < bytes.count {
      let start = line
      var content = takeLine()
      if content.isEmpty { return nil }
      while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 {
        content = bytes[content.startIndex..<takeLine().endIndex]
      }
      guard let colon = content.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = content[(colon + 1)...].drop(while: Self.isBlank)
      let end = value.lastIndex { !Self.isBlank($0) }.map { $0 + 1 } ?? value.startIndex
      return Field(
        name: String(decoding: content[..<colon], as: UTF8.self).lowercased(),
        value: String(decoding: value[value.startIndex..<end], as: UTF8.self), line: start)
    }
    return nil
  }

  /// Moves past one line and returns it without its ending.
  private mutating func takeLine() -> ArraySlice<UInt8> {
    let start = position
    let newline = bytes[start...].firstIndex(of: 0x0a)
    position = newline.map { $0 + 1 } ?? bytes.count
    line += 1
    var end = newline ?? bytes.count
    if end > start, bytes[end - 1] == 0x0d { end -= 1 }
    return bytes[start..<end]
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
  }
}
