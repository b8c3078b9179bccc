/// Finds earlier occurrences of the bytes at a position, through chains of positions with the same hash.
final class MatchFinder {
  private static let hashBits = 15
  private static let windowMask = Deflater.windowSize - 1
  /// How many earlier positions are looked at.
  private static let depth = 4
  /// A match of this length is good enough to look no further.
  private static let nice = 48
  /// A match of this length is taken without looking at the next position.
  private static let lazyLimit = 12
  /// The shortest match: the four bytes that are hashed.
  private static let shortest = 4
  static let longest = 258

  private let heads: UnsafeMutablePointer<Int32>
  private let previous: UnsafeMutablePointer<Int32>

  init() {
    heads = .allocate(capacity: 1 << Self.hashBits)
    heads.initialize(repeating: 0, count: 1 << Self.hashBits)
    previous = .allocate(capacity: Deflater.windowSize)
    previous.initialize(repeating: 0, count: Deflater.windowSize)
  }

  deinit {
    heads.deallocate()
    previous.deallocate()
  }

  /// Forgets everything, then learns the bytes of a dictionary.
  func reset(input: UnsafePointer<UInt8>, from: Int, to: Int, end: Int) {
    heads.update(repeating: Int32.min / 2, count: 1 << Self.hashBits)
    previous.update(repeating: Int32.min / 2, count: Deflater.windowSize)
    let last = min(to, end &- Self.shortest &+ 1)
    var position = from
    while position < last {
      insert(input, position)
      position &+= 1
    }
  }

  @inline(__always) private func hash(_ input: UnsafePointer<UInt8>, _ position: Int) -> Int {
    let word = UInt32(littleEndian: UnsafeRawPointer(input + position).loadUnaligned(as: UInt32.self))
    return Int(truncatingIfNeeded: (word &* 0x9E37_79B1) >> UInt32(32 &- Self.hashBits))
  }

  /// Enters a position, and gives the one before it with the same hash.
  @inline(__always) @discardableResult
  private func insert(_ input: UnsafePointer<UInt8>, _ position: Int) -> Int {
    let slot = hash(input, position)
    let before = heads[slot]
    previous[position & Self.windowMask] = before
    heads[slot] = Int32(truncatingIfNeeded: position)
    return Int(before)
  }

  /// The longest match at a position that is longer than a length, as length and distance; a length of 0 is none.
  @inline(__always)
  private func longest(
    _ input: UnsafePointer<UInt8>, _ position: Int, from candidate: Int, atLeast minimum: Int, limit: Int
  ) -> (length: Int, distance: Int) {
    var best = minimum &- 1
    var distance = 0
    var candidate = candidate
    var depth = Self.depth
    let oldest = position &- Deflater.windowSize
    let raw = UnsafeRawPointer(input)
    guard best < limit else { return (0, 0) }
    var tail = raw.loadUnaligned(fromByteOffset: position &+ best &- 3, as: UInt32.self)
    while candidate >= oldest && candidate >= 0 && depth > 0 {
      if raw.loadUnaligned(fromByteOffset: candidate &+ best &- 3, as: UInt32.self) == tail {
        let length = Self.common(raw, candidate, position, limit)
        if length > best {
          best = length
          distance = position &- candidate
          if length >= Self.nice || length >= limit { break }
          tail = raw.loadUnaligned(fromByteOffset: position &+ best &- 3, as: UInt32.self)
        }
      }
      candidate = Int(previous[candidate & Self.windowMask])
      depth &-= 1
    }
    return distance == 0 ? (0, 0) : (best, distance)
  }

  /// How many bytes two positions have in common, up to a limit.
  @inline(__always)
  private static func common(_ raw: UnsafeRawPointer, _ first: Int, _ second: Int, _ limit: Int) -> Int {
    var length = 0
    while length < limit {
      let difference =
        UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: first &+ length, as: UInt64.self))
        ^ UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: second &+ length, as: UInt64.self))
      if difference != 0 { return min(limit, length &+ difference.trailingZeroBitCount >> 3) }
      length &+= 8
    }
    return limit
  }

  /// Turns bytes into tokens until the block is full, and gives the position that it ends at.
  func fill(_ block: inout TokenBlock, input: UnsafePointer<UInt8>, from start: Int, end: Int) -> Int {
    var position = start
    let last = end &- Self.shortest
    var misses = 0
    while position < end && !block.isFull {
      guard position <= last else {
        block.addLiteral(input[position])
        position &+= 1
        continue
      }
      let candidate = insert(input, position)
      var match = longest(
        input, position, from: candidate, atLeast: Self.shortest, limit: min(Self.longest, end &- position))
      if match.length == 0 {
        block.addLiteral(input[position])
        position &+= 1
        misses &+= 1
        // Where nothing repeats, as in what is compressed already, ever fewer positions are looked at.
        var skipped = misses >> 6
        while skipped > 0 && position < end && !block.isFull {
          block.addLiteral(input[position])
          position &+= 1
          skipped &-= 1
        }
        continue
      }
      misses = 0
      while match.length < Self.lazyLimit && position < last && !block.isFull {
        let next = insert(input, position &+ 1)
        let better = longest(
          input, position &+ 1, from: next, atLeast: match.length &+ 1,
          limit: min(Self.longest, end &- position &- 1))
        guard better.length > match.length else {
          // The next position is entered already.
          block.addMatch(match.length, match.distance)
          enter(input, from: position &+ 2, to: position &+ match.length, last: last)
          position &+= match.length
          match.length = 0
          break
        }
        block.addLiteral(input[position])
        position &+= 1
        match = better
      }
      if match.length > 0 {
        block.addMatch(match.length, match.distance)
        enter(input, from: position &+ 1, to: position &+ match.length, last: last)
        position &+= match.length
      }
    }
    return position
  }

  @inline(__always)
  private func enter(_ input: UnsafePointer<UInt8>, from: Int, to: Int, last: Int) {
    var position = from
    let end = min(to, last &+ 1)
    while position < end {
      insert(input, position)
      position &+= 1
    }
  }
}
