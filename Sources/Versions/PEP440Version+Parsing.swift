// PEP 440, "Appendix B: Parsing version strings with regular expressions", as a scanner.

extension PEP440Version {
  /// Reads a version in any spelling that PEP 440 accepts, with white space around it.
  public init(parsing text: some StringProtocol) throws(VersionNotationError) {
    var scanner = UTF8Scanner(text)
    scanner.skipWhitespace()
    self = try Self(scanning: &scanner, allowsLocal: true)
    scanner.skipWhitespace()
    guard scanner.isAtEnd else { throw scanner.error("version", expected: "the end of the version") }
  }

  /// Reads a version at the cursor and leaves the cursor after it.
  init(scanning scanner: inout UTF8Scanner, allowsLocal: Bool) throws(VersionNotationError) {
    _ = scanner.takeIgnoringCase("v")
    guard var number = scanner.takeNumber() else {
      throw scanner.error("version", expected: "a number below 2^63")
    }
    var epoch: UInt64 = 0
    if scanner.take(UInt8(ascii: "!")) {
      epoch = number
      guard let first = scanner.takeNumber() else {
        throw scanner.error("version", expected: "a number after the epoch")
      }
      number = first
    }
    var release = [number]
    while scanner.current == UInt8(ascii: "."), scanner.peek(1).isASCIIDigit {
      scanner.position += 1
      guard let next = scanner.takeNumber() else {
        throw scanner.error("version", expected: "a number below 2^63")
      }
      release.append(next)
    }
    let preRelease = try Self.scanPreRelease(&scanner)
    let postRelease = try Self.scanPostRelease(&scanner)
    let developmentRelease = try Self.scanSuffix(&scanner) { scanner in scanner.takeIgnoringCase("dev") ? () : nil }?
      .number
    let local = allowsLocal ? try Self.scanLocal(&scanner) : []
    self.init(
      epoch: epoch, release: release, preRelease: preRelease, postRelease: postRelease,
      developmentRelease: developmentRelease, local: local)
  }

  private static func scanPreRelease(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> PreRelease? {
    let suffix = try scanSuffix(&scanner) { scanner -> PreReleaseKind? in
      if scanner.takeIgnoringCase("alpha") || scanner.takeIgnoringCase("a") { return .alpha }
      if scanner.takeIgnoringCase("beta") || scanner.takeIgnoringCase("b") { return .beta }
      if scanner.takeIgnoringCase("preview") || scanner.takeIgnoringCase("pre") || scanner.takeIgnoringCase("rc")
        || scanner.takeIgnoringCase("c")
      {
        return .candidate
      }
      return nil
    }
    return suffix.map { PreRelease(kind: $0.kind, number: $0.number) }
  }

  private static func scanPostRelease(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> UInt64? {
    // "Implicit post releases": `1.0-1`.
    if scanner.current == UInt8(ascii: "-"), scanner.peek(1).isASCIIDigit {
      scanner.position += 1
      guard let number = scanner.takeNumber() else {
        throw scanner.error("version", expected: "a number below 2^63")
      }
      return number
    }
    return try scanSuffix(&scanner) { scanner -> Void? in
      scanner.takeIgnoringCase("post") || scanner.takeIgnoringCase("rev") || scanner.takeIgnoringCase("r") ? () : nil
    }?.number
  }

  /// Reads a separator, a word, a separator and a number, of which only the word has to be there.
  ///
  /// A word without a number means zero. The cursor stays put if the word is absent.
  private static func scanSuffix<Kind>(
    _ scanner: inout UTF8Scanner, word: (inout UTF8Scanner) -> Kind?
  ) throws(VersionNotationError) -> (kind: Kind, number: UInt64)? {
    let start = scanner.position
    if scanner.current.isSeparator { scanner.position += 1 }
    guard let kind = word(&scanner) else {
      scanner.position = start
      return nil
    }
    if scanner.current.isSeparator, scanner.peek(1).isASCIIDigit { scanner.position += 1 }
    guard scanner.current.isASCIIDigit else { return (kind, 0) }
    guard let number = scanner.takeNumber() else {
      throw scanner.error("version", expected: "a number below 2^63")
    }
    return (kind, number)
  }

  private static func scanLocal(_ scanner: inout UTF8Scanner) throws(VersionNotationError) -> [LocalSegment] {
    guard scanner.take(UInt8(ascii: "+")) else { return [] }
    var segments: [LocalSegment] = []
    repeat {
      let part = scanner.takeWhile(\.isASCIIAlphanumeric).lowercased()
      guard !part.isEmpty else { throw scanner.error("version", expected: "letters or digits in the local label") }
      segments.append(
        part.utf8.allSatisfy(\.isASCIIDigit) ? UInt64(part).map(LocalSegment.number) ?? .text(part) : .text(part))
      guard scanner.current.isSeparator, scanner.peek(1).isASCIIAlphanumeric else { break }
      scanner.position += 1
    } while true
    return segments
  }
}
