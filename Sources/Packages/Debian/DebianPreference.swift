/// One record of apt_preferences(5): how much the versions of some packages count.
public struct DebianPreference: Sendable, Hashable {
  /// Which versions are meant.
  public enum Pin: Sendable, Hashable, CustomStringConvertible {
    /// Versions that match a glob.
    case version(String)
    /// Versions from a release: the letters of apt's `release` pin and their values.
    case release([Character: String])

    /// Reads `version 1.2*` or `release n=bookworm-backports,c=main`; nil when it is neither.
    ///
    /// An `origin` pin names a host, which a lock that is used elsewhere can't depend on.
    public init?(_ text: String) {
      let words = text.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2 else { return nil }
      switch words[0] {
      case "version": self = .version(words[1])
      case "release":
        var letters: [Character: String] = [:]
        for part in words[1].split(separator: ",") {
          let pair = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
          if pair.count == 2, pair[0].count == 1, let letter = pair[0].first, "anclovb".contains(letter) {
            letters[letter] = pair[1]
          } else if pair.count == 1, !pair[0].isEmpty {
            // A word without a letter is a suite, or a version if it begins with a digit.
            letters[pair[0].first?.isNumber == true ? "v" : "a"] = pair[0]
          } else {
            return nil
          }
        }
        if letters.isEmpty { return nil }
        self = .release(letters)
      default: return nil
      }
    }

    /// The notation of apt.
    public var description: String {
      switch self {
      case .version(let glob): "version \(glob)"
      case .release(let letters):
        "release " + letters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      }
    }
  }

  /// Globs of names; `*` alone makes the record a general one, which others go before.
  public let packages: [String]
  /// Which versions are meant.
  public let pin: Pin
  /// How much they count; below zero is never.
  public let priority: Int

  /// Joins the parts.
  public init(packages: [String], pin: Pin, priority: Int) {
    self.packages = packages
    self.pin = pin
    self.priority = priority
  }

  /// Whether the record is for all packages.
  var isGeneral: Bool { packages == ["*"] }
}
