extension InstructionParser {
  /// Words between white space, in which quotes mean nothing.
  func separatedWords(_ range: Range<Int>) -> [Instruction.Word] {
    var words: [Instruction.Word] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let end = range[index...].first { LineScan.separates(line.bytes[$0]) } ?? range.upperBound
      if end > index { words.append(word(index..<end)) }
      index = end + 1
    }
    return words
  }

  /// Words between white space that is not quoted; quotes and escapes stay, for the expander to take away.
  func quotedWords(_ range: Range<Int>) -> [Instruction.Word] {
    var words: [Instruction.Word] = []
    let mark = UInt8(ascii: escape)
    var start: Int?
    var quote: UInt8?
    var dropsLast = false
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = line.bytes[index]
      let space = LineScan.space(line.bytes, index, range.upperBound)
      if start == nil {
        if space > 0 {
          index += space
          continue
        }
        start = index
      }
      if let open = quote {
        if byte == open { quote = nil }
        // Nothing can be escaped between single quotes.
        if byte == mark, open != UInt8(ascii: "'") {
          dropsLast = index + 1 == range.upperBound
          index += 1
        }
      } else if space > 0 {
        words.append(word(start!..<index))
        start = nil
        index += space
        continue
      } else if byte == mark {
        dropsLast = index + 1 == range.upperBound
        index += 1
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      }
      index += 1
    }
    // An escape character at the end of the line escapes nothing.
    if let start {
      let end = dropsLast ? range.upperBound - 1 : range.upperBound
      if end > start { words.append(word(start..<end)) }
    }
    return words
  }

  /// The flags at the beginning, without their quotes, and where the arguments begin: at the first word without `--`,
  /// or behind a word `--`.
  func flags(_ range: Range<Int>) -> ([Instruction.Word], Int) {
    var flags: [Instruction.Word] = []
    let dash = UInt8(ascii: "-")
    var index = range.lowerBound
    while true {
      index = LineScan.trimStart(line.bytes, index..<range.upperBound).lowerBound
      guard index + 1 < range.upperBound, line.bytes[index] == dash, line.bytes[index + 1] == dash else {
        return (flags, index)
      }
      let start = index
      let text = flagText(&index, range.upperBound)
      if text == [dash, dash] { return (flags, index) }
      if !text.isEmpty { flags.append(word(start..<index, String(decoding: text, as: UTF8.self))) }
    }
  }

  private func flagText(_ index: inout Int, _ end: Int) -> [UInt8] {
    var text: [UInt8] = []
    var quote: UInt8?
    while index < end {
      let byte = line.bytes[index]
      if quote == nil, LineScan.space(line.bytes, index, end) > 0 { break }
      index += 1
      if byte == quote {
        quote = nil
      } else if quote == nil, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: "\\") {
        guard index < end else { break }
        text.append(line.bytes[index])
        index += 1
      } else {
        text.append(byte)
      }
    }
    return text
  }
}
