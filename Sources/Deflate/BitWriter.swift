/// Bits into memory, the first into the lowest of each byte (RFC 1951, 3.1.1).
struct BitWriter {
  private var place: UnsafeMutablePointer<UInt8>
  private let start: UnsafeMutablePointer<UInt8>
  private var bits: UInt64 = 0
  private var bitCount: UInt64 = 0

  init(_ place: UnsafeMutablePointer<UInt8>) {
    self.place = place
    start = place
  }

  /// The number of whole bytes so far.
  var count: Int { place - start }
  /// The number of bits so far.
  var bitPosition: Int { count * 8 + Int(bitCount) }

  /// Appends up to 32 bits; at most 31 others may wait.
  @inline(__always) mutating func write(_ value: UInt32, _ width: Int) {
    bits |= UInt64(value) &<< bitCount
    bitCount &+= UInt64(truncatingIfNeeded: width)
    if bitCount >= 32 {
      UnsafeMutableRawPointer(place).storeBytes(of: UInt32(truncatingIfNeeded: bits).littleEndian, as: UInt32.self)
      place += 4
      bits &>>= 32
      bitCount &-= 32
    }
  }

  /// Fills the current byte with zeros.
  mutating func alignToByte() {
    while bitCount > 0 {
      place.pointee = UInt8(truncatingIfNeeded: bits)
      place += 1
      bits >>= 8
      bitCount = bitCount > 8 ? bitCount - 8 : 0
    }
    bits = 0
  }

  /// Writes bytes as they are (RFC 1951, 3.2.4), at least one block of them.
  mutating func writeStored(_ input: UnsafePointer<UInt8>, from: Int, to: Int, isFinal: Bool) {
    var position = from
    repeat {
      let count = min(to - position, 0xFFFF)
      write(isFinal && position + count == to ? 1 : 0, 1)
      write(0, 2)
      alignToByte()
      write(UInt32(count), 16)
      write(UInt32(~count & 0xFFFF), 16)
      memoryCopy(place, UnsafeRawPointer(input + position), count)
      place += count
      position += count
    } while position < to
  }
}
