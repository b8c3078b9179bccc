/// Which bytes of a file are there: ranges in order that neither touch nor overlap.
struct ByteRanges: Hashable, Sendable {
  private(set) var ranges: [Range<Int>] = []

  /// Adds a range; says whether none of its bytes was there before.
  @discardableResult
  mutating func insert(_ range: Range<Int>) -> Bool {
    guard !range.isEmpty else { return true }
    // Writers append to one of a few ends, so looking from the back finds the place at once.
    var index = ranges.count
    while index > 0, ranges[index - 1].upperBound >= range.lowerBound { index -= 1 }
    var end = index
    var merged = range
    var isNew = true
    while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
      isNew = isNew && !ranges[end].overlaps(range)
      merged = min(merged.lowerBound, ranges[end].lowerBound)..<max(merged.upperBound, ranges[end].upperBound)
      end += 1
    }
    ranges.replaceSubrange(index..<end, with: [merged])
    return isNew
  }

  /// How many bytes are there from the start on without a gap.
  var prefix: Int { ranges.first.map { $0.lowerBound == 0 ? $0.upperBound : 0 } ?? 0 }

  /// How many bytes are there.
  var count: Int { ranges.reduce(0) { $0 + $1.count } }

  /// What is not there of a file of this size, in order.
  func missing(of size: Int) -> [Range<Int>] {
    var gaps: [Range<Int>] = []
    var position = 0
    for range in ranges {
      if position < range.lowerBound { gaps.append(position..<min(range.lowerBound, size)) }
      position = range.upperBound
    }
    if position < size { gaps.append(position..<size) }
    return gaps
  }
}
