// The grammar of PEP 508, "Grammar", from `marker_or` downwards.

extension Marker {
  /// How deep parentheses may nest: published markers need three levels, hostile ones would exhaust the stack.
  private static let depthLimit = 64

  /// Reads a marker such as `python_version < "3.11" and extra == "test"`.
  public init(parsing text: some StringProtocol) throws(VersionNotationError) {
    var scanner = UTF8Scanner(text)
    self = try Self(scanning: &scanner)
    guard scanner.isAtEnd else { throw scanner.error("marker", expected: "'and', 'or' or the end") }
  }

  /// Reads a marker at the cursor and the white space after it.
  init(scanning scanner: inout UTF8Scanner) throws(VersionNotationError) {
    self = try Self.scanAny(&scanner, depth: 0)
  }

  private static func scanAny(_ scanner: inout UTF8Scanner, depth: Int) throws(VersionNotationError) -> Marker {
    var parts = [try scanAll(&scanner, depth: depth)]
    while takeWord("or", &scanner) { parts.append(try scanAll(&scanner, depth: depth)) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private static func scanAll(_ scanner: inout UTF8Scanner, depth: Int) throws(VersionNotationError) -> Marker {
    var parts = [try scanExpression(&scanner, depth: depth)]
    while takeWord("and", &scanner) { parts.append(try scanExpression(&scanner, depth: depth)) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private static func scanExpression(_ scanner: inout UTF8Scanner, depth: Int) throws(VersionNotationError) -> Marker {
    scanner.skipWhitespace()
    if scanner.take(UInt8(ascii: "(")) {
      guard depth < depthLimit else {
        throw scanner.error("marker", expected: "at most \(depthLimit) nested parentheses")
      }
      let inner = try scanAny(&scanner, depth: depth + 1)
      guard scanner.take(UInt8(ascii: ")")) else { throw scanner.error("marker", expected: "')', 'and' or 'or'") }
      scanner.skipWhitespace()
      return inner
    }
    let left = try scanOperand(&scanner)
    let comparison = try scanComparison(&scanner)
    let right = try scanOperand(&scanner)
    return .comparison(left, comparison, right)
  }

  private static func scanOperand(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> Operand {
    scanner.skipWhitespace()
    defer { scanner.skipWhitespace() }
    let quote = scanner.current
    if quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
      scanner.position += 1
      let value = scanner.takeWhile { $0 != quote }
      guard scanner.take(quote) else { throw scanner.error("marker", expected: "the closing quote") }
      return .literal(value)
    }
    let start = scanner.position
    let word = scanner.takeWhile { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
    guard let variable = Variable(rawValue: word) ?? legacyVariables[word] else {
      scanner.position = start
      throw scanner.error("marker", expected: "an environment variable such as python_version, or a quoted text")
    }
    return .variable(variable)
  }

  private static func scanComparison(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> Comparison {
    if takeWord("in", &scanner) { return .isIn }
    if takeWord("not", &scanner) {
      guard takeWord("in", &scanner) else { throw scanner.error("marker", expected: "'in' after 'not'") }
      return .isNotIn
    }
    do {
      return .version(try PEP440Specifier.scanOperator(&scanner))
    } catch {
      throw scanner.error("marker", expected: "a comparison: == != ~= < <= > >= ===, 'in' or 'not in'")
    }
  }

  /// Moves past `word` and the white space after it, if it stands alone.
  private static func takeWord(_ word: StaticString, _ scanner: inout UTF8Scanner) -> Bool {
    let start = scanner.position
    guard scanner.take(word), !scanner.current.isASCIIAlphanumeric, scanner.current != UInt8(ascii: "_") else {
      scanner.position = start
      return false
    }
    scanner.skipWhitespace()
    return true
  }

  /// Names from before PEP 508 that published metadata still uses.
  private static let legacyVariables: [String: Variable] = [
    "os.name": .osName, "sys.platform": .sysPlatform, "platform.version": .platformVersion,
    "platform.machine": .platformMachine, "platform.python_implementation": .platformPythonImplementation,
    "python_implementation": .platformPythonImplementation,
  ]
}
