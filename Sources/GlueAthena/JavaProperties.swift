/// A properties file as Java reads it (`java.util.Properties.load`): the form of `spark-defaults.conf`.
struct JavaProperties: Equatable, Sendable {
  /// The values by their keys; of two lines with one key the last counts.
  private(set) var values: [String: String] = [:]

  /// Reads a file's text; nothing in it can be wrong, odd lines are keys without a value.
  init(parsing text: String) {
    var pending = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let stripped = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{c}" }
      if pending.isEmpty && (stripped.isEmpty || stripped.hasPrefix("#") || stripped.hasPrefix("!")) { continue }
      pending += stripped.hasSuffix("\r") ? stripped.dropLast() : stripped
      let slashes = pending.reversed().prefix { $0 == "\\" }.count
      if slashes % 2 == 1 {
        pending.removeLast()
      } else {
        add(logicalLine: pending)
        pending = ""
      }
    }
    if !pending.isEmpty { add(logicalLine: pending) }
  }

  subscript(_ key: String) -> String? { values[key] }

  private mutating func add(logicalLine line: String) {
    var key = ""
    var rest = Substring(line)
    while let character = rest.first, !"=: \t".contains(character) { key += Self.unescape(&rest) }
    rest = rest.drop { $0 == " " || $0 == "\t" }
    if let first = rest.first, first == "=" || first == ":" { rest = rest.dropFirst() }
    rest = rest.drop { $0 == " " || $0 == "\t" }
    var value = ""
    while !rest.isEmpty { value += Self.unescape(&rest) }
    // Spark trims what Java leaves at the end.
    while value.last == " " || value.last == "\t" { value.removeLast() }
    if !key.isEmpty { values[key] = value }
  }

  private static func unescape(_ rest: inout Substring) -> String {
    let character = rest.removeFirst()
    guard character == "\\", let escaped = rest.popFirst() else { return String(character) }
    switch escaped {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "f": return "\u{c}"
    case "u":
      let digits = rest.prefix(4)
      guard digits.count == 4, let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
        return "u"
      }
      rest = rest.dropFirst(4)
      return String(Character(scalar))
    default: return String(escaped)
    }
  }

  /// One line that gives a key its value, for whatever text the two are.
  static func line(_ key: String, _ value: String) -> String {
    func escape(_ text: String, isKey: Bool) -> String {
      var output = ""
      for (index, scalar) in text.unicodeScalars.enumerated() {
        switch scalar {
        case "\\": output += #"\\"#
        case "\n": output += #"\n"#
        case "\r": output += #"\r"#
        case "\t": output += #"\t"#
        case " " where isKey || index == 0: output += #"\ "#
        case "=", ":", "#", "!": output += isKey ? "\\\(scalar)" : String(scalar)
        default: output.unicodeScalars.append(scalar)
        }
      }
      return output
    }
    return "\(escape(key, isKey: true)) = \(escape(value, isKey: false))\n"
  }
}
