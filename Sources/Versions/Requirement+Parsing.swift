// PEP 508, "Grammar".

extension Requirement {
  /// Reads a requirement such as `requests[security]>=2.8.1,==2.8.*; python_version < "3.11"`.
  public init(
    parsing text: some StringProtocol, dialect: PEP440SpecifierSet.Dialect = .strict
  ) throws(VersionNotationError) {
    var scanner = UTF8Scanner(text)
    scanner.skipWhitespace()
    name = try Self.scanName(&scanner)
    scanner.skipWhitespace()
    extras = try Self.scanExtras(&scanner)
    source = try Self.scanSource(&scanner, dialect: dialect)
    scanner.skipWhitespace()
    if scanner.take(UInt8(ascii: ";")) {
      scanner.skipWhitespace()
      if scanner.isAtEnd, dialect == .lenient {
        marker = nil
      } else {
        marker = try Marker(scanning: &scanner)
      }
    } else {
      marker = nil
    }
    guard scanner.isAtEnd else {
      throw scanner.error("requirement", expected: "a version specifier, ';' and a marker, or the end")
    }
  }

  private static func scanName(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> PackageName {
    let start = scanner.position
    let text = scanner.takeWhile { $0.isASCIIAlphanumeric || $0.isSeparator }
    guard let name = try? PackageName(parsing: text) else {
      scanner.position = start
      throw scanner.error("requirement", expected: "a package name")
    }
    return name
  }

  private static func scanExtras(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> [PackageName] {
    guard scanner.take(UInt8(ascii: "[")) else { return [] }
    var extras: [PackageName] = []
    scanner.skipWhitespace()
    if !scanner.take(UInt8(ascii: "]")) {
      repeat {
        scanner.skipWhitespace()
        let extra = try scanName(&scanner)
        if !extras.contains(extra) { extras.append(extra) }
        scanner.skipWhitespace()
      } while scanner.take(UInt8(ascii: ","))
      guard scanner.take(UInt8(ascii: "]")) else {
        throw scanner.error("requirement", expected: "',' or ']' after the extra")
      }
    }
    scanner.skipWhitespace()
    return extras
  }

  private static func scanSource(
    _ scanner: inout UTF8Scanner, dialect: PEP440SpecifierSet.Dialect
  ) throws(VersionNotationError) -> Source {
    if scanner.take(UInt8(ascii: "@")) {
      scanner.skipWhitespace()
      let url = scanner.takeWhile { !$0.isASCIIWhitespace }
      guard !url.isEmpty else { throw scanner.error("requirement", expected: "an address after '@'") }
      return .url(url)
    }
    if scanner.take(UInt8(ascii: "(")) {
      scanner.skipWhitespace()
      if scanner.take(UInt8(ascii: ")")) { return .versions(.any) }
      let set = try PEP440SpecifierSet(scanning: &scanner, dialect: dialect)
      guard scanner.take(UInt8(ascii: ")")) else { throw scanner.error("requirement", expected: "',' or ')'") }
      return .versions(set)
    }
    guard PEP440SpecifierSet.startsClause(scanner.current) else { return .versions(.any) }
    return .versions(try PEP440SpecifierSet(scanning: &scanner, dialect: dialect))
  }
}
