internal import Layers

/// The place where two streams of bytes part.
struct FirstDifference: Hashable, Sendable {
  /// The number of bytes that are the same.
  let offset: Int
  /// What the streams have from a little before that place on.
  let first: [UInt8]
  let second: [UInt8]

  /// So many bytes before the place are shown, as far as they are at hand, and so many from it on.
  private static let (before, after) = (16, 16)

  /// Reads both streams side by side; nil if they are the same.
  ///
  /// It blocks.
  static func between(_ first: any ByteSource, _ second: any ByteSource) throws(LayerError) -> FirstDifference? {
    let size = 1 << 17
    let left = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { left.deallocate() }
    let right = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { right.deallocate() }
    var offset = 0
    while true {
      let (one, other) = (try first.fill(left), try second.fill(right))
      let common = min(one, other)
      if let index = (0..<common).first(where: { left[$0] != right[$0] }) ?? (one != other ? common : nil) {
        func part(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int) -> [UInt8] {
          Array(buffer[max(0, index - before)..<min(count, index + after)])
        }
        return FirstDifference(offset: offset + index, first: part(left, one), second: part(right, other))
      }
      if one < size { return nil }
      offset += common
    }
  }

  /// As a detail of a change.
  func detail(_ what: String = "byte") -> ImageDifference.Detail {
    ImageDifference.Detail("\(what) \(offset)", ByteText.text(first), ByteText.text(second))
  }
}
