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
enum Base64 {
  static func encoded(_ bytes: some Sequence<UInt8>) -> String {
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
}
