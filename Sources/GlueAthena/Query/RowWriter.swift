import AWS

/// Writes the rows of one result in one form.
protocol RowWriter: AnyObject {
  /// Writes rows.
  func write(_ rows: RowBatch)
  /// Writes what comes after the last row.
  func finish()
}

extension QueryOptions.Format {
  /// The writer of this form, which has written what comes before the first row.
  func writer(of columns: [AthenaColumn], to sink: ByteSink) -> any RowWriter {
    switch self {
    case .table: TableWriter(columns, to: sink)
    case .csv: CSVWriter(columns, to: sink)
    case .jsonl: JSONLinesWriter(columns, to: sink)
    }
  }
}

/// Writes CSV as Athena does: a value is in quotes, NULL is nothing at all.
///
/// RFC 4180; only so an empty text and NULL stay apart.
final class CSVWriter: RowWriter {
  private let sink: ByteSink

  init(_ columns: [AthenaColumn], to sink: ByteSink) {
    self.sink = sink
    for (index, column) in columns.enumerated() {
      if index > 0 { sink.append(UInt8(ascii: ",")) }
      var name = column.name
      name.withUTF8 { quote(UnsafeRawBufferPointer($0)) }
    }
    if !columns.isEmpty { sink.append(0x0A) }
  }

  func write(_ rows: RowBatch) {
    rows.forEachRow { row in
      for index in 0..<row.count {
        if index > 0 { sink.append(UInt8(ascii: ",")) }
        if let value = row[index] { quote(value) }
      }
      sink.append(0x0A)
    }
  }

  func finish() {}

  private func quote(_ value: UnsafeRawBufferPointer) {
    let mark = UInt8(ascii: "\"")
    sink.append(mark)
    var rest = value
    while let place = rest.firstIndex(of: mark) {
      sink.append(UnsafeRawBufferPointer(rebasing: rest[...place]))
      sink.append(mark)
      rest = UnsafeRawBufferPointer(rebasing: rest[(place + 1)...])
    }
    sink.append(rest)
    sink.append(mark)
  }
}

/// Writes one JSON object a line: numbers and truth values as such, everything else as text, NULL as `null`.
///
/// What JSON can't write as a number, `NaN` and `Infinity`, is text.
final class JSONLinesWriter: RowWriter {
  private let sink: ByteSink
  private let columns: [(prefix: [UInt8], kind: AthenaColumn.Kind)]

  init(_ columns: [AthenaColumn], to sink: ByteSink) {
    self.sink = sink
    var taken = Set(columns.map(\.name))
    var seen: Set<String> = []
    self.columns = columns.enumerated().map { index, column in
      // Two members of one name would hide each other; a new one must be no column's either.
      var name = column.name
      var number = 2
      while !seen.insert(name).inserted || (name != column.name && taken.contains(name)) {
        name = "\(column.name)_\(number)"
        number += 1
      }
      taken.insert(name)
      return (Array((index == 0 ? "{" : ",").utf8) + JSONText.quoted(name) + [UInt8(ascii: ":")], column.kind)
    }
  }

  func write(_ rows: RowBatch) {
    rows.forEachRow { row in
      for index in 0..<row.count {
        columns[index].prefix.withUnsafeBytes { sink.append($0) }
        guard let value = row[index] else {
          sink.append("null")
          continue
        }
        switch columns[index].kind {
        case .boolean where value.count == 4 || value.count == 5: sink.append(value)
        case .number where JSONText.isNumber(value), .float where JSONText.isNumber(value): sink.append(value)
        default: JSONText.write(value, to: sink)
        }
      }
      sink.append(UInt8(ascii: "}"))
      sink.append(0x0A)
    }
  }

  func finish() {}
}

/// Strings and numbers as JSON writes them.
///
/// RFC 8259, sections 6 and 7.
enum JSONText {
  /// Writes a text in quotes.
  static func write(_ value: UnsafeRawBufferPointer, to sink: ByteSink) {
    sink.append(UInt8(ascii: "\""))
    var start = 0
    for index in 0..<value.count {
      let byte = value[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      sink.append(UnsafeRawBufferPointer(rebasing: value[start..<index]))
      for byte in escape(byte) { sink.append(byte) }
      start = index + 1
    }
    sink.append(UnsafeRawBufferPointer(rebasing: value[start...]))
    sink.append(UInt8(ascii: "\""))
  }

  /// A text in quotes.
  static func quoted(_ text: String) -> [UInt8] {
    [UInt8(ascii: "\"")]
      + text.utf8.flatMap { byte in
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? escape(byte) : [byte]
      } + [UInt8(ascii: "\"")]
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [UInt8(ascii: "\\"), byte]
    case 0x0A: return Array("\\n".utf8)
    case 0x0D: return Array("\\r".utf8)
    case 0x09: return Array("\\t".utf8)
    default:
      let digits = Array("0123456789abcdef".utf8)
      return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }

  /// Whether a text is a number of JSON.
  static func isNumber(_ value: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    func digits() -> Bool {
      let start = index
      while index < value.count, value[index] &- 48 < 10 { index += 1 }
      return index > start
    }
    if index < value.count, value[index] == UInt8(ascii: "-") { index += 1 }
    let first = index
    guard digits(), value[first] != 48 || index == first + 1 else { return false }
    if index < value.count, value[index] == UInt8(ascii: ".") {
      index += 1
      guard digits() else { return false }
    }
    if index < value.count, value[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < value.count, value[index] == UInt8(ascii: "+") || value[index] == UInt8(ascii: "-") { index += 1 }
      guard digits() else { return false }
    }
    return index == value.count
  }
}
