/// The difference of two texts in the form that `patch` takes.
///
/// POSIX.1-2017, diff, "Diff -u Output Format".
struct UnifiedDiff {
  /// Equal lines around each change.
  private static let context = 3

  private enum Line {
    case kept(String)
    case removed(String)
    case added(String)

    var text: String {
      switch self {
      case .kept(let line): " \(line)"
      case .removed(let line): "-\(line)"
      case .added(let line): "+\(line)"
      }
    }

    var isKept: Bool { if case .kept = self { true } else { false } }
  }

  /// The text, empty when nothing differs.
  let text: String

  init(from old: String, to new: String, name: String) {
    let lines = Self.lines(Self.split(old), Self.split(new))
    guard lines.contains(where: { !$0.isKept }) else {
      text = ""
      return
    }
    var result = "--- \(name)\n+++ \(name)\n"
    for hunk in Self.hunks(lines) {
      let before = lines[..<hunk.lowerBound]
      func count(_ lines: ArraySlice<Line>, without other: (Line) -> Bool) -> Int { lines.count { !other($0) } }
      func isAdded(_ line: Line) -> Bool { if case .added = line { true } else { false } }
      func isRemoved(_ line: Line) -> Bool { if case .removed = line { true } else { false } }
      let part = lines[hunk]
      let oldCount = count(part, without: isAdded)
      let newCount = count(part, without: isRemoved)
      let oldStart = count(before, without: isAdded) + (oldCount > 0 ? 1 : 0)
      let newStart = count(before, without: isRemoved) + (newCount > 0 ? 1 : 0)
      result += "@@ -\(oldStart),\(oldCount) +\(newStart),\(newCount) @@\n"
      for line in part { result += line.text + "\n" }
    }
    text = result
  }

  /// The lines; one without a newline at its end carries the mark for that.
  private static func split(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" {
      lines.removeLast()
    } else if let last = lines.popLast() {
      lines.append(last + "\n\\ No newline at end of file")
    }
    return lines
  }

  /// A shortest edit by the longest common subsequence of what lies between equal ends.
  private static func lines(_ old: [String], _ new: [String]) -> [Line] {
    let head = zip(old, new).prefix { $0 == $1 }.count
    let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let (first, second) = (Array(old[head..<(old.count - tail)]), Array(new[head..<(new.count - tail)]))
    var lengths = [[Int]](repeating: [Int](repeating: 0, count: second.count + 1), count: first.count + 1)
    for i in first.indices.reversed() {
      for j in second.indices.reversed() {
        lengths[i][j] =
          first[i] == second[j] ? lengths[i + 1][j + 1] + 1 : max(lengths[i + 1][j], lengths[i][j + 1])
      }
    }
    var middle: [Line] = []
    var (i, j) = (0, 0)
    while i < first.count || j < second.count {
      if i < first.count, j < second.count, first[i] == second[j] {
        middle.append(.kept(first[i]))
        (i, j) = (i + 1, j + 1)
      } else if i < first.count, j == second.count || lengths[i + 1][j] >= lengths[i][j + 1] {
        middle.append(.removed(first[i]))
        i += 1
      } else {
        middle.append(.added(second[j]))
        j += 1
      }
    }
    return old[..<head].map(Line.kept) + middle + old[(old.count - tail)...].map(Line.kept)
  }

  /// Runs of lines around changes, joined where their context meets.
  private static func hunks(_ lines: [Line]) -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for (place, line) in lines.enumerated() where !line.isKept {
      let range = max(0, place - context)..<min(lines.count, place + context + 1)
      if let last = hunks.last, last.upperBound >= range.lowerBound {
        hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
      } else {
        hunks.append(range)
      }
    }
    return hunks
  }
}
