/// Bytes as a person reads them.
enum ByteText {
  /// A quoted text if all of it is ASCII, else pairs of hexadecimal digits.
  static func text(_ bytes: some Collection<UInt8>) -> String {
    if bytes.allSatisfy({ (0x20..<0x7F).contains($0) || [0x09, 0x0A, 0x0D].contains($0) }) {
      var text = ""
      for byte in bytes {
        switch byte {
        case 0x09: text += "\\t"
        case 0x0A: text += "\\n"
        case 0x0D: text += "\\r"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
        default: text.unicodeScalars.append(UnicodeScalar(byte))
        }
      }
      return "\"\(text)\""
    }
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
