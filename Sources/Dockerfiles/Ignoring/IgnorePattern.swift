/// A pattern of a `.dockerignore` file or of `--exclude`: Go's `filepath.Match` and `**`.
///
/// Written after moby's `patternmatcher`: a pattern that matches a folder matches all in it.
public struct IgnorePattern: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    case scalar(Unicode.Scalar)
    /// Any character but a slash.
    case one
    /// Any text without a slash.
    case any
    /// Any text, at the end of a pattern or before a plain one.
    case anything
    /// Any number of whole path components with their slashes.
    case components
    case set(negated: Bool, [ClosedRange<Unicode.Scalar>])
  }

  /// The pattern as it was written, without `!`.
  public let text: String
  /// Whether it takes back what patterns before it matched.
  public let isException: Bool
  let parts: [Part]

  /// Why a pattern can't be read.
  public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The pattern.
    public let pattern: String
    /// The fault in one line.
    public var description: String { "the pattern \"\(pattern)\" is malformed" }
  }

  /// Reads a pattern; `!` before it makes it an exception.
  public init(parsing pattern: String) throws(ParseError) {
    isException = pattern.hasPrefix("!")
    text = isException ? String(pattern.dropFirst()) : pattern
    guard let parts = Self.parts(Array(PathText.cleaned(text).unicodeScalars)) else {
      throw ParseError(pattern: pattern)
    }
    self.parts = parts
  }

  private static func parts(_ scalars: [Unicode.Scalar]) -> [Part]? {
    var parts: [Part] = []
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      switch scalar {
      case "*":
        guard index < scalars.count, scalars[index] == "*" else {
          parts.append(.any)
          continue
        }
        index += 1
        if index < scalars.count, scalars[index] == "/" { index += 1 }
        // At the beginning of an otherwise plain pattern it is any text at all, so that `**.log` is about all that ends so.
        let isSuffix = index == 2 && !scalars[2...].contains { "*?[]\\".unicodeScalars.contains($0) }
        parts.append(index == scalars.count || isSuffix ? .anything : .components)
      case "?": parts.append(.one)
      case "\\":
        guard index < scalars.count else { return nil }
        parts.append(.scalar(scalars[index]))
        index += 1
      case "[":
        guard let set = set(scalars, &index) else { return nil }
        parts.append(set)
      default: parts.append(.scalar(scalar))
      }
    }
    return parts
  }

  private static func set(_ scalars: [Unicode.Scalar], _ index: inout Int) -> Part? {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    let negated = index < scalars.count && scalars[index] == "^"
    if negated { index += 1 }
    func one() -> Unicode.Scalar? {
      guard index < scalars.count, scalars[index] != "-", ranges.isEmpty || scalars[index] != "]" else { return nil }
      if scalars[index] == "\\" { index += 1 }
      guard index < scalars.count else { return nil }
      defer { index += 1 }
      return scalars[index]
    }
    while true {
      if index < scalars.count, scalars[index] == "]", !ranges.isEmpty {
        index += 1
        return .set(negated: negated, ranges)
      }
      guard let low = one() else { return nil }
      var high = low
      if index < scalars.count, scalars[index] == "-" {
        index += 1
        guard let end = one() else { return nil }
        high = end
      }
      guard low <= high else { return nil }
      ranges.append(low...high)
    }
  }

  /// Whether a path, relative and clean, matches the whole pattern.
  public func matches(_ path: String) -> Bool {
    let scalars = Array(path.unicodeScalars)
    return lengths(of: scalars).contains(scalars.count)
  }

  /// Whether a path or one of the folders above it matches.
  public func matchesOrHolds(_ path: String) -> Bool {
    let scalars = Array(path.unicodeScalars)
    return lengths(of: scalars).contains { $0 == scalars.count || ($0 > 0 && scalars[$0] == "/") }
  }

  /// The lengths of the prefixes of `path` that match.
  private func lengths(of path: [Unicode.Scalar]) -> Set<Int> {
    var reached: Set<Int> = [0]
    for part in parts {
      var next: Set<Int> = []
      for place in reached {
        switch part {
        case .scalar(let scalar): if place < path.count, path[place] == scalar { next.insert(place + 1) }
        case .one: if place < path.count, path[place] != "/" { next.insert(place + 1) }
        case .any:
          var end = place
          next.insert(end)
          while end < path.count, path[end] != "/", next.insert(end + 1).inserted { end += 1 }
        case .anything: for end in place...path.count { next.insert(end) }
        case .components:
          next.insert(place)
          for end in place..<path.count where path[end] == "/" { next.insert(end + 1) }
        case .set(let negated, let ranges):
          if place < path.count, path[place] != "/", ranges.contains(where: { $0.contains(path[place]) }) != negated {
            next.insert(place + 1)
          }
        }
      }
      reached = next
      if reached.isEmpty { break }
    }
    return reached
  }
}
