/// Reads a cpio archive as rpm writes it, entry by entry and in constant memory.
///
/// Specification: cpio(5), "New ASCII Format" and its form with checksums; and rpm's own `07070X`, which has only the number of a file
/// of the header, for packages with files above 4 GiB. It blocks and belongs to one thread.
final class CpioReader {
  /// What an entry says of itself.
  enum Entry {
    /// A path, and the size of what follows.
    case named(path: String, size: Int, inode: Int, links: Int)
    /// The number of a file in the package's header, whose size that tells.
    case numbered(Int)
  }

  private let source: any ByteSource
  private var position = 0
  private var remaining = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)

  init(_ source: any ByteSource) { self.source = source }

  deinit { buffer.deallocate() }

  private func malformed(_ problem: String) -> LayerError { .malformed(archive: source.name, problem: problem) }

  /// The next entry; nil is the end.
  func next() throws(LayerError) -> Entry? {
    try forEachChunk { _ in }
    try align()
    let magic = String(decoding: try take(6), as: UTF8.self)
    switch magic {
    case "07070X":
      let number = try hexadecimal(try take(8)[...])
      try align()
      return .numbered(number)
    case "070701", "070702": break
    default: throw malformed("its payload has no cpio header where one should be")
    }
    let fields = try take(104)
    func field(_ number: Int) throws(LayerError) -> Int { try hexadecimal(fields[number * 8..<number * 8 + 8]) }
    let length = try field(11)
    guard (1...4097).contains(length) else { throw malformed("its payload has a path of \(length) bytes") }
    let name = try take(length)
    guard name.last == 0 else { throw malformed("its payload has a path that does not end") }
    try align()
    let path = String(decoding: name.dropLast(), as: UTF8.self)
    if path == "TRAILER!!!" { return nil }
    remaining = try field(6)
    return .named(path: path, size: remaining, inode: try field(0), links: try field(4))
  }

  /// States the size of an entry whose header does not.
  func setSize(_ size: Int) { remaining = size }

  /// Hands out the content of the current entry, as far as nobody has read it.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws(LayerError) -> Void) throws(LayerError) {
    while remaining > 0 {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, remaining)])
      let count = try source.read(into: part)
      guard count > 0 else { throw .truncated(archive: source.name) }
      position += count
      remaining -= count
      try body(UnsafeRawBufferPointer(rebasing: part[..<count]))
    }
  }

  /// Reads on to the end of the source: after the last entry there is only padding.
  func drain(limit: Int = 1 << 20) throws(LayerError) { _ = try source.readAll(limit: limit) }

  private func take(_ count: Int) throws(LayerError) -> [UInt8] {
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    guard try source.fill(part) == count else { throw .truncated(archive: source.name) }
    position += count
    return Array(part)
  }

  private func align() throws(LayerError) {
    let padding = (4 - position % 4) % 4
    if padding > 0 { _ = try take(padding) }
  }

  private func hexadecimal(_ digits: ArraySlice<UInt8>) throws(LayerError) -> Int {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x46).contains($0 & 0xDF) }),
      let value = Int(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("its payload has a number that is none") }
    return value
  }
}
