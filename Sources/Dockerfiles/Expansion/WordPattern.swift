/// A shell pattern of `${NAME#PATTERN}` and its kin: `*` is any text, `?` one character, neither goes over a newline.
///
/// POSIX, Shell Command Language, 2.13, without bracket expressions, as BuildKit has it.
struct WordPattern {
  private enum Part {
    case any
    case one
    case scalar(Unicode.Scalar)
  }

  private let parts: [Part]

  private init(parts: [Part]) { self.parts = parts }

  init(parsing pattern: String) throws(WordError) {
    var parts: [Part] = []
    let scalars = Array(pattern.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      switch scalar {
      case "*": parts.append(.any)
      case "?": parts.append(.one)
      case "\\":
        // A closing brace and a slash are escaped for `${}` itself; the pattern has them without.
        if index < scalars.count, scalars[index] == "}" || scalars[index] == "/" { continue }
        guard index < scalars.count, ["*", "?", "\\"].contains(scalars[index]) else {
          throw .badPattern(pattern)
        }
        parts.append(.scalar(scalars[index]))
        index += 1
      default: parts.append(.scalar(scalar))
      }
    }
    self.parts = parts
  }

  /// All places at which a match that begins at `start` can end, in order.
  private func ends(in text: [Unicode.Scalar], from start: Int) -> [Int] {
    var reached: Set<Int> = [start]
    for part in parts {
      var next: Set<Int> = []
      for place in reached {
        switch part {
        case .any:
          // Whoever reached the next place already went on from there.
          var end = place
          next.insert(end)
          while end < text.count, text[end] != "\n", next.insert(end + 1).inserted { end += 1 }
        case .one: if place < text.count, text[place] != "\n" { next.insert(place + 1) }
        case .scalar(let scalar): if place < text.count, text[place] == scalar { next.insert(place + 1) }
        }
      }
      reached = next
      if reached.isEmpty { return [] }
    }
    return reached.sorted()
  }

  /// The text without the shortest or the longest prefix that matches.
  func removingPrefix(from text: String, longest: Bool) -> String {
    let scalars = Array(text.unicodeScalars)
    let ends = ends(in: scalars, from: 0)
    guard let end = longest ? ends.last : ends.first else { return text }
    return Self.text(scalars[end...])
  }

  /// The text without the shortest or the longest suffix that matches.
  func removingSuffix(from text: String, longest: Bool) -> String {
    let reversed = WordPattern(parts: parts.reversed())
    let scalars = Array(text.unicodeScalars)
    let ends = reversed.ends(in: scalars.reversed(), from: 0)
    guard let end = longest ? ends.last : ends.first else { return text }
    return Self.text(scalars.dropLast(end))
  }

  /// The text with the first match, or all, replaced; each match is as long as can be.
  func replacing(in text: String, with replacement: String, all: Bool) -> String {
    let scalars = Array(text.unicodeScalars)
    var result: [Unicode.Scalar] = []
    var index = 0
    var lastEnd = -1
    while index <= scalars.count {
      // An empty match right behind another match is none.
      if let end = ends(in: scalars, from: index).last, end > index || index != lastEnd {
        result += replacement.unicodeScalars
        lastEnd = end
        if !all { return Self.text(result[...] + scalars[end...]) }
        if end > index {
          index = end
          continue
        }
      }
      if index < scalars.count { result.append(scalars[index]) }
      index += 1
    }
    return Self.text(result[...])
  }

  private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }
}
