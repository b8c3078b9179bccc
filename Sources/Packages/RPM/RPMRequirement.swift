import Versions

/// What a package asks for: a relation, or several joined (rpm's "Boolean Dependencies").
public indirect enum RPMRequirement: Sendable, Hashable {
  /// Something that provides it must be there.
  case relation(RPMRelation)
  /// All must hold.
  case and([RPMRequirement])
  /// One must hold.
  case or([RPMRequirement])
  /// One package must satisfy all of them.
  case with([RPMRequirement])
  /// A package must satisfy the first and not the second.
  case without(RPMRequirement, RPMRequirement)
  /// The first must hold if the second does, else the third.
  case conditional(RPMRequirement, if: RPMRequirement, else: RPMRequirement?)
  /// The first must hold unless the second does; then the third.
  case unless(RPMRequirement, RPMRequirement, else: RPMRequirement?)

  /// How deep parentheses may lie in each other.
  private static let depthLimit = 16

  /// Reads a relation, or a joined one, which is in parentheses.
  public init(parsing text: String) throws(RPMError) {
    guard text.hasPrefix("(") else {
      self = .relation(try RPMRelation(parsing: text))
      return
    }
    var reader = Reader(text: text)
    self = try reader.group(depth: 0)
    guard reader.isAtEnd else { throw reader.refusal("expected its end") }
  }

  private struct Reader {
    let text: String
    private var words: ArraySlice<Substring>

    init(text: String) {
      self.text = text
      words = Self.words(text)[...]
    }

    var isAtEnd: Bool { words.isEmpty }

    func refusal(_ reason: String) -> RPMError { .malformed("the dependency '\(text)'", reason: reason) }

    /// Splits at blanks and at the parentheses that group; those inside of a name, as in `libc.so.6()(64bit)`, are its own.
    private static func words(_ text: String) -> [Substring] {
      var words: [Substring] = []
      for part in text.split(separator: " ") {
        var part = part
        while part.first == "(" { words.append(part.prefix(1)); part.removeFirst() }
        var closing: [Substring] = []
        while part.last == ")", part.count(where: { $0 == ")" }) > part.count(where: { $0 == "(" }) {
          closing.append(part.suffix(1))
          part.removeLast()
        }
        if !part.isEmpty { words.append(part) }
        words += closing
      }
      return words
    }

    mutating func group(depth: Int) throws(RPMError) -> RPMRequirement {
      guard words.popFirst() == "(", depth < depthLimit else {
        throw refusal("expected '(', at most \(depthLimit) deep")
      }
      var operands = [try operand(depth)]
      guard let word = words.first, word != ")" else {
        try close()
        return operands[0]
      }
      switch word {
      case "and", "or", "with":
        while words.first == word {
          words.removeFirst()
          operands.append(try operand(depth))
        }
        try close()
        return word == "and" ? .and(operands) : word == "or" ? .or(operands) : .with(operands)
      case "without":
        words.removeFirst()
        let other = try operand(depth)
        try close()
        return .without(operands[0], other)
      case "if", "unless":
        words.removeFirst()
        let condition = try operand(depth)
        var alternative: RPMRequirement?
        if words.first == "else" {
          words.removeFirst()
          alternative = try operand(depth)
        }
        try close()
        return word == "if"
          ? .conditional(operands[0], if: condition, else: alternative)
          : .unless(operands[0], condition, else: alternative)
      default: throw refusal("'\(word)' is no operator")
      }
    }

    private mutating func operand(_ depth: Int) throws(RPMError) -> RPMRequirement {
      if words.first == "(" { return try group(depth: depth + 1) }
      guard let name = words.popFirst(), name != ")" else { throw refusal("expected a name") }
      guard let sign = words.first, let comparison = RPMRelation.Comparison(sign: sign) else {
        return .relation(RPMRelation(name: String(name)))
      }
      words.removeFirst()
      guard let version = words.popFirst(), let parsed = try? RPMVersion(parsing: String(version)) else {
        throw refusal("expected a version after '\(sign)'")
      }
      return .relation(RPMRelation(name: String(name), comparison: comparison, version: parsed))
    }

    private mutating func close() throws(RPMError) {
      guard words.popFirst() == ")" else { throw refusal("expected ')'") }
    }
  }
}

extension RPMRequirement: CustomStringConvertible {
  /// The notation of spec files.
  public var description: String {
    func join(_ parts: [RPMRequirement], _ word: String) -> String {
      "(" + parts.map(\.description).joined(separator: " \(word) ") + ")"
    }
    func tail(_ other: RPMRequirement?) -> String { other.map { " else \($0))" } ?? ")" }
    return switch self {
    case .relation(let relation): relation.description
    case .and(let parts): join(parts, "and")
    case .or(let parts): join(parts, "or")
    case .with(let parts): join(parts, "with")
    case .without(let one, let other): "(\(one) without \(other))"
    case .conditional(let one, let condition, let other): "(\(one) if \(condition)" + tail(other)
    case .unless(let one, let condition, let other): "(\(one) unless \(condition)" + tail(other)
    }
  }
}
