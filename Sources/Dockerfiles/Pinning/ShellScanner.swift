/// Finds the simple commands of a shell line in the bytes of a Dockerfile, so that a word can be changed where it stands.
///
/// It knows quotes, escapes, continuation lines with comments between them, and operators (POSIX.1-2017, Shell Command
/// Language, sections 2.2 to 2.4); what only a shell can know, such as what a substitution yields, stays text.
struct ShellScanner {
  /// One word as it is written.
  struct Word: Hashable {
    /// The text without quotes and escapes.
    let text: String
    /// Whether something in it is for the shell to fill in.
    let isDynamic: Bool
    /// The bytes of the file.
    let range: Range<Int>
  }

  private let source: [UInt8]
  private let escape: UInt8
  private var index: Int
  private let end: Int
  private var commands: [[Word]] = [[]]

  /// The commands of a range of the file: words between operators, in order; empty ones are left out.
  static func commands(in source: [UInt8], _ range: Range<Int>, escape: Unicode.Scalar) -> [[Word]] {
    var scanner = ShellScanner(
      source: source, escape: UInt8(ascii: escape), index: range.lowerBound, end: range.upperBound)
    scanner.scan()
    return scanner.commands.filter { !$0.isEmpty }
  }

  private init(source: [UInt8], escape: UInt8, index: Int, end: Int) {
    self.source = source
    self.escape = escape
    self.index = index
    self.end = end
  }

  private mutating func scan() {
    while index < end {
      if let next = continuation(at: index) {
        index = next
        continue
      }
      switch source[index] {
      case 0x20, 0x09, 0x0D: index += 1
      case UInt8(ascii: "\n"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "("),
        UInt8(ascii: ")"):
        index += 1
        if commands.last?.isEmpty == false { commands.append([]) }
      case UInt8(ascii: "#"): while index < end, source[index] != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "<"), UInt8(ascii: ">"):
        // A redirection's operator; its file is a word like any other, which no command here reads as a package.
        index += 1
      default: word()
      }
    }
  }

  /// Where the text goes on behind an escaped line end and the comment and empty lines that Docker drops there.
  private func continuation(at start: Int) -> Int? {
    guard source[start] == escape else { return nil }
    var next = start + 1
    while next < end, source[next] == 0x20 || source[next] == 0x09 || source[next] == 0x0D { next += 1 }
    guard next < end, source[next] == UInt8(ascii: "\n") else { return nil }
    next += 1
    while next < end {
      var first = next
      while first < end, source[first] == 0x20 || source[first] == 0x09 || source[first] == 0x0D { first += 1 }
      guard first < end, source[first] == UInt8(ascii: "#") || source[first] == UInt8(ascii: "\n") else { break }
      while first < end, source[first] != UInt8(ascii: "\n") { first += 1 }
      next = min(first + 1, end)
    }
    return next
  }

  private mutating func word() {
    let start = index
    var text: [UInt8] = []
    var isDynamic = false
    var quote: UInt8?
    loop: while index < end {
      let byte = source[index]
      if quote != UInt8(ascii: "'"), let next = continuation(at: index) {
        // A word may go on behind the line's end, though nobody writes packages like that.
        if quote == nil, next < end, " \t".utf8.contains(source[next]) { break }
        index = next
        continue
      }
      if let open = quote {
        if byte == open {
          quote = nil
        } else if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "\""), index + 1 < end {
          index += 1
          text.append(source[index])
        } else {
          if open == UInt8(ascii: "\""), byte == UInt8(ascii: "$") || byte == UInt8(ascii: "`") { isDynamic = true }
          text.append(byte)
        }
        index += 1
        continue
      }
      switch byte {
      case 0x20, 0x09, 0x0D, UInt8(ascii: "\n"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"),
        UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"):
        break loop
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
      case UInt8(ascii: "\\") where index + 1 < end:
        index += 1
        text.append(source[index])
      case UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "{"):
        isDynamic = true
        text.append(byte)
      default: text.append(byte)
      }
      index += 1
    }
    let word = Word(text: String(decoding: text, as: UTF8.self), isDynamic: isDynamic, range: start..<index)
    commands[commands.count - 1].append(word)
  }
}
