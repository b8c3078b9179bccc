/// A here-document of `RUN`, `COPY` or `ADD`.
public struct Heredoc: Sendable, Hashable {
  /// The word that ends it, unquoted.
  public let name: String
  /// The number before `<<`, zero if there is none.
  public let descriptor: UInt
  /// Whether variables are expanded in it: no part of the word was quoted.
  public let expands: Bool
  /// Whether it was written `<<-`: tabs at the beginning of lines do not count.
  public let strips: Bool
  /// The lines between the word and its end, with their tabs.
  public internal(set) var content = ""

  /// The content, without leading tabs if `<<-` asked for that.
  public var text: String {
    guard strips else { return content }
    var text: [UInt8] = []
    var atStart = true
    for byte in content.utf8 {
      if atStart, byte == UInt8(ascii: "\t") { continue }
      atStart = byte == UInt8(ascii: "\n")
      text.append(byte)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads a word such as `<<EOF`, `3<<-"EOF"` or `<< EOF`; nil if the word begins no here-document.
  public init?(parsing word: String) throws(WordError) {
    let bytes = Array(word.utf8)
    var index = 0
    while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
    let number = UInt(String(decoding: bytes[..<index], as: UTF8.self))
    let arrow = UInt8(ascii: "<")
    guard index + 1 < bytes.count, bytes[index] == arrow, bytes[index + 1] == arrow else { return nil }
    index += 2
    let strips = index < bytes.count && bytes[index] == UInt8(ascii: "-")
    if strips { index += 1 }
    while index < bytes.count, LineScan.separates(bytes[index]) || bytes[index] == UInt8(ascii: "\n") { index += 1 }
    let rest = String(decoding: bytes[index...], as: UTF8.self)
    guard !rest.isEmpty, !rest.utf8.contains(arrow) else { return nil }
    // The word is quoted if its lexing with and without quotes differs in them.
    let plain = try WordExpander(options: .keepsUnset).expand(rest).words
    guard plain.count == 1 else { return nil }
    let raw = try WordExpander(options: [.keepsUnset, .keepsQuotes]).expand(rest).words
    guard raw.count == 1 else { return nil }
    func quotes(_ text: String) -> Int { text.utf8.count { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") } }
    self.init(
      name: plain[0], descriptor: number ?? 0, expands: quotes(plain[0]) == quotes(raw[0]), strips: strips)
  }

  init(name: String, descriptor: UInt, expands: Bool, strips: Bool) {
    self.name = name
    self.descriptor = descriptor
    self.expands = expands
    self.strips = strips
  }

  /// The here-documents that a joined line begins.
  static func all(in line: String) throws(WordError) -> [Heredoc] {
    let options: WordExpander.Options = [.keepsUnset, .keepsQuotes, .keepsEscapes]
    // A line that can't be lexed has no here-documents: whoever runs it finds the fault.
    guard let words = try? WordExpander(options: options).expand(line).words else { return [] }
    var found: [Heredoc] = []
    for word in words {
      if let heredoc = try Heredoc(parsing: word) { found.append(heredoc) }
    }
    return found
  }
}

extension Heredoc {
  /// The same document with another text, whose tabs are gone already.
  public func with(content: String) -> Heredoc {
    var copy = Heredoc(name: name, descriptor: descriptor, expands: expands, strips: false)
    copy.content = content
    return copy
  }
}
