/// Identifies a version of a Maven artifact and orders it by the POM reference, "Version Order Specification".
///
/// Every text is a version. Equality is that of the order: `1`, `1.0` and `1-ga` are one version.
public struct MavenVersion: Sendable, CustomStringConvertible {
  /// The version as written.
  public let description: String
  private let tokens: [Token]

  /// Splits a text at dots, hyphens and between digits and letters.
  public init(_ text: String) {
    description = text
    tokens = Self.trimmed(Self.split(text))
  }

  /// Whether it names a build in progress, whose bytes change.
  public var isSnapshot: Bool { description.lowercased().hasSuffix("snapshot") }

  /// A part with the separator before it.
  private struct Token: Sendable, Hashable {
    enum Separator: Sendable, Hashable { case dot, hyphen }
    enum Value: Sendable, Hashable {
      /// Decimal digits without leading zeros; empty for zero.
      case number(String)
      case qualifier(String)
    }

    let separator: Separator
    let value: Value

    /// What a shorter version is thought to have in this place: zero beside `.number`, else the empty qualifier.
    ///
    /// The reference would pad `1` to `1.0` beside `1.sp1` too and find it newer, which no tool does.
    var padding: Token {
      if case .number = value, separator == .dot { return Token(separator: .dot, value: .number("")) }
      return Token(separator: separator, value: .qualifier(""))
    }

    var isNull: Bool { value == .number("") || value == .qualifier("") }

    func compare(_ other: Token) -> Int {
      if rank != other.rank { return rank - other.rank }
      switch (value, other.value) {
      case (.number(let mine), .number(let theirs)): return mine.compareAsNumber(theirs)
      case (.qualifier(let mine), .qualifier(let theirs)): return Self.compare(mine, theirs)
      case (.number, .qualifier), (.qualifier, .number): return 0
      }
    }

    /// `.qualifier` comes before `-qualifier`, then `-number`, then `.number`.
    private var rank: Int {
      switch (value, separator) {
      case (.qualifier, .dot): 0
      case (.qualifier, .hyphen): 1
      case (.number, .hyphen): 2
      case (.number, .dot): 3
      }
    }

    private static let known = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"]

    /// Known qualifiers come first in their own order, others follow by the alphabet.
    private static func compare(_ one: String, _ other: String) -> Int {
      switch (known.firstIndex(of: one), known.firstIndex(of: other)) {
      case (let mine?, let theirs?): mine - theirs
      case (_?, nil): -1
      case (nil, _?): 1
      case (nil, nil): one.compareBytes(other)
      }
    }
  }

  private static func split(_ text: String) -> [Token] {
    var tokens: [Token] = []
    var scanner = UTF8Scanner(text.lowercased())
    var separator = Token.Separator.dot
    func isPunctuation(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") }
    while true {
      if scanner.current.isASCIIDigit {
        tokens.append(Token(separator: separator, value: .number(digits(scanner.takeWhile(\.isASCIIDigit)))))
      } else {
        let word = scanner.takeWhile { !$0.isASCIIDigit && !isPunctuation($0) }
        let value = word.isEmpty ? .number("") : qualifier(word, beforeDigit: scanner.current.isASCIIDigit)
        tokens.append(Token(separator: separator, value: value))
      }
      if scanner.isAtEnd { return tokens }
      // Going from digits to letters or back counts as a hyphen.
      separator = .hyphen
      if isPunctuation(scanner.current) {
        separator = scanner.current == UInt8(ascii: ".") ? .dot : .hyphen
        scanner.position += 1
      }
    }
  }

  private static func digits(_ text: String) -> String { String(text.drop { $0 == "0" }) }

  private static func qualifier(_ word: String, beforeDigit: Bool) -> Token.Value {
    switch word {
    case "a" where beforeDigit: .qualifier("alpha")
    case "b" where beforeDigit: .qualifier("beta")
    case "m" where beforeDigit: .qualifier("milestone")
    case "cr": .qualifier("rc")
    case "ga", "final", "release": .qualifier("")
    default: .qualifier(word)
    }
  }

  /// Drops what means nothing at the end, and again before each hyphen.
  private static func trimmed(_ tokens: [Token]) -> [Token] {
    var tokens = tokens
    var end = tokens.count
    while end > 1 {
      while end > 1, tokens[end - 1].isNull {
        tokens.remove(at: end - 1)
        end -= 1
      }
      end -= 1
      while end > 0, tokens[end].separator != .hyphen { end -= 1 }
    }
    return tokens
  }
}

extension MavenVersion: Hashable, Comparable {
  /// Whether the two are the same version, however they are spelled.
  public static func == (left: MavenVersion, right: MavenVersion) -> Bool { left.compare(right) == 0 }

  /// Whether `left` is older than `right`.
  public static func < (left: MavenVersion, right: MavenVersion) -> Bool { left.compare(right) < 0 }

  /// Hashes the first part, which equal versions have in common.
  public func hash(into hasher: inout Hasher) { hasher.combine(tokens.first) }

  private func compare(_ other: MavenVersion) -> Int {
    for index in 0..<max(tokens.count, other.tokens.count) {
      let mine = index < tokens.count ? tokens[index] : other.tokens[index].padding
      let theirs = index < other.tokens.count ? other.tokens[index] : tokens[index].padding
      let order = mine.compare(theirs)
      if order != 0 { return order }
    }
    return 0
  }
}
