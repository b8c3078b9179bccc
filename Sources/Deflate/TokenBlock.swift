/// The literals and matches of one deflate block, and how often each symbol occurs.
///
/// Specification: RFC 1951, 3.2.5 to 3.2.7.
struct TokenBlock {
  /// The most tokens of a block.
  static let capacity = 1 << 15

  private static let matchFlag: UInt32 = 1 << 31
  private static let endOfBlock = 256

  private let tokens: UnsafeMutablePointer<UInt32>
  private var count = 0
  private let frequencies: UnsafeMutablePointer<UInt32>

  /// Uses memory for one more token than a block has, with the counts behind it.
  init(_ tokens: UnsafeMutablePointer<UInt32>) {
    self.tokens = tokens
    frequencies = tokens + Self.capacity + 1
    frequencies.update(repeating: 0, count: Self.symbolCount)
  }

  /// How many counters there are: literals and lengths, then distances.
  static let symbolCount = 286 + 30

  var isFull: Bool { count >= Self.capacity }

  @inline(__always) mutating func addLiteral(_ byte: UInt8) {
    tokens[count] = UInt32(byte)
    count &+= 1
    frequencies[Int(byte)] &+= 1
  }

  @inline(__always) mutating func addMatch(_ length: Int, _ distance: Int) {
    tokens[count] =
      Self.matchFlag | UInt32(truncatingIfNeeded: length) &<< 16
      | UInt32(truncatingIfNeeded: distance &- 1)
    count &+= 1
    frequencies[257 &+ Int(Tables.lengthSymbols[length])] &+= 1
    frequencies[286 &+ Tables.distanceSymbol(distance)] &+= 1
  }

  /// Writes the block in the shortest of the three forms.
  func write(
    to writer: inout BitWriter, input: UnsafePointer<UInt8>, from: Int, to end: Int, isFinal: Bool
  ) {
    frequencies[Self.endOfBlock] = 1
    let all = Array(UnsafeBufferPointer(start: frequencies, count: Self.symbolCount))
    let literals = HuffmanCode(frequencies: Array(all[..<286]), longest: 15)
    let distances = HuffmanCode(frequencies: Array(all[286...]), longest: 15)
    let header = CodeHeader(literals: literals.lengths, distances: distances.lengths)
    let dynamicBits = header.bitCount + bits(literals.lengths, distances.lengths)
    let fixedBits = bits(Tables.fixedLiterals.lengths, Tables.fixedDistances.lengths)
    let storedBits = (end - from + (end - from) / 0xFFFF * 5 + 5) * 8
    if storedBits <= min(dynamicBits, fixedBits) {
      writer.writeStored(input, from: from, to: end, isFinal: isFinal)
    } else if fixedBits <= dynamicBits {
      writer.write(isFinal ? 1 : 0, 1)
      writer.write(1, 2)
      writeTokens(to: &writer, Tables.fixedLiterals, Tables.fixedDistances)
    } else {
      writer.write(isFinal ? 1 : 0, 1)
      writer.write(2, 2)
      header.write(to: &writer)
      writeTokens(to: &writer, literals, distances)
    }
  }

  private func bits(_ literals: [UInt8], _ distances: [UInt8]) -> Int {
    var bits = 0
    for symbol in 0..<286 where frequencies[symbol] > 0 {
      bits += Int(frequencies[symbol]) * (Int(literals[symbol]) + (symbol > 256 ? Tables.lengthExtra(symbol - 257) : 0))
    }
    for symbol in 0..<30 where frequencies[286 + symbol] > 0 {
      bits += Int(frequencies[286 + symbol]) * (Int(distances[symbol]) + Tables.distanceExtra(symbol))
    }
    return bits
  }

  private func writeTokens(to writer: inout BitWriter, _ literals: HuffmanCode, _ distances: HuffmanCode) {
    literals.codes.withUnsafeBufferPointer { codes in
      literals.lengths.withUnsafeBufferPointer { widths in
        distances.codes.withUnsafeBufferPointer { distanceCodes in
          distances.lengths.withUnsafeBufferPointer { distanceWidths in
            for index in 0..<count {
              let token = tokens[index]
              if token & Self.matchFlag == 0 {
                writer.write(codes[Int(token)], Int(widths[Int(token)]))
                continue
              }
              let length = Int(token &>> 16 & 0x1FF)
              let symbol = Int(Tables.lengthSymbols[length])
              writer.write(codes[257 &+ symbol], Int(widths[257 &+ symbol]))
              writer.write(
                UInt32(truncatingIfNeeded: length &- Tables.lengthBase(symbol)), Tables.lengthExtra(symbol))
              let distance = Int(token & 0xFFFF) &+ 1
              let far = Tables.distanceSymbol(distance)
              writer.write(distanceCodes[far], Int(distanceWidths[far]))
              writer.write(
                UInt32(truncatingIfNeeded: distance &- Tables.distanceBase(far)), Tables.distanceExtra(far))
            }
            writer.write(codes[Self.endOfBlock], Int(widths[Self.endOfBlock]))
          }
        }
      }
    }
  }
}
