/// Is a set of versions as a sorted list of intervals between cuts.
///
/// A cut lies between versions, never on one, so every interval is half open and intersection, union and complement
/// need no case for inclusive and exclusive ends. What a cut is, is the version scheme's affair: see `PEP440Cut`.
///
/// All of it may be inlined: a solver in another module spends a third of its time here, and code for any cut at all is
/// several times slower than code for the one it has.
public struct VersionRanges<Cut: Comparable & Hashable & Sendable>: Hashable, Sendable {
  /// Is one stretch of the version order; a missing end is unbounded.
  public struct Interval: Hashable, Sendable {
    /// The cut at which the interval begins.
    public let lower: Cut?
    /// The cut at which it ends.
    public let upper: Cut?

    @inlinable init(lower: Cut?, upper: Cut?) {
      self.lower = lower
      self.upper = upper
    }
  }

  /// The intervals, ascending, neither empty nor touching each other.
  public let intervals: [Interval]

  /// No version.
  @inlinable public static var empty: Self { Self(intervals: []) }

  /// Every version.
  @inlinable public static var full: Self { Self(intervals: [Interval(lower: nil, upper: nil)]) }

  @inlinable init(intervals: [Interval]) {
    self.intervals = intervals
  }

  /// The versions between two cuts; empty if `lower` is not below `upper`.
  @inlinable public init(from lower: Cut?, to upper: Cut?) {
    if let lower, let upper, lower >= upper {
      intervals = []
    } else {
      intervals = [Interval(lower: lower, upper: upper)]
    }
  }

  /// Whether no version is in the set.
  @inlinable public var isEmpty: Bool { intervals.isEmpty }

  /// Whether every version is in the set.
  @inlinable public var isFull: Bool { intervals.count == 1 && intervals[0].lower == nil && intervals[0].upper == nil }

  /// Whether the version that begins at `cut` is in the set.
  @inlinable public func contains(from cut: Cut) -> Bool {
    // The first interval that ends after the cut is the only one that can hold it.
    var (low, high) = (0, intervals.count)
    while low < high {
      let middle = (low + high) / 2
      if let upper = intervals[middle].upper, upper <= cut { low = middle + 1 } else { high = middle }
    }
    guard low < intervals.count else { return false }
    return intervals[low].lower.map { $0 <= cut } ?? true
  }

  /// The versions that are not in the set.
  @inlinable public var complement: Self {
    var gaps: [Interval] = []
    var start: Cut?
    for (index, interval) in intervals.enumerated() {
      if index > 0 || interval.lower != nil { gaps.append(Interval(lower: start, upper: interval.lower)) }
      guard let upper = interval.upper else { return Self(intervals: gaps) }
      start = upper
    }
    gaps.append(Interval(lower: start, upper: nil))
    return Self(intervals: gaps)
  }

  /// The versions that are in both sets.
  @inlinable public func intersection(_ other: Self) -> Self {
    if isFull { return other }
    if other.isFull { return self }
    var common: [Interval] = []
    var (mine, theirs) = (0, 0)
    while mine < intervals.count, theirs < other.intervals.count {
      let (left, right) = (intervals[mine], other.intervals[theirs])
      let lower = Self.later(left.lower, right.lower)
      let leftEndsFirst = Self.endsFirst(left.upper, right.upper)
      let upper = leftEndsFirst ? left.upper : right.upper
      if lower == nil || upper == nil || lower! < upper! { common.append(Interval(lower: lower, upper: upper)) }
      if leftEndsFirst { mine += 1 } else { theirs += 1 }
    }
    return Self(intervals: common)
  }

  /// The versions that are in either set.
  @inlinable public func union(_ other: Self) -> Self {
    if isEmpty || other.isFull { return other }
    if other.isEmpty || isFull { return self }
    return complement.intersection(other.complement).complement
  }

  /// Whether every version of the set is in `other` too.
  @inlinable public func isSubset(of other: Self) -> Bool {
    var place = 0
    for interval in intervals {
      // The first interval that does not end before this one does is the only one that can enclose it.
      while place < other.intervals.count, Self.endsFirst(other.intervals[place].upper, interval.upper) { place += 1 }
      guard place < other.intervals.count else { return false }
      guard let lower = other.intervals[place].lower else { continue }
      guard let own = interval.lower, lower <= own else { return false }
    }
    return true
  }

  /// Whether no version is in both sets.
  @inlinable public func isDisjoint(with other: Self) -> Bool {
    var (mine, theirs) = (0, 0)
    while mine < intervals.count, theirs < other.intervals.count {
      let (left, right) = (intervals[mine], other.intervals[theirs])
      if Self.isBefore(left, right) {
        mine += 1
      } else if Self.isBefore(right, left) {
        theirs += 1
      } else {
        return false
      }
    }
    return true
  }

  /// Whether an interval ends where another begins, or sooner.
  @inlinable static func isBefore(_ left: Interval, _ right: Interval) -> Bool {
    guard let upper = left.upper, let lower = right.lower else { return false }
    return upper <= lower
  }

  @inlinable static func later(_ left: Cut?, _ right: Cut?) -> Cut? {
    guard let left else { return right }
    guard let right else { return left }
    return left < right ? right : left
  }

  @inlinable static func endsFirst(_ left: Cut?, _ right: Cut?) -> Bool {
    guard let left else { return false }
    guard let right else { return true }
    return left < right
  }
}
