/// What a server wants to know of whoever asks, out of one `WWW-Authenticate` field.
///
/// RFC 9110, section 11.6.1; the parameters of `Bearer` are those of the distribution project's token specification.
public struct AuthChallenge: Hashable, Sendable {
  /// The scheme in lower case, for example `bearer`.
  public let scheme: String
  /// The parameters by their names in lower case.
  public let parameters: [String: String]

  /// The most bytes of a field that are looked at.
  static let longestField = 16 << 10

  /// Reads the challenges of one field; what is malformed ends the list.
  ///
  /// A comma parts both challenges and parameters: a word that no `=` follows starts a challenge.
  public static func parsing(_ field: String) -> [AuthChallenge] {
    var scanner = ChallengeScanner(field)
    var challenges: [AuthChallenge] = []
    var scheme: String?
    var parameters: [String: String] = [:]
    func finish(_ challenges: inout [AuthChallenge]) {
      if let scheme { challenges.append(AuthChallenge(scheme: scheme, parameters: parameters)) }
    }
    while scanner.skipSeparators() {
      guard let word = scanner.token() else { break }
      if scanner.takeEquals() {
        guard scheme != nil, let value = scanner.value() else { break }
        // The first of two parameters with one name wins, so that nothing appended can replace it.
        if parameters[word.lowercased()] == nil { parameters[word.lowercased()] = value }
      } else {
        finish(&challenges)
        scheme = word.lowercased()
        parameters = [:]
      }
    }
    finish(&challenges)
    return challenges
  }
}

/// Walks over the bytes of a challenge.
private struct ChallengeScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = Array(text.utf8.prefix(AuthChallenge.longestField)) }

  /// Skips blanks and commas, and says whether something is left.
  mutating func skipSeparators() -> Bool {
    while index < bytes.count, [0x20, 0x09, UInt8(ascii: ",")].contains(bytes[index]) { index += 1 }
    return index < bytes.count
  }

  mutating func token() -> String? {
    let start = index
    while index < bytes.count, Self.isTokenByte(bytes[index]) { index += 1 }
    return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
  }

  mutating func takeEquals() -> Bool {
    var next = index
    while next < bytes.count, bytes[next] == 0x20 || bytes[next] == 0x09 { next += 1 }
    guard next < bytes.count, bytes[next] == UInt8(ascii: "=") else { return false }
    index = next + 1
    while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    return true
  }

  /// A quoted text, or everything up to the next comma or blank.
  mutating func value() -> String? {
    guard index < bytes.count else { return "" }
    guard bytes[index] == UInt8(ascii: "\"") else {
      let start = index
      while index < bytes.count, ![0x20, 0x09, UInt8(ascii: ",")].contains(bytes[index]) { index += 1 }
      return String(decoding: bytes[start..<index], as: UTF8.self)
    }
    index += 1
    var text: [UInt8] = []
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
      text.append(bytes[index])
      index += 1
    }
    guard index < bytes.count else { return nil }
    index += 1
    return String(decoding: text, as: UTF8.self)
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
