/// The two codes of a block with dynamic codes, as the block's header has them: lengths, repeated ones shortened, under a third
/// code.
///
/// Specification: RFC 1951, 3.2.7.
struct CodeHeader {
  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private let literalCount: Int
  private let distanceCount: Int
  private let runs: [(symbol: Int, extra: UInt32, width: Int)]
  private let code: HuffmanCode
  private let codeCount: Int

  init(literals: [UInt8], distances: [UInt8]) {
    let literalCount = max(257, (literals.lastIndex { $0 > 0 } ?? 0) + 1)
    let distanceCount = max(1, (distances.lastIndex { $0 > 0 } ?? 0) + 1)
    self.literalCount = literalCount
    self.distanceCount = distanceCount
    runs = Self.runs(Array(literals[..<literalCount]) + Array(distances[..<distanceCount]))
    var frequencies = [UInt32](repeating: 0, count: 19)
    for run in runs { frequencies[run.symbol] += 1 }
    // A code of one symbol is incomplete, which decoders refuse here.
    if frequencies.count(where: { $0 > 0 }) == 1 { frequencies[frequencies[0] > 0 ? 1 : 0] = 1 }
    let code = HuffmanCode(frequencies: frequencies, longest: 7)
    self.code = code
    codeCount = max(4, (Self.order.lastIndex { code.lengths[$0] > 0 } ?? 0) + 1)
  }

  /// Lengths in their order: 16 repeats the one before 3 to 6 times, 17 and 18 stand for 3 to 10 and 11 to 138 zeros.
  private static func runs(_ lengths: [UInt8]) -> [(symbol: Int, extra: UInt32, width: Int)] {
    var runs: [(symbol: Int, extra: UInt32, width: Int)] = []
    var index = 0
    while index < lengths.count {
      let value = lengths[index]
      var count = 1
      while index + count < lengths.count, lengths[index + count] == value { count += 1 }
      index += count
      if value == 0 {
        while count >= 11 {
          let part = min(count, 138)
          runs.append((18, UInt32(part - 11), 7))
          count -= part
        }
        if count >= 3 {
          runs.append((17, UInt32(count - 3), 3))
          count = 0
        }
      } else {
        runs.append((Int(value), 0, 0))
        count -= 1
        while count >= 3 {
          let part = min(count, 6)
          runs.append((16, UInt32(part - 3), 2))
          count -= part
        }
      }
      for _ in 0..<count { runs.append((Int(value), 0, 0)) }
    }
    return runs
  }

  /// The number of bits that the header takes, with the three before it.
  var bitCount: Int {
    17 + 3 * codeCount + runs.reduce(0) { $0 + Int(code.lengths[$1.symbol]) + $1.width }
  }

  func write(to writer: inout BitWriter) {
    writer.write(UInt32(literalCount - 257), 5)
    writer.write(UInt32(distanceCount - 1), 5)
    writer.write(UInt32(codeCount - 4), 4)
    for symbol in Self.order[..<codeCount] { writer.write(UInt32(code.lengths[symbol]), 3) }
    for run in runs {
      writer.write(code.codes[run.symbol], Int(code.lengths[run.symbol]))
      writer.write(run.extra, run.width)
    }
  }
}
