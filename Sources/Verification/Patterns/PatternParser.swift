/// Reads RE2's syntax.
///
/// Whether a repetition is greedy decides which match is found but not whether there is one, so `*?` reads as `*`.
struct PatternParser {
  private static let deepestNesting = 200
  private static let largestCount = 1000

  /// What `(?ims)` sets.
  private struct Flags {
    var foldsCase = false
    var matchesLines = false
    var dotMatchesLineFeed = false
  }

  private let text: String
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0
  private var flags = Flags()

  init(_ text: String) {
    self.text = text
    scalars = Array(text.unicodeScalars)
  }

  mutating func parse() throws(PatternError) -> PatternNode {
    let node = try alternatives()
    guard index == scalars.count else { throw fault("has a ')' without its '('") }
    return node
  }

  // MARK: Structure

  private mutating func alternatives() throws(PatternError) -> PatternNode {
    var nodes = [try sequence()]
    while take("|") { nodes.append(try sequence()) }
    return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
  }

  private mutating func sequence() throws(PatternError) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = peek, scalar != "|", scalar != ")" {
      let start = index
      if take("\\Q") {
        while index < scalars.count, !take("\\E") { nodes.append(literal(next())) }
      } else {
        nodes.append(try atom())
      }
      // What is repeated after a quotation is its last scalar.
      if let last = nodes.popLast() { nodes.append(try repetitions(of: last, from: start)) }
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private mutating func repetitions(of atom: PatternNode, from start: Int) throws(PatternError) -> PatternNode {
    guard let (least, most) = try count() else { return atom }
    _ = take("?")
    if try count() != nil { throw fault("repeats a repetition", at: start) }
    return .repetition(atom, least: least, most: most)
  }

  /// Reads `*`, `+`, `?`, `{n}`, `{n,}` or `{n,m}`; a brace that is none of these stands for itself.
  private mutating func count() throws(PatternError) -> (least: Int, most: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = index
    guard take("{"), let least = number() else {
      index = start
      return nil
    }
    var most: Int? = least
    if take(",") { most = number() }
    guard take("}") else {
      index = start
      return nil
    }
    guard least <= Self.largestCount, most ?? 0 <= Self.largestCount, most.map({ $0 >= least }) ?? true else {
      throw fault("has a count out of range", at: start)
    }
    return (least, most)
  }

  private mutating func atom() throws(PatternError) -> PatternNode {
    let start = index
    let scalar = next()
    switch scalar {
    case "(": return try group()
    case "[": return try bracket(from: start)
    case ".": return .scalar(flags.dotMatchesLineFeed ? .any : .anyButLineFeed)
    case "^": return .condition(flags.matchesLines ? .lineStart : .textStart)
    case "$": return .condition(flags.matchesLines ? .lineEnd : .textEnd)
    case "*", "+", "?": throw fault("has nothing before '\(scalar)' to repeat", at: start)
    case "\\": return try escape(from: start)
    default: return literal(scalar)
    }
  }

  private mutating func group() throws(PatternError) -> PatternNode {
    let start = index - 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else { throw fault("is nested too deeply", at: start) }
    let outer = flags
    if take("?P<") || take("?<") {
      while let scalar = peek, scalar != ">" {
        guard ScalarSet.words.contains(scalar) else { throw fault("has a bad group name") }
        index += 1
      }
      guard take(">") else { throw fault("has a group name without an end", at: start) }
    } else if take("?") {
      // `(?i)` holds to the end of the group around it, `(?i:…)` within its own.
      if try setFlags(from: start) { return .empty }
    }
    let node = try alternatives()
    guard take(")") else { throw fault("has a '(' without its ')'", at: start) }
    flags = outer
    return node
  }

  /// Reads flags up to `)`, which is told by true, or `:`.
  private mutating func setFlags(from start: Int) throws(PatternError) -> Bool {
    var value = true
    while index < scalars.count {
      switch next() {
      case "i": flags.foldsCase = value
      case "m": flags.matchesLines = value
      case "s": flags.dotMatchesLineFeed = value
      case "U": continue
      case "-": value = false
      case ":": return false
      case ")": return true
      default: throw fault("has a group of an unknown kind", at: start)
      }
    }
    throw fault("has a '(' without its ')'", at: start)
  }

  // MARK: Scalars

  private func literal(_ scalar: Unicode.Scalar) -> PatternNode {
    var set = ScalarSet(scalar)
    // The mappings run one way only for some letters: ẞ becomes ß, but ß becomes SS.
    if flags.foldsCase { set.ranges += ScalarSet.otherCases(of: scalar).map { $0.value...$0.value } }
    return .scalar(folded(set))
  }

  private func folded(_ set: ScalarSet) -> ScalarSet {
    var set = set
    set.foldsCase = flags.foldsCase
    return set
  }

  private mutating func escape(from start: Int) throws(PatternError) -> PatternNode {
    guard let scalar = peek else { throw fault("ends in a single '\\'", at: start) }
    if let set = try classEscape() { return .scalar(folded(set)) }
    switch scalar {
    case "A":
      index += 1
      return .condition(.textStart)
    case "z":
      index += 1
      return .condition(.textEnd)
    case "b":
      index += 1
      return .condition(.wordBoundary)
    case "B":
      index += 1
      return .condition(.noWordBoundary)
    default: return literal(try scalarEscape(from: start))
    }
  }

  /// Reads what follows a backslash, if it names a class.
  private mutating func classEscape() throws(PatternError) -> ScalarSet? {
    let start = index - 1
    guard let scalar = peek else { return nil }
    let classes: [Unicode.Scalar: ScalarSet] = [
      "d": .digits, "D": .digits.negated, "s": .spaces, "S": .spaces.negated, "w": .words, "W": .words.negated,
    ]
    if let set = classes[scalar] {
      index += 1
      return set
    }
    guard scalar == "p" || scalar == "P" else { return nil }
    index += 1
    var name = ""
    var isNegated = scalar == "P"
    if take("{") {
      if take("^") { isNegated.toggle() }
      while peek != nil, peek != "}" { name.unicodeScalars.append(next()) }
      guard take("}") else { throw fault("has a '{' without its '}'", at: start) }
    } else if peek != nil {
      name.unicodeScalars.append(next())
    }
    guard Unicode.GeneralCategory.names.contains(name) else {
      throw fault("names '\(name)', which is no general category of Unicode", at: start)
    }
    var set = ScalarSet()
    set.categories = [ScalarSet.Category(name: name, isNegated: isNegated)]
    return set
  }

  /// Reads what follows a backslash as one scalar.
  private mutating func scalarEscape(from start: Int) throws(PatternError) -> Unicode.Scalar {
    guard index < scalars.count else { throw fault("ends in a single '\\'", at: start) }
    let scalar = next()
    switch scalar {
    case "a": return "\u{7}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{B}"
    case "0"..."7":
      var digits = String(scalar)
      while digits.count < 3, let digit = peek, ("0"..."7").contains(digit) { digits.unicodeScalars.append(next()) }
      // As in RE2, a single digit other than 0 would be a reference back.
      guard scalar == "0" || digits.count > 1, let value = UInt32(digits, radix: 8), let scalar = Unicode.Scalar(value)
      else { throw fault("refers back to a group", at: start) }
      return scalar
    case "x":
      var digits = ""
      if take("{") {
        while peek != nil, peek != "}", digits.count < 8 { digits.unicodeScalars.append(next()) }
        guard take("}") else { throw fault("has a '{' without its '}'", at: start) }
      } else {
        while digits.count < 2, peek != nil { digits.unicodeScalars.append(next()) }
      }
      guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
        throw fault("has a bad hexadecimal number", at: start)
      }
      return scalar
    default:
      let isWord = ScalarSet.words.contains(scalar) && scalar != "_"
      guard scalar.isASCII, !isWord else { throw fault("has the unknown escape '\\\(scalar)'", at: start) }
      return scalar
    }
  }

  private mutating func bracket(from start: Int) throws(PatternError) -> PatternNode {
    var set = ScalarSet()
    let isNegated = take("^")
    var isFirst = true
    while isFirst || peek != "]" {
      isFirst = false
      guard peek != nil else { throw fault("has a '[' without its ']'", at: start) }
      if let named = try namedClass() {
        set.form(union: named)
        continue
      }
      if peek == "\\" {
        index += 1
        if let escaped = try classEscape() {
          set.form(union: escaped)
          continue
        }
        index -= 1
      }
      let low = try bracketScalar()
      var high = low
      if peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" {
        index += 1
        high = try bracketScalar()
      }
      guard low <= high else { throw fault("has a range that runs backwards", at: start) }
      set.ranges.append(low.value...high.value)
    }
    index += 1
    set.isNegated = isNegated
    return .scalar(folded(set))
  }

  private mutating func bracketScalar() throws(PatternError) -> Unicode.Scalar {
    let start = index
    guard index < scalars.count else { throw fault("has a '[' without its ']'") }
    return take("\\") ? try scalarEscape(from: start) : next()
  }

  /// Reads `[:name:]` or `[:^name:]` within a bracket.
  private mutating func namedClass() throws(PatternError) -> ScalarSet? {
    let start = index
    guard take("[:") else { return nil }
    let isNegated = take("^")
    var name = ""
    while peek != nil, peek != ":" { name.unicodeScalars.append(next()) }
    guard take(":]") else {
      index = start
      return nil
    }
    guard let set = ScalarSet.named[name] else { throw fault("names the unknown class '[:\(name):]'", at: start) }
    return isNegated ? set.negated : set
  }

  // MARK: Reading

  private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func next() -> Unicode.Scalar {
    defer { index += 1 }
    return scalars[index]
  }

  private mutating func take(_ words: String) -> Bool {
    let expected = words.unicodeScalars
    guard scalars[index...].starts(with: expected) else { return false }
    index += expected.count
    return true
  }

  private mutating func number() -> Int? {
    let start = index
    while let scalar = peek, ("0"..."9").contains(scalar), index - start < 6 { index += 1 }
    guard index > start else { return nil }
    var digits = ""
    digits.unicodeScalars.append(contentsOf: scalars[start..<index])
    return Int(digits)
  }

  private func fault(_ reason: String, at offset: Int? = nil) -> PatternError {
    PatternError(text, at: offset ?? index, reason)
  }
}
