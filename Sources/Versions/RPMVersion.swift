/// Identifies a version of an RPM package and orders it as rpm does (rpm-version(7)).
public struct RPMVersion: Sendable, CustomStringConvertible {
  /// The number before the colon, zero unless written.
  public let epoch: UInt32
  /// The upstream version.
  public let version: String
  /// The packaging's release, after the last hyphen; nil if none is given, as dependencies often leave it out.
  public let release: String?
  /// Whether the epoch was written: a dependency without one means zero, but it is not printed.
  private let hasEpoch: Bool

  /// Joins the parts.
  public init(epoch: UInt32 = 0, version: String, release: String?) {
    self.epoch = epoch
    self.version = version
    self.release = release
    hasEpoch = epoch != 0
  }

  /// Reads `[epoch:]version[-release]`.
  ///
  /// As rpm does, only digits before the first colon are an epoch, and the last hyphen begins the release.
  public init(parsing text: String) throws(VersionNotationError) {
    var scanner = UTF8Scanner(text)
    for (index, byte) in scanner.bytes.enumerated() where byte.isASCIIWhitespace || byte < 0x20 {
      scanner.position = index
      throw scanner.error("RPM version", expected: "no blanks")
    }
    let digits = scanner.takeWhile(\.isASCIIDigit)
    hasEpoch = scanner.take(UInt8(ascii: ":"))
    if hasEpoch, !digits.isEmpty {
      guard let number = UInt32(digits) else {
        scanner.position = 0
        throw scanner.error("RPM version", expected: "a number below 2^32 before ':'")
      }
      epoch = number
    } else {
      epoch = 0
    }
    let start = hasEpoch ? scanner.position : 0
    let hyphen = scanner.bytes[start...].lastIndex(of: UInt8(ascii: "-"))
    version = scanner.text(start..<(hyphen ?? scanner.bytes.count))
    release = hyphen.map { scanner.text($0 + 1..<scanner.bytes.count) }
    scanner.position = start
    guard !version.isEmpty else { throw scanner.error("RPM version", expected: "a version") }
  }

  /// `[epoch:]version[-release]`, the epoch as far as there is one.
  public var description: String {
    (hasEpoch ? "\(epoch):" : "") + version + (release.map { "-\($0)" } ?? "")
  }
}

extension RPMVersion: Hashable, Comparable {
  /// Whether the two are the same version, however they are spelled.
  public static func == (left: RPMVersion, right: RPMVersion) -> Bool { left.compare(right) == 0 }

  /// Whether `left` is older than `right`; no release is older than any.
  public static func < (left: RPMVersion, right: RPMVersion) -> Bool { left.compare(right) < 0 }

  /// Hashes the epoch alone: versions that are spelled differently may be equal.
  public func hash(into hasher: inout Hasher) { hasher.combine(epoch) }

  private func compare(_ other: RPMVersion) -> Int {
    let order = compareVersion(other)
    if order != 0 { return order }
    switch (release, other.release) {
    case (let mine?, let theirs?): return Self.compare(mine, theirs)
    case (nil, nil): return 0
    case (nil, _): return -1
    case (_, nil): return 1
    }
  }

  /// Compares epoch and version only: below zero, zero or above.
  private func compareVersion(_ other: RPMVersion) -> Int {
    if epoch != other.epoch { return epoch < other.epoch ? -1 : 1 }
    return Self.compare(version, other.version)
  }

  /// Compares as dependencies do, where releases count only when both sides have one: below zero, zero or above.
  public func compareAsDependency(_ other: RPMVersion) -> Int {
    let order = compareVersion(other)
    guard order == 0, let release, let theirs = other.release else { return order }
    return Self.compare(release, theirs)
  }

  /// Compares runs of digits and runs of letters in turn; all else only separates them.
  ///
  /// A tilde sorts before the end, a caret after the end and before anything else.
  static func compare(_ left: String, _ right: String) -> Int {
    var (one, two) = (UTF8Scanner(left), UTF8Scanner(right))
    func isSeparator(_ byte: UInt8) -> Bool {
      !byte.isASCIIAlphanumeric && byte != UInt8(ascii: "~") && byte != UInt8(ascii: "^")
    }
    while !one.isAtEnd || !two.isAtEnd {
      _ = one.takeWhile(isSeparator)
      _ = two.takeWhile(isSeparator)
      let tildes = (one.take(UInt8(ascii: "~")), two.take(UInt8(ascii: "~")))
      if tildes.0 != tildes.1 { return tildes.0 ? -1 : 1 }
      if tildes.0 { continue }
      if one.current == UInt8(ascii: "^") || two.current == UInt8(ascii: "^") {
        if one.isAtEnd { return -1 }
        if two.isAtEnd { return 1 }
        let carets = (one.take(UInt8(ascii: "^")), two.take(UInt8(ascii: "^")))
        if carets.0 != carets.1 { return carets.0 ? -1 : 1 }
        continue
      }
      if one.isAtEnd || two.isAtEnd { break }
      // The kind of the left run decides for both; a number is newer than letters.
      let isNumber = one.current.isASCIIDigit
      if isNumber != two.current.isASCIIDigit { return isNumber ? 1 : -1 }
      let kind: (UInt8) -> Bool = isNumber ? { $0.isASCIIDigit } : { $0.isASCIILetter }
      let (mine, theirs) = (one.takeWhile(kind), two.takeWhile(kind))
      let order = isNumber ? mine.compareAsNumber(theirs) : mine.compareBytes(theirs)
      if order != 0 { return order }
    }
    if one.isAtEnd && two.isAtEnd { return 0 }
    return one.isAtEnd ? -1 : 1
  }
}

extension String {
  /// Compares decimal digits of any length by their value.
  func compareAsNumber(_ other: String) -> Int {
    let (mine, theirs) = (String(drop { $0 == "0" }), String(other.drop { $0 == "0" }))
    let (width, otherWidth) = (mine.utf8.count, theirs.utf8.count)
    return width == otherWidth ? mine.compareBytes(theirs) : width - otherWidth
  }

  /// Compares byte by byte; a beginning of the other comes first.
  func compareBytes(_ other: String) -> Int {
    if utf8.elementsEqual(other.utf8) { return 0 }
    return utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
  }
}
