/// Names a Python project, an extra or a dependency group in its normalised form.
///
/// Names that differ only in case or in runs of `-`, `_` and `.` are the same name (PEP 503, "Normalized Names"), so
/// they are equal here and print alike.
public struct PackageName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The normalised spelling.
  public let description: String

  /// Reads a name as PEP 508 ("Names") allows it: ASCII letters, digits, `.`, `-`, `_`, with a letter or digit at both
  /// ends.
  public init(parsing text: some StringProtocol) throws(VersionNotationError) {
    // Most names come as they are; pages of indexes hold a name for each of thousands of files.
    if Self.isNormalised(text.utf8) {
      description = String(text)
      return
    }
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, first.isASCIIAlphanumeric, last.isASCIIAlphanumeric else {
      throw VersionNotationError(
        subject: "package name", text: String(text), column: 1, expected: "a letter or digit at both ends")
    }
    var normalised: [UInt8] = []
    normalised.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      if byte.isASCIIAlphanumeric {
        normalised.append(byte.lowercasedASCII)
      } else if byte.isSeparator {
        if normalised.last != UInt8(ascii: "-") { normalised.append(UInt8(ascii: "-")) }
      } else {
        throw VersionNotationError(
          subject: "package name", text: String(text), column: index + 1, expected: "a letter, digit, '.', '-' or '_'")
      }
    }
    description = String(decoding: normalised, as: UTF8.self)
  }

  private static func isNormalised(_ text: some Sequence<UInt8>) -> Bool {
    var last = UInt8(ascii: "-")
    for byte in text {
      let isDash = byte == UInt8(ascii: "-")
      guard isDash ? last != byte : byte.isASCIIAlphanumeric && byte == byte.lowercasedASCII else { return false }
      last = byte
    }
    return last != UInt8(ascii: "-")
  }

  /// Orders names by their normalised spelling.
  public static func < (left: PackageName, right: PackageName) -> Bool { left.description < right.description }
}
