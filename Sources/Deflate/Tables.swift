/// The symbols of lengths and distances, and the fixed codes.
///
/// Specification: RFC 1951, 3.2.5 and 3.2.6.
enum Tables {
  /// The symbol, from 257, of each length up to 258.
  nonisolated(unsafe) static let lengthSymbols: UnsafePointer<UInt8> = {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 259)
    table.initialize(repeating: 0, count: 259)
    for symbol in 0..<28 {
      for length in lengthBase(symbol)..<min(258, lengthBase(symbol) + 1 << lengthExtra(symbol)) {
        table[length] = UInt8(symbol)
      }
    }
    table[258] = 28
    return UnsafePointer(table)
  }()

  @inline(__always) static func lengthExtra(_ symbol: Int) -> Int {
    symbol < 8 || symbol == 28 ? 0 : (symbol &- 4) &>> 2
  }

  @inline(__always) static func lengthBase(_ symbol: Int) -> Int {
    if symbol < 8 { return symbol &+ 3 }
    if symbol == 28 { return 258 }
    return (4 &+ symbol & 3) &<< ((symbol &- 4) &>> 2) &+ 3
  }

  /// The symbol of a distance from 1 to 32768: its two highest bits and how many follow.
  @inline(__always) static func distanceSymbol(_ distance: Int) -> Int {
    let value = distance &- 1
    if value < 4 { return value }
    let high = Int.bitWidth &- 1 &- value.leadingZeroBitCount
    return high &* 2 &+ (value &>> (high &- 1)) & 1
  }

  @inline(__always) static func distanceExtra(_ symbol: Int) -> Int { symbol < 4 ? 0 : (symbol &- 2) &>> 1 }

  @inline(__always) static func distanceBase(_ symbol: Int) -> Int {
    symbol < 4 ? symbol &+ 1 : (2 &+ symbol & 1) &<< ((symbol &- 2) &>> 1) &+ 1
  }

  static let fixedLiterals = HuffmanCode(
    lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances = HuffmanCode(lengths: [UInt8](repeating: 5, count: 30))
}
