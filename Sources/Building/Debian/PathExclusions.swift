/// Which of the packages' files are left out of a root, as dpkg's `path-exclude` and `path-include` do it (dpkg.cfg(5)).
public struct PathExclusions: Sendable, Hashable {
  /// Patterns of absolute paths that are left out; `*` matches slashes too, `?` one character, `[…]` one of a set.
  public let excluded: [String]
  /// Patterns of paths that stay all the same.
  public let included: [String]

  /// Copyright files stay whatever is left out: redistributing most packages asks for them.
  private static let always = ["/usr/share/doc/*/copyright"]

  /// Leaves out what matches one list and not the other.
  public init(_ excluded: [String], except included: [String] = []) {
    self.excluded = excluded
    self.included = included
  }

  /// Leaves out nothing.
  public static let none = PathExclusions([])

  /// Leaves out what no program reads: manuals, documentation, translations.
  public static let documentation = PathExclusions([
    "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/lintian/*",
    "/usr/share/linda/*", "/usr/share/groff/*",
  ])

  /// Whether an absolute path stays.
  ///
  /// - Parameter isLink: A link below `/usr/share/doc` stays: it leads to the copyright file of another package.
  func keeps(_ path: String, isLink: Bool = false) -> Bool {
    guard names(path) else { return true }
    if isLink && path.hasPrefix("/usr/share/doc/") { return true }
    return Self.matches(included + Self.always, path)
  }

  /// Whether one of the excluded patterns matches an absolute path, whatever speaks for keeping it.
  func names(_ path: String) -> Bool { Self.matches(excluded, path) }

  private static func matches(_ patterns: [String], _ path: String) -> Bool {
    if patterns.isEmpty { return false }
    let bytes = Array(path.utf8)
    return patterns.contains { matches(Array($0.utf8)[...], bytes[...]) }
  }

  /// fnmatch(3) without flags, as dpkg calls it.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    var (pattern, text) = (pattern, text)
    // Where the last star stood, and the text it would have to swallow more of.
    var retry: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
    while true {
      if pattern.first == UInt8(ascii: "*") {
        pattern.removeFirst()
        retry = (pattern, text)
        continue
      }
      if let byte = text.first, let rest = step(pattern, byte) {
        pattern = rest
        text.removeFirst()
        continue
      }
      if pattern.isEmpty && text.isEmpty { return true }
      guard let (afterStar, start) = retry, !start.isEmpty else { return false }
      pattern = afterStar
      text = start.dropFirst()
      retry = (afterStar, text)
    }
  }

  /// What is left of a pattern whose first element matches a byte; nil if it does not.
  private static func step(_ pattern: ArraySlice<UInt8>, _ byte: UInt8) -> ArraySlice<UInt8>? {
    switch pattern.first {
    case nil: return nil
    case UInt8(ascii: "?"): return pattern.dropFirst()
    case UInt8(ascii: "["):
      var rest = pattern.dropFirst()
      let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
      if isNegated { rest.removeFirst() }
      var isMember = false
      var isFirst = true
      while let low = rest.first, isFirst || low != UInt8(ascii: "]") {
        isFirst = false
        rest.removeFirst()
        var high = low
        if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first, end != UInt8(ascii: "]") {
          high = end
          rest.removeFirst(2)
        }
        if low <= byte && byte <= high { isMember = true }
      }
      guard rest.first == UInt8(ascii: "]") else { return byte == UInt8(ascii: "[") ? pattern.dropFirst() : nil }
      return isMember != isNegated ? rest.dropFirst() : nil
    case UInt8(ascii: "\\"):
      let rest = pattern.dropFirst()
      return rest.first == byte ? rest.dropFirst() : nil
    case let literal?: return literal == byte ? pattern.dropFirst() : nil
    }
  }
}
