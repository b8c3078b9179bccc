/// Logins by host, as a netrc file holds them.
public struct Netrc: Sendable {
  private var logins: [String: Credentials] = [:]
  private var fallback: Credentials?

  /// Makes a list of no logins.
  public init() {}

  /// Reads the text of a netrc file; what it can't make sense of it leaves out.
  ///
  /// The words are `machine NAME`, `default`, `login`, `password` and `account`; `macdef` lasts to the next empty line,
  /// and `#` at the start of a word to the end of the line. A word in double quotes may hold spaces and `\"`.
  public init(parsing text: String) {
    var host: String?
    var isDefault = false
    var user: String?
    var password: String?
    func store(into netrc: inout Netrc) {
      guard let user else { return }
      let credentials = Credentials.basic(user: user, password: password ?? "")
      if isDefault {
        netrc.fallback = netrc.fallback ?? credentials
      } else if let host, netrc.logins[host] == nil {
        netrc.logins[host] = credentials
      }
    }
    var words = Words(text)
    while let word = words.next() {
      switch word {
      case "machine", "default":
        store(into: &self)
        isDefault = word == "default"
        host = isDefault ? nil : words.value()?.lowercased()
        user = nil
        password = nil
      case "login": user = words.value()
      case "password": password = words.value()
      case "account": _ = words.value()
      case "macdef": words.skipParagraph()
      default: break
      }
    }
    store(into: &self)
  }

  /// The login for a host.
  public func credentials(forHost host: String) -> Credentials? { logins[host.lowercased()] ?? fallback }
}

extension Netrc: CustomStringConvertible {
  /// The number of logins; neither users nor passwords.
  public var description: String { "\(logins.count + (fallback == nil ? 0 : 1)) logins" }
}

/// The words of a netrc file.
private struct Words {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The next word where a comment may stand.
  mutating func next() -> String? { advance(pastComments: true) }

  /// The next word where none may: a password can start with `#`.
  mutating func value() -> String? { advance(pastComments: false) }

  private mutating func advance(pastComments: Bool) -> String? {
    while index < bytes.count {
      if bytes[index] <= 0x20 {
        index += 1
      } else if pastComments, bytes[index] == UInt8(ascii: "#") {
        while index < bytes.count, bytes[index] != 10 { index += 1 }
      } else {
        return word()
      }
    }
    return nil
  }

  private mutating func word() -> String {
    var word: [UInt8] = []
    guard bytes[index] == UInt8(ascii: "\"") else {
      while index < bytes.count, bytes[index] > 0x20 {
        word.append(bytes[index])
        index += 1
      }
      return String(decoding: word, as: UTF8.self)
    }
    index += 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
      word.append(bytes[index])
      index += 1
    }
    index += 1
    return String(decoding: word, as: UTF8.self)
  }

  mutating func skipParagraph() {
    while index < bytes.count {
      if bytes[index] == 10, index + 1 >= bytes.count || bytes[index + 1] == 10 { return }
      index += 1
    }
  }
}
