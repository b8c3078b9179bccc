/// Rows of a result in one buffer: a million of them cost no million strings.
///
/// The buffer is the answer as it came; the cells are places in it.
public struct RowBatch: Sendable {
  /// The place of one value.
  struct Cell: Sendable {
    /// Where it starts in the buffer.
    var start: UInt32
    /// Its length in bytes; -1 is NULL.
    var count: Int32

    static let null = Cell(start: 0, count: -1)
  }

  private let bytes: [UInt8]
  private let cells: [Cell]
  /// How many values each row has.
  public let columnCount: Int

  init(bytes: [UInt8], cells: [Cell], columnCount: Int) {
    self.bytes = bytes
    self.cells = cells
    self.columnCount = columnCount
  }

  /// The number of rows.
  public var count: Int { columnCount == 0 ? 0 : cells.count / columnCount }

  /// Shows the values of each row, one after the other; NULL is `nil`.
  public func forEachRow(_ body: (Row) -> Void) {
    guard columnCount > 0 else { return }
    bytes.withUnsafeBytes { bytes in
      cells.withUnsafeBufferPointer { cells in
        var start = 0
        while start + columnCount <= cells.count {
          body(Row(bytes: bytes, cells: UnsafeBufferPointer(rebasing: cells[start..<(start + columnCount)])))
          start += columnCount
        }
      }
    }
  }

  /// The values of one row, good only while it is shown.
  public struct Row {
    private let bytes: UnsafeRawBufferPointer
    private let cells: UnsafeBufferPointer<Cell>

    init(bytes: UnsafeRawBufferPointer, cells: UnsafeBufferPointer<Cell>) {
      self.bytes = bytes
      self.cells = cells
    }

    /// How many values there are.
    public var count: Int { cells.count }

    /// The bytes of a value, UTF-8; `nil` is NULL.
    public subscript(index: Int) -> UnsafeRawBufferPointer? {
      let cell = cells[index]
      guard cell.count >= 0 else { return nil }
      return UnsafeRawBufferPointer(rebasing: bytes[Int(cell.start)..<(Int(cell.start) + Int(cell.count))])
    }

    /// A value as text; `nil` is NULL.
    public func text(_ index: Int) -> String? { self[index].map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The rows from one on.
  func dropping(_ rows: Int) -> RowBatch {
    rows == 0
      ? self : RowBatch(bytes: bytes, cells: Array(cells.dropFirst(rows * columnCount)), columnCount: columnCount)
  }

  /// The texts of the first row.
  var firstRow: [String?] {
    var texts: [String?] = []
    if count > 0 { dropping(0).prefix(1).forEachRow { row in texts = (0..<row.count).map { row.text($0) } } }
    return texts
  }

  private func prefix(_ rows: Int) -> RowBatch {
    RowBatch(bytes: bytes, cells: Array(cells.prefix(rows * columnCount)), columnCount: columnCount)
  }
}
