/// Replaces `$NAME` and `${NAME}` as container-structure-test does, with the image's variables.
enum Substitution {
  /// What becomes of a name that is not set.
  enum Unset: Sendable {
    /// Nothing is left of it.
    case removed
    /// It stays, for a shell in the image that may know it.
    case kept
  }

  static func expand(_ text: String, _ variables: [String: String], unset: Unset) -> String {
    var result = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...]
      guard let (name, length) = name(in: rest) else {
        result += "$"
        rest = rest.dropFirst()
        continue
      }
      if let value = variables[name] {
        result += value
      } else if unset == .kept {
        result += rest.prefix(length)
      }
      rest = rest.dropFirst(length)
    }
    return result + rest
  }

  /// The name at the start of a text that begins with a dollar, and how many characters it takes with its signs.
  private static func name(in text: Substring) -> (name: String, length: Int)? {
    let hasBrace = text.dropFirst().first == "{"
    let name = text.dropFirst(hasBrace ? 2 : 1).prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard let first = name.first, !first.isNumber else { return nil }
    let length = name.count + (hasBrace ? 3 : 1)
    if hasBrace, text.dropFirst(length - 1).first != "}" { return nil }
    return (String(name), length)
  }
}
