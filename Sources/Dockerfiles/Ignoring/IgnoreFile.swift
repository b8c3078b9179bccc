import Host

/// The patterns of a `.dockerignore` or `.containerignore` file: what of a folder a build does not see.
///
/// The last pattern that matches a path or a folder above it decides.
public struct IgnoreFile: Sendable, Hashable {
  /// The patterns, in order.
  public let patterns: [IgnorePattern]

  /// Keeps patterns.
  public init(patterns: [IgnorePattern]) { self.patterns = patterns }

  /// Reads a file: a pattern a line, `#` begins a comment at the beginning of a line.
  public init(parsing text: String) throws(DockerfileError) {
    var patterns: [IgnorePattern] = []
    var number = 0
    for raw in text.lines {
      number += 1
      var line = raw
      if number == 1, line.unicodeScalars.first == "\u{FEFF}" { line.unicodeScalars.removeFirst() }
      if line.hasPrefix("#") { continue }
      guard let pattern = Self.normalized(Self.trimmed(line)) else { continue }
      guard pattern != "!" else {
        throw DockerfileError(
          at: SourcePosition(line: number, column: 1), "illegal exclusion pattern: \"!\"",
          hint: "put the pattern that is to be kept behind it")
      }
      do { patterns.append(try IgnorePattern(parsing: pattern)) } catch {
        throw DockerfileError(at: SourcePosition(line: number, column: 1), error.description)
      }
    }
    self.patterns = patterns
  }

  /// Whether a path below the folder is not to be seen.
  public func ignores(_ path: String) -> Bool {
    var ignored = false
    for pattern in patterns where pattern.isException == ignored && pattern.matchesOrHolds(path) {
      ignored = !pattern.isException
    }
    return ignored
  }

  /// Whether something below an ignored folder may be seen after all, so that it has to be looked into.
  ///
  /// As with Docker, that takes an exception which names the folder from its start: `!**/name` opens no folder.
  public func looksInto(_ folder: String) -> Bool {
    patterns.contains { $0.isException && "\($0.text)/".hasPrefix("\(folder)/") }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.unicodeScalars.first?.properties.isWhitespace == true { text.unicodeScalars.removeFirst() }
    while text.unicodeScalars.last?.properties.isWhitespace == true { text.unicodeScalars.removeLast() }
    return text
  }

  /// The pattern relative to the folder; a slash before it means nothing.
  private static func normalized(_ text: Substring) -> String? {
    guard !text.isEmpty else { return nil }
    let isException = text.hasPrefix("!")
    let body = isException ? trimmed(text.dropFirst()) : text
    if body.isEmpty { return "!" }
    var path = PathText.cleaned(String(body))
    if path.count > 1, path.hasPrefix("/") { path.removeFirst() }
    return (isException ? "!" : "") + path
  }
}
