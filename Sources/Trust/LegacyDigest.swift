internal import COpenSSL

/// Digests that formats of other people demand and that prove nothing: never a basis for trust.
public enum LegacyDigest {
  /// The MD5 digest in hexadecimal, which dpkg's database keeps of configuration files.
  public static func md5(of bytes: [UInt8]) -> String {
    var text = ""
    for byte in digest("MD5", bytes) { text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return text
  }

  /// The SHA-1 digest, 20 bytes, with which a Java key store ends.
  public static func sha1(of bytes: [UInt8]) -> [UInt8] { digest("SHA1", bytes) }

  private static func digest(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    var value = [UInt8](repeating: 0, count: 64)
    var count = 0
    guard EVP_Q_digest(nil, name, nil, bytes, bytes.count, &value, &count) == 1 else {
      fatalError("OpenSSL could not compute a \(name)")
    }
    return Array(value[..<count])
  }
}
