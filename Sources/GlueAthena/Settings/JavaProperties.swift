/// A properties file as Java reads it (`java.util.Properties.load`): the form of `spark-defaults.conf`.
struct JavaProperties: Equatable, Sendable {
  /// The values by their keys; of two lines with one key the last counts.
  private(set) var values: [String: String] = [:]

  /// Reads a file's text; nothing in it can be wrong, odd lines are keys without a value.
  init(parsing text: String) {
    // By scalars: to Swift a carriage return and a line feed are one character.
    var pending: [Unicode.Scalar] = []
    for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
      let stripped = line.drop { Self.isBlank($0) }
      let first = stripped.first ?? "#"
      if pending.isEmpty, first == "#" || first == "!" || first == "\r" { continue }
      pending += stripped.last == "\r" ? stripped.dropLast() : stripped
      if pending.reversed().prefix(while: { $0 == "\\" }).count % 2 == 1 {
        pending.removeLast()
      } else {
        add(pending[...])
        pending = []
      }
    }
    add(pending[...])
  }

  subscript(_ key: String) -> String? { values[key] }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\u{c}" }

  /// Adds the key and value of one logical line.
  private mutating func add(_ line: ArraySlice<Unicode.Scalar>) {
    var rest = line
    var key = String.UnicodeScalarView()
    while let scalar = rest.first, scalar != "=", scalar != ":", !Self.isBlank(scalar) {
      key.append(Self.unescape(&rest))
    }
    rest = rest.drop(while: Self.isBlank)
    if rest.first == "=" || rest.first == ":" { rest = rest.dropFirst().drop(while: Self.isBlank) }
    var value = String.UnicodeScalarView()
    while !rest.isEmpty { value.append(Self.unescape(&rest)) }
    // Spark trims what Java leaves at the end.
    while let last = value.last, Self.isBlank(last) { value.removeLast() }
    if !key.isEmpty { values[String(key)] = String(value) }
  }

  private static func unescape(_ rest: inout ArraySlice<Unicode.Scalar>) -> Unicode.Scalar {
    let scalar = rest.removeFirst()
    guard scalar == "\\", let escaped = rest.popFirst() else { return scalar }
    switch escaped {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "f": return "\u{c}"
    case "u":
      let digits = rest.prefix(4).compactMap { Character($0).hexDigitValue }
      guard digits.count == 4, let decoded = Unicode.Scalar(digits.reduce(UInt32(0)) { $0 << 4 | UInt32($1) }) else {
        return "u"
      }
      rest = rest.dropFirst(4)
      return decoded
    default: return escaped
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
