/// A pattern of names as shells and package managers write it: `*`, `?` and sets in brackets.
struct Glob: Sendable, Hashable {
  private let pattern: [UInt8]

  init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

  /// Whether it means just one name.
  var isLiteral: Bool { !pattern.contains { "*?[".utf8.contains($0) } }

  /// Whether a name fits as a whole.
  func matches(_ name: String) -> Bool {
    let text = Array(name.utf8)
    // The last star that can take one more byte, and where the text stood then: linear in practice, never exponential.
    var (p, t) = (0, 0)
    var retry: (p: Int, t: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        retry = (p, t)
        p += 1
      } else if p < pattern.count, let end = step(p, text[t]) {
        p = end
        t += 1
      } else if let last = retry {
        retry = (last.p, last.t + 1)
        (p, t) = (last.p + 1, last.t + 1)
      } else {
        return false
      }
    }
    while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
    return p == pattern.count
  }

  /// The place after the part of the pattern that takes a byte, if it does.
  private func step(_ place: Int, _ byte: UInt8) -> Int? {
    switch pattern[place] {
    case UInt8(ascii: "?"): return place + 1
    case UInt8(ascii: "["):
      var next = place + 1
      let isNegated = next < pattern.count && (pattern[next] == UInt8(ascii: "!") || pattern[next] == UInt8(ascii: "^"))
      if isNegated { next += 1 }
      guard let end = pattern[min(next + 1, pattern.count)...].firstIndex(of: UInt8(ascii: "]")) else {
        return byte == UInt8(ascii: "[") ? place + 1 : nil
      }
      var isIn = false
      while next < end {
        if next + 2 < end, pattern[next + 1] == UInt8(ascii: "-") {
          isIn = isIn || pattern[next] <= byte && byte <= pattern[next + 2]
          next += 3
        } else {
          isIn = isIn || pattern[next] == byte
          next += 1
        }
      }
      return isIn != isNegated ? end + 1 : nil
    default: return pattern[place] == byte ? place + 1 : nil
    }
  }
}
