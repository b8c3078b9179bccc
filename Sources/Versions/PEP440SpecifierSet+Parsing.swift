extension PEP440SpecifierSet {
  /// Says how much of what old packages carry is accepted.
  public enum Dialect: Sendable, Hashable {
    /// PEP 440 to the letter.
    case strict
    /// Also what installers have always let pass in published metadata: `>=3.6.*`, a comma too many, a comma too few.
    case lenient
  }

  /// Reads clauses separated by commas; empty text accepts every version.
  public init(parsing text: some StringProtocol, dialect: Dialect = .strict) throws(VersionNotationError) {
    var scanner = UTF8Scanner(text)
    scanner.skipWhitespace()
    if scanner.isAtEnd {
      self = .any
      return
    }
    self = try Self(scanning: &scanner, dialect: dialect)
    guard scanner.isAtEnd else { throw scanner.error("version specifier", expected: "',' or the end") }
  }

  /// Reads clauses at the cursor and leaves the cursor at the first byte that can't belong to one.
  init(scanning scanner: inout UTF8Scanner, dialect: Dialect) throws(VersionNotationError) {
    var clauses: [PEP440Specifier] = []
    scanner.skipWhitespace()
    while true {
      if dialect == .lenient {
        while scanner.take(UInt8(ascii: ",")) { scanner.skipWhitespace() }
        if !Self.startsClause(scanner.current) { break }
      }
      clauses.append(try PEP440Specifier(scanning: &scanner, dialect: dialect))
      scanner.skipWhitespace()
      if scanner.take(UInt8(ascii: ",")) {
        scanner.skipWhitespace()
      } else if dialect == .strict || !Self.startsClause(scanner.current) {
        break
      }
    }
    self.init(clauses: clauses)
  }

  /// Whether a clause can begin with `byte`.
  static func startsClause(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "=") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "<")
      || byte == UInt8(ascii: ">")
  }
}

extension PEP440Specifier {
  /// Reads one clause at the cursor.
  init(scanning scanner: inout UTF8Scanner, dialect: PEP440SpecifierSet.Dialect) throws(VersionNotationError) {
    let comparison = try Self.scanOperator(&scanner)
    scanner.skipWhitespace()
    if comparison == .arbitraryEqual {
      let text = scanner.takeWhile {
        !$0.isASCIIWhitespace && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ")")
      }
      guard !text.isEmpty else { throw scanner.error("version specifier", expected: "text after '==='") }
      self.init(comparison: comparison, version: try? PEP440Version(parsing: text), isPrefix: false, text: text)
      return
    }
    let start = scanner.position
    let acceptsLocal = comparison == .equal || comparison == .notEqual
    let version = try PEP440Version(scanning: &scanner, allowsLocal: acceptsLocal || dialect == .lenient)
    let text = scanner.text(start..<scanner.position)
    var isPrefix = false
    if scanner.current == UInt8(ascii: "."), scanner.peek(1) == UInt8(ascii: "*") {
      let acceptsPrefix =
        acceptsLocal && version.preRelease == nil && version.postRelease == nil && version.developmentRelease == nil
        && version.local.isEmpty
      guard acceptsPrefix || dialect == .lenient else {
        throw scanner.error(
          "version specifier", expected: "no '.*' here: only '==' and '!=' take a prefix of the release")
      }
      isPrefix = acceptsPrefix
      scanner.position += 2
    }
    if comparison == .compatible, version.release.count < 2 {
      guard dialect == .lenient else {
        throw scanner.error("version specifier", expected: "at least two numbers, such as '~=1.2'")
      }
      // Published metadata has `~=2`; what its author meant is what `>=2` says.
      self.init(comparison: .greaterOrEqual, version: version, isPrefix: false, text: text)
      return
    }
    self.init(comparison: comparison, version: version, isPrefix: isPrefix, text: text)
  }

  static func scanOperator(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> Operator {
    if scanner.take("===") { return .arbitraryEqual }
    if scanner.take("==") { return .equal }
    if scanner.take("!=") { return .notEqual }
    if scanner.take("~=") { return .compatible }
    if scanner.take("<=") { return .lessOrEqual }
    if scanner.take(">=") { return .greaterOrEqual }
    if scanner.take("<") { return .less }
    if scanner.take(">") { return .greater }
    throw scanner.error("version specifier", expected: "one of == != ~= < <= > >= ===")
  }
}
