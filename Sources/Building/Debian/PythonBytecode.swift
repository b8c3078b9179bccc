import Host

/// A compiled Python module whose header names its source by hash, and tells Python not to look (PEP 552).
///
/// Python's default header holds the source's time, so a layer that changes times makes every module stale; a hash that is
/// checked costs reading each source at each start. The code behind the header is the same in all three forms, so nothing
/// has to be compiled again.
enum PythonBytecode {
  private static let headerSize = 16

  /// The bytes of a module with the header that PEP 552 calls an unchecked hash.
  ///
  /// - Returns: `nil` if the bytes are no module, or one that was compiled from another source than this.
  static func unchecked(_ module: [UInt8], source: [UInt8], sourceModified: Int) -> [UInt8]? {
    // Magic number with "\r\n", flags, then time and size or the hash; all little-endian.
    guard module.count > headerSize, module[2] == 0x0D, module[3] == 0x0A else { return nil }
    let flags = littleEndian(module[4..<8])
    if flags == 0 {
      guard littleEndian(module[8..<12]) == UInt64(truncatingIfNeeded: sourceModified) & 0xFFFF_FFFF,
        littleEndian(module[12..<16]) == UInt64(source.count) & 0xFFFF_FFFF
      else { return nil }
    }
    let magic = littleEndian(module[0..<4])
    // `_imp.source_hash`: SipHash with the magic number as the key, of one round a block since Python 3.11 (3450 is its first number).
    let hash = SipHash(key: (magic, 0), rounds: (magic & 0xFFFF) >= 3450 ? 1 : 2).digest(of: source)
    if flags != 0, littleEndian(module[8..<16]) != hash { return nil }
    var result = module
    result.replaceSubrange(4..<8, with: [1, 0, 0, 0])
    for index in 0..<8 { result[8 + index] = UInt8(truncatingIfNeeded: hash >> UInt64(8 * index)) }
    return result
  }

  /// The path of the source of a module in a `__pycache__` folder (PEP 3147); nil for other paths.
  static func source(of path: String) -> String? {
    guard path.hasSuffix(".pyc"), let folder = Path.parent(path), Path.name(folder) == "__pycache__",
      let parent = Path.parent(folder)
    else { return nil }
    return "\(parent)/\(Path.name(path).prefix { $0 != "." }).py"
  }

  private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// SipHash with a choice of rounds a block, and three or four at the end (Aumasson and Bernstein, 2012).
struct SipHash {
  private let key: (UInt64, UInt64)
  private let rounds: Int

  /// Makes the hash that Python calls SipHash-1-3 or SipHash-2-4.
  init(key: (UInt64, UInt64), rounds: Int) {
    self.key = key
    self.rounds = rounds
  }

  /// The hash of a message.
  func digest(of message: [UInt8]) -> UInt64 {
    var state = State(
      a: key.0 ^ 0x736f_6d65_7073_6575, b: key.1 ^ 0x646f_7261_6e64_6f6d, c: key.0 ^ 0x6c79_6765_6e65_7261,
      d: key.1 ^ 0x7465_6462_7974_6573)
    message.withUnsafeBytes { bytes in
      let whole = bytes.count & ~7
      for offset in stride(from: 0, to: whole, by: 8) {
        state.absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)), rounds)
      }
      var last = UInt64(bytes.count & 0xFF) << 56
      for index in whole..<bytes.count { last |= UInt64(bytes[index]) << UInt64(8 * (index - whole)) }
      state.absorb(last, rounds)
    }
    state.c ^= 0xFF
    for _ in 0..<rounds + 2 { state.round() }
    return state.a ^ state.b ^ state.c ^ state.d
  }

  private struct State {
    var a: UInt64
    var b: UInt64
    var c: UInt64
    var d: UInt64

    mutating func absorb(_ word: UInt64, _ rounds: Int) {
      d ^= word
      for _ in 0..<rounds { round() }
      a ^= word
    }

    mutating func round() {
      a &+= b
      b = Self.rotate(b, 13) ^ a
      a = Self.rotate(a, 32)
      c &+= d
      d = Self.rotate(d, 16) ^ c
      a &+= d
      d = Self.rotate(d, 21) ^ a
      c &+= b
      b = Self.rotate(b, 17) ^ c
      c = Self.rotate(c, 32)
    }

    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
  }
}
