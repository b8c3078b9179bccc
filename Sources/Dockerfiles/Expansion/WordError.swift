/// Why a word can't be expanded.
public enum WordError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A quote, brace or slash has no partner.
  case unterminated(String)
  /// `${` is not followed by a name.
  case badSubstitution
  /// The name is followed by something that is no modifier.
  case unsupportedModifier(String)
  /// A variable that `${NAME:?}` demands is missing or empty.
  case required(name: String, message: String)
  /// A pattern escapes what needs no escape.
  case badPattern(String)
  /// `${` nests too deeply.
  case tooDeep(limit: Int)

  /// The fault in one line, without the word.
  public var description: String {
    switch self {
    case .unterminated(let partner): "unexpected end of statement while looking for matching \(partner)"
    case .badSubstitution: "syntax error: bad substitution"
    case .unsupportedModifier(let modifier): "unsupported modifier (\(modifier)) in substitution"
    case .required(let name, let message): "\(name): \(message)"
    case .badPattern(let pattern): "invalid pattern (\(pattern)) in substitution"
    case .tooDeep(let limit): "substitutions nest deeper than \(limit)"
    }
  }
}
