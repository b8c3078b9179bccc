/// The names and values of apt's own configuration files (apt.conf(5)), flattened: `acquire::http::proxy` and its value.
struct AptSettings: Sendable {
  private(set) var values: [String: String] = [:]

  /// Adds a file's settings; what it sets again replaces what stood there.
  mutating func add(_ text: [UInt8]) {
    var scope: [String] = []
    var pending: [String] = []
    for token in Self.tokens(text) {
      switch token {
      case .open:
        scope.append(pending.first ?? "")
        pending = []
      case .close:
        _ = scope.popLast()
        pending = []
      case .end:
        if let name = pending.first, pending.count == 2 {
          let path = (scope + [name]).joined(separator: "::").lowercased()
          values[path] = pending[1]
        }
        pending = []
      case .word(let word): pending.append(word)
      }
    }
  }

  subscript(_ name: String) -> String? { values[name.lowercased()] }

  /// Whether a switch is off; apt's words for that are several.
  func isOff(_ name: String) -> Bool {
    ["false", "no", "0", "off", "without", "disable"].contains(self[name]?.lowercased() ?? "")
  }

  private enum Token { case open, close, end, word(String) }

  private static func tokens(_ text: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var word: [UInt8] = []
    var index = 0
    func flush() {
      if !word.isEmpty { tokens.append(.word(String(decoding: word, as: UTF8.self))) }
      word = []
    }
    func skip(past ending: String) {
      let wanted = Array(ending.utf8)
      while index < text.count, !text[index...].starts(with: wanted) { index += 1 }
      index += wanted.count
    }
    while index < text.count {
      let byte = text[index]
      if text[index...].starts(with: "//".utf8) || byte == UInt8(ascii: "#") {
        flush()
        skip(past: "\n")
        continue
      }
      if text[index...].starts(with: "/*".utf8) {
        flush()
        skip(past: "*/")
        continue
      }
      index += 1
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"):
        flush()
        tokens.append(byte == UInt8(ascii: "{") ? .open : byte == UInt8(ascii: "}") ? .close : .end)
      case UInt8(ascii: "\""):
        flush()
        let start = index
        while index < text.count, text[index] != UInt8(ascii: "\"") { index += 1 }
        tokens.append(.word(String(decoding: text[start..<min(index, text.count)], as: UTF8.self)))
        index += 1
      case 0x20, 0x09, 0x0A, 0x0D: flush()
      default: word.append(byte)
      }
    }
    return tokens
  }
}
