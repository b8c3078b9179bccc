/// The `%XX` notation of bytes in addresses.
///
/// RFC 3986, section 2.1.
public enum PercentEncoding {
  /// Replaces each `%XX` by its byte; a `%` without two hexadecimal digits stays, and bytes that are no UTF-8 are
  /// replaced.
  public static func decoded(_ text: some StringProtocol) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
        let low = digit(bytes[index + 2])
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }

  /// Encodes everything but letters, digits and `-._~`, so that the text is one component of a path or a query.
  public static func encodedComponent(_ text: some StringProtocol) -> String {
    encoded(text.utf8) { isUnreserved($0) }
  }

  /// Encodes what no address may hold as it is, and leaves what is encoded or reserved already.
  static func encodedLeftovers(_ bytes: some Sequence<UInt8>) -> String {
    encoded(bytes) { byte in
      (0x21...0x7e).contains(byte) && ![0x22, 0x3c, 0x3e, 0x5e, 0x60, 0x7b, 0x7c, 0x7d].contains(byte)
    }
  }

  private static func encoded(_ bytes: some Sequence<UInt8>, keeping isKept: (UInt8) -> Bool) -> String {
    let hexadecimal = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in bytes {
      if isKept(byte) {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
    default: [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~")].contains(byte)
    }
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
