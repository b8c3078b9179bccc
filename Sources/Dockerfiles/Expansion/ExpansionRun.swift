/// One pass over one word: a recursive descent, since a modifier's word may hold variables again.
struct ExpansionRun {
  /// How deep `${…${…}…}` may nest.
  private static let depthLimit = 200

  private let expander: WordExpander
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0
  private var result = WordExpander.Expansion()

  init(_ expander: WordExpander, _ word: String) {
    self.expander = expander
    scalars = Array(word.unicodeScalars)
  }

  private var options: WordExpander.Options { expander.options }
  private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func take() -> Unicode.Scalar? {
    guard let scalar = next else { return nil }
    index += 1
    return scalar
  }

  mutating func expand() throws(WordError) -> WordExpander.Expansion {
    (result.text, result.words) = try text(until: nil, keepsEscapes: options.contains(.keepsEscapes))
    return result
  }

  /// Reads up to `end`, which is consumed, or to the end of the word.
  private mutating func text(
    until end: Unicode.Scalar?, keepsEscapes: Bool
  ) throws(WordError) -> (String, [String]) {
    var text = String.UnicodeScalarView()
    var words = SplitWords()
    while let scalar = next {
      if scalar == end {
        index += 1
        return (String(text), words.all)
      }
      switch scalar {
      case "$":
        let value = try variable()
        text.append(contentsOf: value.unicodeScalars)
        words.add(value)
      case "'" where !options.contains(.ignoresQuotes), "\"" where !options.contains(.ignoresQuotes):
        let quoted = scalar == "'" ? try singleQuoted() : try doubleQuoted(keepsEscapes: keepsEscapes)
        text.append(contentsOf: quoted.unicodeScalars)
        words.addQuoted(quoted)
      case "<":
        // A here-document's word may stand apart from its arrow.
        let arrow = arrow()
        text.append(contentsOf: arrow.unicodeScalars)
        words.addQuoted(arrow)
      default:
        index += 1
        guard scalar == expander.escape else {
          words.add(scalar)
          text.append(scalar)
          continue
        }
        if keepsEscapes {
          words.addQuoted(scalar)
          text.append(scalar)
        }
        guard let escaped = take() else { break }
        words.addQuoted(escaped)
        text.append(escaped)
      }
    }
    if let end { throw .unterminated(String(end)) }
    return (String(text), words.all)
  }

  private mutating func arrow() -> String {
    index += 1
    guard next == "<" else { return "<" }
    index += 1
    var arrow = String.UnicodeScalarView("<<".unicodeScalars)
    while let scalar = next, scalar.properties.isWhitespace {
      arrow.append(scalar)
      index += 1
    }
    return String(arrow)
  }

  /// What stands between single quotes is taken as it is.
  private mutating func singleQuoted() throws(WordError) -> String {
    let start = index + 1
    guard let end = scalars[start...].firstIndex(of: "'") else { throw .unterminated("single-quote") }
    index = end + 1
    var text = String.UnicodeScalarView()
    text.append(contentsOf: options.contains(.keepsQuotes) ? scalars[start - 1...end] : scalars[start..<end])
    return String(text)
  }

  /// Between double quotes variables are expanded, and only `"`, `$` and the escape character itself can be escaped.
  private mutating func doubleQuoted(keepsEscapes: Bool) throws(WordError) -> String {
    var text = String.UnicodeScalarView()
    let keepsQuotes = options.contains(.keepsQuotes)
    index += 1
    if keepsQuotes { text.append("\"") }
    while let scalar = next {
      switch scalar {
      case "\"":
        index += 1
        if keepsQuotes { text.append("\"") }
        return String(text)
      case "$": text.append(contentsOf: try variable().unicodeScalars)
      case expander.escape:
        index += 1
        if keepsEscapes { text.append(scalar) }
        guard let escaped = next else { break }
        guard escaped == "\"" || escaped == "$" || escaped == expander.escape else {
          text.append(scalar)
          continue
        }
        index += 1
        text.append(escaped)
      default:
        index += 1
        text.append(scalar)
      }
    }
    throw .unterminated("double-quote")
  }

  // MARK: Variables

  private mutating func variable() throws(WordError) -> String {
    index += 1
    guard next == "{" else {
      let name = name()
      if name.isEmpty { return "$" }
      let value = value(of: name)
      return value ?? (options.contains(.keepsUnset) ? "$" + name : "")
    }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw .tooDeep(limit: Self.depthLimit) }
    index += 1
    guard let first = next else { throw .unterminated("}") }
    guard first != "{", first != "}", first != ":" else { throw .badSubstitution }
    let name = name()
    guard let modifier = take() else { throw .unsupportedModifier("") }
    switch modifier {
    case "}":
      let value = value(of: name)
      return value ?? (options.contains(.keepsUnset) ? "${\(name)}" : "")
    case "/": return try replacing(name)
    case ":":
      guard let second = take() else { throw .unsupportedModifier(":") }
      return try modified(name, by: second, nullIsUnset: true)
    default: return try modified(name, by: modifier, nullIsUnset: false)
    }
  }

  private mutating func modified(
    _ name: String, by modifier: Unicode.Scalar, nullIsUnset: Bool
  ) throws(WordError) -> String {
    let written = (nullIsUnset ? ":" : "") + String(modifier)
    guard "+-?#%".unicodeScalars.contains(modifier) else { throw .unsupportedModifier(written) }
    var (word, _) = try text(until: "}", keepsEscapes: modifier == "#" || modifier == "%")
    let value = value(of: name)
    if value == nil, options.contains(.keepsUnset) { return "${\(name)\(written)\(word)}" }
    let isMissing = value == nil || (nullIsUnset && value == "")
    switch modifier {
    case "-": return isMissing ? word : value ?? ""
    case "+": return isMissing ? "" : word
    case "?":
      guard isMissing else { return value ?? "" }
      let reason = value == nil ? "is not allowed to be unset" : "is not allowed to be empty"
      throw .required(name: name, message: word.isEmpty ? reason : word)
    default:
      let longest = word.unicodeScalars.first == modifier
      if longest { word.unicodeScalars.removeFirst() }
      let pattern = try WordPattern(parsing: word)
      return modifier == "#"
        ? pattern.removingPrefix(from: value ?? "", longest: longest)
        : pattern.removingSuffix(from: value ?? "", longest: longest)
    }
  }

  private mutating func replacing(_ name: String) throws(WordError) -> String {
    let all = next == "/"
    if all { index += 1 }
    let (pattern, _) = try text(until: "/", keepsEscapes: true)
    let (replacement, _) = try text(until: "}", keepsEscapes: true)
    guard let value = value(of: name) else {
      return options.contains(.keepsUnset) ? "${\(name)\(all ? "//" : "/")\(pattern)/\(replacement)}" : ""
    }
    return try WordPattern(parsing: pattern).replacing(in: value, with: replacement, all: all)
  }

  /// A name of letters, digits and `_`, a number, or one of the shell's special parameters.
  private mutating func name() -> String {
    guard let first = next else { return "" }
    var name = String.UnicodeScalarView()
    if "@*#?-$!".unicodeScalars.contains(first) {
      index += 1
      return String(first)
    }
    let isNumber = Self.isDigit(first)
    while let scalar = next,
      isNumber ? Self.isDigit(scalar) : Self.isLetter(scalar) || Self.isDigit(scalar) || scalar == "_"
    {
      name.append(scalar)
      index += 1
    }
    return String(name)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .decimalNumber }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private mutating func value(of name: String) -> String? {
    let value = expander.value(of: name)
    if value != nil { result.used.insert(name) } else { result.unset.insert(name) }
    return value
  }
}
