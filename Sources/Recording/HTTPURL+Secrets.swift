internal import HTTP

extension HTTPURL {
  /// Parts of names of query parameters whose values are secrets, or are signed for an hour.
  private static let secretParts = [
    "token", "secret", "signature", "password", "passwd", "apikey", "api_key", "api-key", "access_key", "accesskey",
    "credential", "x-amz-", "x-goog-", "x-ms-",
  ]
  private static let secretNames: Set<String> = ["auth", "jwt", "key", "sig"]
  /// What stands beside `sig` in the signed addresses of Azure.
  private static let signedNames: Set<String> = ["se", "sp", "spr", "sr", "st", "sv"]

  /// The address as it is written down: no user, no password, no fragment, and no parameter that may be secret.
  var publicText: String { Self.withoutSecrets(text) }

  /// An address, or a reference to one, without what may be secret in it.
  static func withoutSecrets(_ reference: String) -> String {
    let whole = reference.prefix { $0 != "#" }
    guard let mark = whole.firstIndex(of: "?") else { return withoutUser(String(whole)) }
    let pairs = whole[whole.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
    let names = pairs.map { $0.prefix { $0 != "=" }.lowercased() }
    let isSigned = names.contains("sig")
    let kept = zip(pairs, names).filter { !isSecret($1) && !(isSigned && signedNames.contains($1)) }.map(\.0)
    let base = withoutUser(String(whole[..<mark]))
    return kept.isEmpty ? base : base + "?" + kept.joined(separator: "&")
  }

  private static func isSecret(_ name: String) -> Bool {
    secretNames.contains(name) || secretParts.contains { name.contains($0) }
  }

  private static func withoutUser(_ text: String) -> String {
    guard let start = text.firstRange(of: "//")?.upperBound else { return text }
    let authority = text[start...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return text }
    return String(text[..<start] + text[text.index(after: at)...])
  }
}
