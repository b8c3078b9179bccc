/// Compresses blocks of bytes by deflate, the same bytes on every machine and in every release.
///
/// Other libraries' output changes with their versions, and a layer's digest with it; this one is named in locks, so what it
/// writes may never change. Matches are found through chains of equal hashes with one step of looking ahead.
/// Specification: RFC 1951.
public final class Deflater {
  /// The name for locks: another output needs another name.
  public static let name = "drydock-1"
  /// The most bytes of one block.
  public let blockSize: Int
  /// How far back a match may reach.
  public static let windowSize = 1 << 15

  private let input: UnsafeMutablePointer<UInt8>
  private let output: UnsafeMutablePointer<UInt8>
  private let tokens: UnsafeMutablePointer<UInt32>
  private let finder: MatchFinder

  /// Makes a compressor, which belongs to one thread at a time.
  public init(blockSize: Int) {
    self.blockSize = blockSize
    // Matches are compared eight bytes at a time, past the end.
    input = .allocate(capacity: Self.windowSize + blockSize + 16)
    input.initialize(repeating: 0, count: Self.windowSize + blockSize + 16)
    output = .allocate(capacity: Self.bound(blockSize))
    tokens = .allocate(capacity: TokenBlock.capacity + 1 + TokenBlock.symbolCount)
    tokens.initialize(repeating: 0, count: TokenBlock.capacity + 1 + TokenBlock.symbolCount)
    finder = MatchFinder()
  }

  deinit {
    input.deallocate()
    output.deallocate()
    tokens.deallocate()
  }

  /// Room for blocks that are stored as they are, with a header for every 65535 bytes and a block of tokens that starts anew.
  private static func bound(_ count: Int) -> Int { count + (count / 16384 + 4) * 16 + 4096 }

  /// Compresses one block.
  ///
  /// - Parameters:
  ///   - dictionary: The bytes before the block, which matches may reach into; the last 32 KiB count.
  ///   - isLast: Whether the stream ends; otherwise an empty stored block brings it to a whole byte.
  public func deflate(
    _ bytes: UnsafeRawBufferPointer, dictionary: UnsafeRawBufferPointer, isLast: Bool
  ) -> [UInt8] {
    precondition(bytes.count <= blockSize)
    let prefix = UnsafeRawBufferPointer(rebasing: dictionary.suffix(Self.windowSize))
    if let base = prefix.baseAddress { memoryCopy(input, base, prefix.count) }
    if let base = bytes.baseAddress { memoryCopy(input + prefix.count, base, bytes.count) }
    let end = prefix.count + bytes.count
    finder.reset(input: input, from: 0, to: prefix.count, end: end)
    var writer = BitWriter(output)
    var position = prefix.count
    repeat {
      let start = position
      var block = TokenBlock(tokens)
      position = finder.fill(&block, input: input, from: start, end: end)
      block.write(to: &writer, input: input, from: start, to: position, isFinal: isLast && position == end)
    } while position < end
    if !isLast { writer.writeStored(input, from: end, to: end, isFinal: false) }
    writer.alignToByte()
    return Array(UnsafeBufferPointer(start: output, count: writer.count))
  }
}

@inline(__always) func memoryCopy(_ target: UnsafeMutablePointer<UInt8>, _ source: UnsafeRawPointer, _ count: Int) {
  UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count)
}
