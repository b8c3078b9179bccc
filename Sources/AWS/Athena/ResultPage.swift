import JSON

/// One answer of `GetQueryResults`.
///
/// Amazon Athena API Reference, `GetQueryResults`.
struct ResultPage: Sendable {
  let columns: [AthenaColumn]
  let rows: RowBatch
  /// What to ask for the next page with; `nil` after the last one.
  let nextToken: String?
  /// How many rows a statement changed.
  let updateCount: Int?

  /// Reads an answer, whose rows are found without making a value of each of them.
  init(parsing body: consuming [UInt8]) throws(JSONParseError) {
    var scanner = ResultPageScanner()
    let outcome = body.withUnsafeMutableBytes { buffer in
      Result { () throws(JSONParseError) in try scanner.scan(buffer) }
    }
    try outcome.get()
    columns = scanner.columns
    nextToken = scanner.nextToken
    updateCount = scanner.updateCount
    rows = RowBatch(
      bytes: body, cells: scanner.rectangle(columns: columns.count), columnCount: columns.count)
  }
}

/// Walks through a page once and notes where its values are.
///
/// A page has a thousand rows, and a result a thousand pages: a tree of values for each would take most of the time.
/// Escapes are undone in place, as what they stand for is always shorter.
private struct ResultPageScanner {
  private(set) var columns: [AthenaColumn] = []
  private(set) var nextToken: String?
  private(set) var updateCount: Int?
  private var cells: [RowBatch.Cell] = []
  private var rowEnds: [Int] = []
  private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var offset = 0

  private static let maximumDepth = 64

  mutating func scan(_ buffer: UnsafeMutableRawBufferPointer) throws(JSONParseError) {
    self.buffer = buffer
    try object { (page, name) throws(JSONParseError) in
      switch name {
      case "ResultSet": try page.resultSet()
      case "NextToken": page.nextToken = try page.value().string
      case "UpdateCount": page.updateCount = try page.value().integer
      default: try page.skip(depth: 0)
      }
    }
    space()
    guard offset == buffer.count else { throw failure("expected the end of the text") }
    self.buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  /// The cells as rows of one width: what a row lacks is NULL, what it has beyond is dropped.
  func rectangle(columns: Int) -> [RowBatch.Cell] {
    if cells.count == rowEnds.count * columns,
      !rowEnds.indices.contains(where: { rowEnds[$0] != ($0 + 1) * columns })
    {
      return cells
    }
    var start = 0
    return rowEnds.flatMap { end in
      defer { start = end }
      let row = cells[start..<end].prefix(columns)
      return row + repeatElement(.null, count: columns - row.count)
    }
  }

  private mutating func resultSet() throws(JSONParseError) {
    space()
    if take(Self.null) { return }
    try object { (page, name) throws(JSONParseError) in
      switch name {
      case "Rows":
        try page.array { (page) throws(JSONParseError) in
          try page.object { (page, name) throws(JSONParseError) in
            guard name == "Data" else { return try page.skip(depth: 0) }
            try page.array { (page) throws(JSONParseError) in try page.cell() }
          }
          page.rowEnds.append(page.cells.count)
        }
      case "ResultSetMetadata":
        page.columns = (try page.value()["ColumnInfo"]?.array ?? []).map { AthenaColumn($0) }
      default: try page.skip(depth: 0)
      }
    }
  }

  /// `{"VarCharValue": "text"}`, or `{}` for NULL.
  private mutating func cell() throws(JSONParseError) {
    var cell = RowBatch.Cell.null
    // The common form first, byte by byte as services write it.
    if take(Self.prefix) {
      cell = try string()
      if take(UInt8(ascii: "}")) {
        cells.append(cell)
        return
      }
      guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or '}'") }
      try members { (page, name) throws(JSONParseError) in try page.skip(depth: 0) }
    } else {
      try object { (page, name) throws(JSONParseError) in
        guard name == "VarCharValue" else { return try page.skip(depth: 0) }
        if page.take(Self.null) { return }
        guard page.take(UInt8(ascii: "\"")) else { throw page.failure("expected a string") }
        cell = try page.string()
      }
    }
    cells.append(cell)
  }

  private static let prefix: StaticString = "{\"VarCharValue\":\""
  private static let null: StaticString = "null"

  // MARK: The grammar of RFC 8259

  private mutating func object(
    _ member: (inout Self, String) throws(JSONParseError) -> Void
  ) throws(JSONParseError) {
    space()
    guard take(UInt8(ascii: "{")) else { throw failure("expected an object") }
    space()
    if take(UInt8(ascii: "}")) { return }
    try members(member)
  }

  private mutating func members(
    _ member: (inout Self, String) throws(JSONParseError) -> Void
  ) throws(JSONParseError) {
    while true {
      space()
      guard take(UInt8(ascii: "\"")) else { throw failure("expected a member's name") }
      let name = text(try string())
      space()
      guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
      space()
      try member(&self, name)
      space()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
      return
    }
  }

  private mutating func array(_ element: (inout Self) throws(JSONParseError) -> Void) throws(JSONParseError) {
    space()
    guard take(UInt8(ascii: "[")) else { throw failure("expected an array") }
    space()
    if take(UInt8(ascii: "]")) { return }
    while true {
      space()
      try element(&self)
      space()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
      return
    }
  }

  /// The place of a string whose opening quote was read, its escapes undone.
  private mutating func string() throws(JSONParseError) -> RowBatch.Cell {
    let start = offset
    while offset < buffer.count {
      let byte = buffer[offset]
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return RowBatch.Cell(start: UInt32(start), count: Int32(offset - 1 - start))
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      guard byte >= 0x20 else { throw failure("a control character must be escaped") }
      offset += 1
    }
    throw failure("this string has no end")
  }

  private mutating func escapedString(from start: Int) throws(JSONParseError) -> RowBatch.Cell {
    var end = offset
    while offset < buffer.count {
      let byte = buffer[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return RowBatch.Cell(start: UInt32(start), count: Int32(end - start))
      case UInt8(ascii: "\\"):
        for byte in String(try escape()).utf8 {
          buffer[end] = byte
          end += 1
        }
      case 0..<0x20: throw failure("a control character must be escaped")
      default:
        buffer[end] = byte
        end += 1
      }
    }
    throw failure("this string has no end")
  }

  private mutating func escape() throws(JSONParseError) -> Unicode.Scalar {
    guard offset < buffer.count else { throw failure("expected an escape") }
    let byte = buffer[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try hexadecimal()
      if let scalar = Unicode.Scalar(high) { return scalar }
      // Data may hold half a pair that no writer noticed; a result is not lost for that.
      guard (0xD800..<0xDC00).contains(high), offset + 1 < buffer.count, buffer[offset] == UInt8(ascii: "\\"),
        buffer[offset + 1] == UInt8(ascii: "u")
      else { return "\u{FFFD}" }
      offset += 2
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { return "\u{FFFD}" }
      return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    default: throw failure("this escape does not exist")
    }
  }

  private mutating func hexadecimal() throws(JSONParseError) -> UInt32 {
    guard offset + 4 <= buffer.count else { throw failure("expected four hexadecimal digits") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(buffer[offset])).hexDigitValue else {
        throw failure("expected a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  /// A value that is worth a tree.
  private mutating func value() throws(JSONParseError) -> JSONValue {
    space()
    let start = offset
    // The bytes are read twice, so their escapes have to stay: a copy is skipped first.
    let copy = Array(buffer[start...])
    var skipper = Self()
    var rest = copy
    let outcome = rest.withUnsafeMutableBytes { bytes in
      skipper.buffer = bytes
      return Result { () throws(JSONParseError) in try skipper.skip(depth: 0) }
    }
    try outcome.get()
    let length = skipper.offset
    offset = start + length
    return try JSONValue(parsing: Array(copy[..<length]))
  }

  private mutating func skip(depth: Int) throws(JSONParseError) {
    guard depth <= Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth)") }
    space()
    guard offset < buffer.count else { throw failure("expected a value") }
    switch buffer[offset] {
    case UInt8(ascii: "{"):
      try object { (page, _) throws(JSONParseError) in try page.skip(depth: depth + 1) }
    case UInt8(ascii: "["): try array { (page) throws(JSONParseError) in try page.skip(depth: depth + 1) }
    case UInt8(ascii: "\""):
      offset += 1
      _ = try string()
    default:
      let start = offset
      while offset < buffer.count, Self.isLiteralByte(buffer[offset]) { offset += 1 }
      guard offset > start else { throw failure("expected a value") }
    }
  }

  private static func isLiteralByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), 48...57: true
    default:
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "E")
    }
  }

  private func text(_ cell: RowBatch.Cell) -> String {
    String(decoding: buffer[Int(cell.start)..<(Int(cell.start) + Int(cell.count))], as: UTF8.self)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard offset < buffer.count, buffer[offset] == byte else { return false }
    offset += 1
    return true
  }

  private mutating func take(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard offset + count <= buffer.count else { return false }
    for index in 0..<count where buffer[offset + index] != word.utf8Start[index] { return false }
    offset += count
    return true
  }

  private mutating func space() {
    while offset < buffer.count {
      switch buffer[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  private func failure(_ reason: String) -> JSONParseError {
    JSONParseError(line: 1, column: offset + 1, reason: reason)
  }
}
