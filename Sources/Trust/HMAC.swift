internal import COpenSSL

/// A keyed digest that proves who made a message.
///
/// RFC 2104, with SHA-256.
public enum HMAC {
  /// The code of a message under a key, 32 bytes.
  public static func sha256(_ message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
    let message = Array(message)
    var code = [UInt8](repeating: 0, count: 32)
    var count = 0
    let result = EVP_Q_mac(
      nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &code, code.count, &count)
    guard result != nil, count == code.count else { fatalError("OpenSSL could not compute an HMAC") }
    return code
  }
}
