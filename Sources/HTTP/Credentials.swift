/// What a client shows to a server to say who it is; it has no description that holds the secret.
public enum Credentials: Hashable, Sendable {
  /// A name and a password.
  ///
  /// RFC 7617.
  case basic(user: String, password: String)
  /// A token.
  ///
  /// RFC 6750, section 2.1.
  case bearer(String)

  /// The value of the `Authorization` header.
  var authorization: String {
    switch self {
    case .basic(let user, let password): "Basic " + Base64.encoded("\(user):\(password)".utf8)
    case .bearer(let token): "Bearer " + token
    }
  }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible {
  /// The kind and the user, never the secret.
  public var description: String {
    switch self {
    case .basic(let user, _): "basic \(user):***"
    case .bearer: "bearer ***"
    }
  }

  /// The same as the description.
  public var debugDescription: String { description }
}

/// The Base64 alphabet with padding.
///
/// RFC 4648, section 4.
package enum Base64 {
  /// The bytes as text.
  package static func encoded(_ bytes: some Sequence<UInt8>) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let bytes = Array(bytes)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for offset in 0..<3 { bits = bits << 8 | UInt32(offset < group.count ? group[start + offset] : 0) }
      for position in 0..<4 {
        text.append(
          position <= group.count ? alphabet[Int(bits >> (18 - 6 * UInt32(position)) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a text, `nil` if it is not Base64; padding may be missing.
  package static func decoded(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
    guard text.utf8.count - digits.count <= 2, digits.count % 4 != 1 else { return nil }
    for digit in digits {
      guard let value = value(of: digit) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
