/// Finds the rows in the file that Athena writes a result to, piece by piece.
///
/// The form is CSV (RFC 4180) with one rule more: a value that is not quoted and empty is NULL, and `""` is the empty
/// text. Quotes inside of values are undone in place.
struct ResultFileScanner {
  private let columnCount: Int
  /// What the last piece left of a row.
  private var rest: [UInt8] = []
  /// How many bytes of the whole were read.
  private(set) var offset = 0

  /// The longest row, in bytes.
  private static let longestRow = 64 << 20

  init(columnCount: Int) { self.columnCount = columnCount }

  /// What is wrong with a file.
  struct Fault: Error, Equatable {
    let reason: String
  }

  /// The rows that are whole after one more piece.
  ///
  /// - Parameter isLast: Whether a row may end with the piece.
  mutating func rows(in piece: [UInt8], isLast: Bool) throws(Fault) -> RowBatch {
    offset += piece.count
    var bytes = rest.isEmpty ? piece : rest + piece
    var cells: [RowBatch.Cell] = []
    // Rows of a result are alike: as many as the bytes of one let expect.
    cells.reserveCapacity(bytes.count / 8)
    var end = 0
    var fault: Fault?
    bytes.withUnsafeMutableBytes { buffer in
      while end < buffer.count {
        let first = cells.count
        switch Self.row(in: buffer, from: end, isLast: isLast, &cells) {
        case .whole(let next):
          guard cells.count - first == columnCount else {
            // The last line feed may be followed by nothing, and a table without columns has empty rows.
            fault = Fault(
              reason: "a row has \(cells.count - first) values where \(columnCount) are expected")
            return
          }
          end = next
        case .partial:
          cells.removeSubrange(first...)
          return
        }
      }
    }
    if let fault { throw fault }
    rest = Array(bytes[end...])
    guard rest.count <= Self.longestRow, !isLast || rest.isEmpty else {
      throw Fault(reason: isLast ? "it ends inside of a row" : "a row is longer than \(Self.longestRow) bytes")
    }
    return RowBatch(bytes: bytes, cells: cells, columnCount: columnCount)
  }

  private enum Step {
    case whole(next: Int)
    case partial
  }

  /// Reads one row; its bytes are changed only if it is whole.
  private static func row(
    in buffer: UnsafeMutableRawBufferPointer, from start: Int, isLast: Bool, _ cells: inout [RowBatch.Cell]
  ) -> Step {
    var position = start
    var escaped: [Int] = []
    while true {
      guard position < buffer.count else { return finish(isLast, buffer.count, .null, escaped, buffer, &cells) }
      if buffer[position] == UInt8(ascii: "\"") {
        let first = position + 1
        var index = first
        var hasQuotes = false
        while true {
          while index < buffer.count, buffer[index] != UInt8(ascii: "\"") { index += 1 }
          // Only the byte after a quote says what it was.
          guard index < buffer.count, index + 1 < buffer.count || isLast else { return .partial }
          guard index + 1 < buffer.count else { break }
          let next = buffer[index + 1]
          if next == UInt8(ascii: ",") || next == 0x0A { break }
          if next == 0x0D, index + 2 < buffer.count ? buffer[index + 2] == 0x0A : true { break }
          hasQuotes = true
          index += next == UInt8(ascii: "\"") ? 2 : 1
        }
        if hasQuotes { escaped.append(cells.count) }
        cells.append(RowBatch.Cell(start: UInt32(first), count: Int32(index - first)))
        position = index + 1
      } else {
        let first = position
        while position < buffer.count, buffer[position] != UInt8(ascii: ","), buffer[position] != 0x0A { position += 1 }
        guard position < buffer.count || isLast else { return .partial }
        var count = position - first
        if count > 0, position == buffer.count || buffer[position] == 0x0A, buffer[position - 1] == 0x0D { count -= 1 }
        cells.append(count == 0 ? .null : RowBatch.Cell(start: UInt32(first), count: Int32(count)))
      }
      if position < buffer.count, buffer[position] == 0x0D { position += 1 }
      guard position < buffer.count else { return finish(isLast, position, nil, escaped, buffer, &cells) }
      position += 1
      if buffer[position - 1] == 0x0A {
        for cell in escaped { unescape(&cells[cell], buffer) }
        return .whole(next: position)
      }
    }
  }

  /// The end of the bytes inside of a row: it is whole only if nothing follows.
  private static func finish(
    _ isLast: Bool, _ end: Int, _ last: RowBatch.Cell?, _ escaped: [Int],
    _ buffer: UnsafeMutableRawBufferPointer, _ cells: inout [RowBatch.Cell]
  ) -> Step {
    guard isLast else { return .partial }
    if let last { cells.append(last) }
    for cell in escaped { unescape(&cells[cell], buffer) }
    return .whole(next: end)
  }

  /// Makes one quote of each two.
  private static func unescape(_ cell: inout RowBatch.Cell, _ buffer: UnsafeMutableRawBufferPointer) {
    var write = Int(cell.start)
    var read = write
    let end = write + Int(cell.count)
    while read < end {
      buffer[write] = buffer[read]
      read += buffer[read] == UInt8(ascii: "\"") && read + 1 < end && buffer[read + 1] == UInt8(ascii: "\"") ? 2 : 1
      write += 1
    }
    cell.count = Int32(write - Int(cell.start))
  }
}
