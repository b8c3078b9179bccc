/// Identifies a version of a Debian package and orders it as dpkg does (Debian Policy, section 5.6.12).
public struct DebianVersion: Sendable, CustomStringConvertible {
  /// The number before the colon, zero unless written.
  public let epoch: UInt64
  /// The upstream version.
  public let upstream: String
  /// The packaging's revision, after the last hyphen; empty if there is none.
  public let revision: String
  /// The version as written.
  public let description: String

  /// Reads `[epoch:]upstream[-revision]`.
  ///
  /// As dpkg does, an upstream version that does not begin with a digit is let pass: the archive has had such versions.
  public init(parsing text: String) throws(VersionNotationError) {
    var scanner = UTF8Scanner(text)
    let colon = scanner.bytes.firstIndex(of: UInt8(ascii: ":"))
    if let colon {
      guard let number = scanner.takeNumber(), scanner.position == colon, number <= UInt64(Int32.max) else {
        throw scanner.error("Debian version", expected: "a number below 2^31 before ':'")
      }
      epoch = number
      scanner.position += 1
    } else {
      epoch = 0
    }
    let start = scanner.position
    let hyphen = scanner.bytes[start...].lastIndex(of: UInt8(ascii: "-"))
    upstream = scanner.text(start..<(hyphen ?? scanner.bytes.count))
    revision = hyphen.map { scanner.text($0 + 1..<scanner.bytes.count) } ?? ""
    description = text
    guard !upstream.isEmpty else { throw scanner.error("Debian version", expected: "an upstream version") }
    for index in start..<scanner.bytes.count {
      let byte = scanner.bytes[index]
      guard byte.isASCIIAlphanumeric || ".+-~:".utf8.contains(byte) else {
        scanner.position = index
        throw scanner.error("Debian version", expected: "a letter, a digit or one of . + - ~ :")
      }
    }
  }
}

extension DebianVersion: Hashable, Comparable {
  /// Whether the two are the same version, however they are spelled.
  public static func == (left: DebianVersion, right: DebianVersion) -> Bool { left.compare(right) == 0 }

  /// Whether `left` is older than `right`.
  public static func < (left: DebianVersion, right: DebianVersion) -> Bool { left.compare(right) < 0 }

  /// Hashes what equal versions have in common whatever their leading zeros: the epoch and the bytes that are no
  /// digits.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(epoch)
    for byte in upstream.utf8 where !byte.isASCIIDigit { hasher.combine(byte) }
  }

  private func compare(_ other: DebianVersion) -> Int {
    if epoch != other.epoch { return epoch < other.epoch ? -1 : 1 }
    let order = Self.compare(Array(upstream.utf8), Array(other.upstream.utf8))
    return order != 0 ? order : Self.compare(Array(revision.utf8), Array(other.revision.utf8))
  }

  /// Compares runs of other bytes and runs of digits in turn, as Policy 5.6.12 describes.
  private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      while (i < left.count && !left[i].isASCIIDigit) || (j < right.count && !right[j].isASCIIDigit) {
        let (mine, theirs) = (rank(left, i), rank(right, j))
        if mine != theirs { return mine - theirs }
        i += 1
        j += 1
      }
      while i < left.count, left[i] == UInt8(ascii: "0") { i += 1 }
      while j < right.count, right[j] == UInt8(ascii: "0") { j += 1 }
      var firstDifference = 0
      while i < left.count, left[i].isASCIIDigit, j < right.count, right[j].isASCIIDigit {
        if firstDifference == 0 { firstDifference = Int(left[i]) - Int(right[j]) }
        i += 1
        j += 1
      }
      if i < left.count, left[i].isASCIIDigit { return 1 }
      if j < right.count, right[j].isASCIIDigit { return -1 }
      if firstDifference != 0 { return firstDifference }
    }
    return 0
  }

  /// A tilde sorts before the end, the end before letters, letters before all else.
  private static func rank(_ bytes: [UInt8], _ index: Int) -> Int {
    guard index < bytes.count else { return 0 }
    let byte = bytes[index]
    if byte.isASCIIDigit { return 0 }
    if byte.isASCIILetter { return Int(byte) }
    return byte == UInt8(ascii: "~") ? -1 : Int(byte) + 256
  }
}
