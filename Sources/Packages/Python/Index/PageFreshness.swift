import HTTP

/// Decides how long a stored page may be used without asking.
///
/// RFC 9111, section 4.2.
enum PageFreshness {
  /// How long a page counts as fresh, in seconds, if the server does not say: what large indexes say of theirs.
  static let usual = 600
  /// The longest time that a server may ask for, in seconds: a resolution wants to see new releases.
  static let longest = 3600

  /// The moment until which an answer is fresh, in seconds since 1970; `nil` if it must not be stored.
  static func end(of headers: HTTPHeaders, now: Int) -> Int? {
    guard let control = headers["Cache-Control"] else { return now + usual }
    var lifetime: Int?
    for part in control.lowercased().split(separator: ",") {
      let words = part.split(separator: "=", maxSplits: 1).map { $0.trimming(" \"") }
      switch words.first {
      case "no-store": return nil
      case "no-cache": lifetime = 0
      case "max-age" where lifetime != 0: lifetime = words.count > 1 ? Int(words[1]) : nil
      default: break
      }
    }
    let age = headers["Age"].flatMap { Int($0) } ?? 0
    return now + min(max(0, (lifetime ?? usual) - max(0, age)), longest)
  }
}
