/// One instruction's line as the parser sees it: physical lines joined, continuation marks and comments gone.
///
/// It remembers which byte of the file each of its bytes was, so that every word has a place and an edit can be made there.
struct LogicalLine: Sendable {
  private(set) var bytes: [UInt8] = []
  private var pieces: [(start: Int, source: Int)] = []

  mutating func append(_ source: [UInt8], _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    pieces.append((bytes.count, range.lowerBound))
    bytes += source[range]
  }

  /// The byte of the file that the byte at `offset` was.
  func source(of offset: Int) -> Int {
    guard let piece = pieces.last(where: { $0.start <= offset }) ?? pieces.first else { return 0 }
    return piece.source + (offset - piece.start)
  }

  /// The bytes of the file from the first to the last byte of `range`.
  func source(of range: Range<Int>) -> Range<Int> {
    guard let last = range.last else {
      let place = source(of: range.lowerBound)
      return place..<place
    }
    return source(of: range.lowerBound)..<source(of: last) + 1
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

/// White space and comments as BuildKit's parser knows them: Unicode's white space, in UTF-8.
enum LineScan {
  /// How many bytes the white space at `index` takes, zero if there is none.
  static func space(_ bytes: [UInt8], _ index: Int, _ end: Int) -> Int {
    switch bytes[index] {
    case 0x20, 0x09...0x0D: return 1
    case 0xC2: return index + 1 < end && (bytes[index + 1] == 0x85 || bytes[index + 1] == 0xA0) ? 2 : 0
    case 0xE1, 0xE2, 0xE3:
      guard index + 2 < end else { return 0 }
      let scalar =
        UInt32(bytes[index] & 0x0F) << 12 | UInt32(bytes[index + 1] & 0x3F) << 6 | UInt32(bytes[index + 2] & 0x3F)
      switch scalar {
      case 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return 3
      default: return 0
      }
    default: return 0
    }
  }

  static func trimStart(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    while start < range.upperBound {
      let width = space(bytes, start, range.upperBound)
      guard width > 0 else { break }
      start += width
    }
    return start..<range.upperBound
  }

  static func trim(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    let range = trimStart(bytes, range)
    var end = range.upperBound
    trimming: while end > range.lowerBound {
      for width in 1...3 where end - width >= range.lowerBound && space(bytes, end - width, end) == width {
        end -= width
        continue trimming
      }
      break
    }
    return range.lowerBound..<end
  }

  /// The range without carriage returns and newlines at its end.
  static func trimNewline(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var end = range.upperBound
    while end > range.lowerBound, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return range.lowerBound..<end
  }

  static func isComment(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    trimStart(bytes, range).first.map { bytes[$0] == UInt8(ascii: "#") } ?? false
  }

  /// Whether the byte separates an instruction's words: a tab, a vertical tab, a form feed, a return or a space.
  static func separates(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || (0x0B...0x0D).contains(byte) }
}
