/// A cursor over the bytes of a short text.
///
/// Every notation in this target is ASCII at the places where decisions are made, so scanning bytes is exact, gives
/// columns for free and costs a hundredth of a regular expression.
struct UTF8Scanner {
  let bytes: [UInt8]
  var position = 0

  init(_ text: some StringProtocol) {
    bytes = Array(text.utf8)
  }

  var isAtEnd: Bool { position >= bytes.count }

  /// The byte under the cursor, or zero at the end.
  var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  /// The byte `distance` after the cursor, or zero past the end.
  func peek(_ distance: Int) -> UInt8 {
    position + distance < bytes.count ? bytes[position + distance] : 0
  }

  mutating func skipWhitespace() {
    while position < bytes.count, bytes[position].isASCIIWhitespace { position += 1 }
  }

  /// Moves past `byte` if it is under the cursor.
  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Moves past `literal` if it comes next.
  mutating func take(_ literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    let matches = literal.withUTF8Buffer { wanted in
      (0..<count).allSatisfy { bytes[position + $0] == wanted[$0] }
    }
    if matches { position += count }
    return matches
  }

  /// Moves past `literal`, which is in lower case, if it comes next in any case.
  mutating func takeIgnoringCase(_ literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    let matches = literal.withUTF8Buffer { wanted in
      (0..<count).allSatisfy { bytes[position + $0].lowercasedASCII == wanted[$0] }
    }
    if matches { position += count }
    return matches
  }

  /// Reads decimal digits; `nil` if there are none or they need more than 63 bits, so that the next number always
  /// exists.
  mutating func takeNumber() -> UInt64? {
    let start = position
    var value: UInt64 = 0
    while position < bytes.count, bytes[position].isASCIIDigit {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(bytes[position] - UInt8(ascii: "0")))
      if tooLarge || carried || sum > UInt64(Int64.max) {
        position = start
        return nil
      }
      value = sum
      position += 1
    }
    return position > start ? value : nil
  }

  /// Reads bytes for as long as `predicate` holds.
  mutating func takeWhile(_ predicate: (UInt8) -> Bool) -> String {
    let start = position
    while position < bytes.count, predicate(bytes[position]) { position += 1 }
    return text(start..<position)
  }

  func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  func error(_ subject: String, expected: String) -> VersionNotationError {
    VersionNotationError(
      subject: subject, text: String(decoding: bytes, as: UTF8.self), column: position + 1, expected: expected)
  }
}

extension UInt8 {
  var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  var isASCIILetter: Bool {
    let lower = self | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
  }

  var isASCIIAlphanumeric: Bool { isASCIIDigit || isASCIILetter }

  var isASCIIWhitespace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d) }

  var lowercasedASCII: UInt8 {
    self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
  }

  /// Whether the byte may stand between the parts of a version or a name.
  var isSeparator: Bool { self == UInt8(ascii: ".") || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") }
}
