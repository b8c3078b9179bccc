import AWS

/// Writes a table for people.
///
/// The first batch of rows decides the widths: to know all of them would mean to keep all rows. A later value that is
/// wider moves the rest of its line.
final class TableWriter: RowWriter {
  private let sink: ByteSink
  private let columns: [AthenaColumn]
  private var widths: [Int]
  private var isHeadWritten = false
  private var rowCount = 0

  init(_ columns: [AthenaColumn], to sink: ByteSink) {
    self.columns = columns
    self.sink = sink
    widths = columns.map { Self.width(Self.visible(Array($0.name.utf8))) }
  }

  func write(_ rows: RowBatch) {
    if !isHeadWritten {
      rows.forEachRow { row in
        for index in 0..<row.count { widths[index] = max(widths[index], Self.width(cell(row, index))) }
      }
      writeHead()
    }
    rows.forEachRow { row in
      for index in 0..<row.count {
        writeCell(cell(row, index), index, isRight: columns[index].kind == .number || columns[index].kind == .float)
      }
      sink.append(0x0A)
    }
    rowCount += rows.count
  }

  func finish() {
    guard !columns.isEmpty else { return }
    if !isHeadWritten { writeHead() }
    sink.append("(\(rowCount) \(rowCount == 1 ? "row" : "rows"))\n")
  }

  private func writeHead() {
    isHeadWritten = true
    for (index, column) in columns.enumerated() {
      writeCell(Self.visible(Array(column.name.utf8)), index, isRight: false)
    }
    sink.append(0x0A)
    for (index, width) in widths.enumerated() {
      sink.append((index == 0 ? "" : "+") + String(repeating: "-", count: width + 2))
    }
    sink.append(0x0A)
  }

  private func writeCell(_ text: [UInt8], _ index: Int, isRight: Bool) {
    let space = max(0, widths[index] - Self.width(text))
    sink.append(index == 0 ? " " : "| ")
    if isRight { pad(space) }
    text.withUnsafeBytes { sink.append($0) }
    // No space at the end of a line.
    if index < columns.count - 1 {
      if !isRight { pad(space) }
      sink.append(UInt8(ascii: " "))
    }
  }

  private func pad(_ count: Int) { for _ in 0..<count { sink.append(UInt8(ascii: " ")) } }

  /// A value on one line and without bytes that would steer a terminal.
  private func cell(_ row: RowBatch.Row, _ index: Int) -> [UInt8] {
    guard let value = row[index] else { return Array("NULL".utf8) }
    return Self.visible(Array(value))
  }

  private static func visible(_ text: [UInt8]) -> [UInt8] {
    // The controls of the second set are two bytes in UTF-8, C2 and 80 to 9F.
    func isSecond(_ index: Int) -> Bool {
      text[index] == 0xC2 && index + 1 < text.count && (0x80...0x9F).contains(text[index + 1])
    }
    guard text.indices.contains(where: { text[$0] < 0x20 || text[$0] == 0x7F || isSecond($0) }) else { return text }
    return text.indices.flatMap { index -> [UInt8] in
      let byte = text[index]
      if isSecond(index) { return Array("\\x".utf8) }
      if index > 0, isSecond(index - 1) {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
      switch byte {
      case 0x0A: return Array("\\n".utf8)
      case 0x0D: return Array("\\r".utf8)
      case 0x09: return Array("\\t".utf8)
      case 0..<0x20, 0x7F:
        let digits = Array("0123456789abcdef".utf8)
        return Array("\\x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: return [byte]
      }
    }
  }

  /// The columns that a text takes on a terminal: none for marks that combine, two for wide letters.
  ///
  /// Unicode Standard Annex 11, by its blocks.
  static func width(_ text: [UInt8]) -> Int {
    if text.allSatisfy({ $0 < 0x80 }) { return text.count }
    return String(decoding: text, as: UTF8.self).unicodeScalars.reduce(0) { width, scalar in
      switch scalar.value {
      case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F, 0x20D0...0x20FF: width
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        width + 2
      default: width + 1
      }
    }
  }
}
