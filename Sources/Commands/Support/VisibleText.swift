/// Names out of images and archives, as they may be shown on a terminal.
enum VisibleText {
  /// Control characters, and those that turn the direction of the text, as `\u{…}`: a name plays no tricks.
  static func escape(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isTricky) else { return text }
    var escaped = ""
    for scalar in text.unicodeScalars {
      if isTricky(scalar) {
        escaped += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func isTricky(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
