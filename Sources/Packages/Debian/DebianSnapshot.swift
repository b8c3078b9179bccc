import Host

/// A time in the history of an archive, as snapshot services write it in addresses.
public enum DebianSnapshot {
  /// Reads `20250520T000000Z`, a time of RFC 3339 or a date: seconds since 1970, in UTC.
  public static func time(_ text: String) -> Int? {
    let digits = Array(text.utf8)
    if digits.count == 16, digits[8] == UInt8(ascii: "T"), digits[15] == UInt8(ascii: "Z") {
      func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
      return Clock.seconds(
        rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }
    return Clock.seconds(rfc3339: digits.count == 10 ? "\(text)T00:00:00Z" : text)
  }

  /// Writes `20250520T000000Z`.
  static func stamp(_ time: Int) -> String { Clock.rfc3339(time).filter { $0 != "-" && $0 != ":" } }
}
