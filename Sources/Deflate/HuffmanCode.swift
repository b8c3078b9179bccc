/// A prefix code of limited length for symbols of given frequencies.
///
/// Specification: RFC 1951, 3.2.2 for the codes; the lengths are those of a Huffman tree, flattened where it is too deep.
struct HuffmanCode {
  /// The number of bits of each symbol, 0 for one that does not occur.
  private(set) var lengths: [UInt8]
  /// The bits of each symbol, the first one lowest.
  private(set) var codes: [UInt32]

  /// Makes the code; of symbols that occur equally often the first has the shorter one.
  init(frequencies: [UInt32], longest: Int) {
    lengths = Self.lengths(frequencies, longest)
    codes = Self.codes(lengths)
  }

  init(lengths: [UInt8]) {
    self.lengths = lengths
    codes = Self.codes(lengths)
  }

  private static func lengths(_ frequencies: [UInt32], _ longest: Int) -> [UInt8] {
    var lengths = [UInt8](repeating: 0, count: frequencies.count)
    let symbols = frequencies.indices.filter { frequencies[$0] > 0 }
      .sorted { (frequencies[$0], $0) < (frequencies[$1], $1) }
    guard symbols.count > 1 else {
      // One code of one bit, which every decoder takes.
      if let only = symbols.first { lengths[only] = 1 }
      return lengths
    }
    // Two queues in order of weight: leaves, and nodes as they are made.
    let count = symbols.count
    var weights = symbols.map { UInt64(frequencies[$0]) }
    var parents = [Int](repeating: 0, count: 2 * count - 1)
    var (leaf, node) = (0, count)
    func lightest() -> Int {
      if leaf < count, node >= weights.count || weights[leaf] <= weights[node] {
        leaf += 1
        return leaf - 1
      }
      node += 1
      return node - 1
    }
    while weights.count < 2 * count - 1 {
      let (first, second) = (lightest(), lightest())
      parents[first] = weights.count
      parents[second] = weights.count
      weights.append(weights[first] + weights[second])
    }
    var depths = [Int](repeating: 0, count: 2 * count - 1)
    var counts = [Int](repeating: 0, count: longest + 1)
    for index in stride(from: 2 * count - 3, through: 0, by: -1) {
      depths[index] = depths[parents[index]] + 1
      if index < count { counts[min(depths[index], longest)] += 1 }
    }
    flatten(&counts, longest)
    // The rarest symbols get the longest codes.
    var next = 0
    for length in stride(from: longest, to: 0, by: -1) {
      for _ in 0..<counts[length] {
        lengths[symbols[next]] = UInt8(length)
        next += 1
      }
    }
    return lengths
  }

  /// Lengthens short codes until there is room for those that were cut to the limit (Kraft's inequality).
  private static func flatten(_ counts: inout [Int], _ longest: Int) {
    var used = (1...longest).reduce(0) { $0 + counts[$1] << (longest - $1) }
    while used > 1 << longest {
      var length = longest - 1
      while counts[length] == 0 { length -= 1 }
      counts[length] -= 1
      counts[length + 1] += 2
      counts[longest] -= 1
      used -= 1
    }
  }

  private static func codes(_ lengths: [UInt8]) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: 16)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    var next = [UInt32](repeating: 0, count: 16)
    for length in 1..<16 { next[length] = (next[length - 1] + counts[length - 1]) << 1 }
    return lengths.map { length in
      guard length > 0 else { return 0 }
      defer { next[Int(length)] += 1 }
      return reversed(next[Int(length)], Int(length))
    }
  }

  private static func reversed(_ code: UInt32, _ width: Int) -> UInt32 {
    var (code, result) = (code, UInt32(0))
    for _ in 0..<width {
      result = result << 1 | code & 1
      code >>= 1
    }
    return result
  }
}
