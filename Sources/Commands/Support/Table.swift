/// Rows of text under headings, each column as wide as its widest cell.
struct Table {
  private let headings: [String]
  private var rows: [[String]] = []
  private let rightAligned: Set<Int>

  /// - Parameter rightAligned: The columns of numbers, from 0.
  init(_ headings: [String], rightAligned: Set<Int> = []) {
    self.headings = headings
    self.rightAligned = rightAligned
  }

  mutating func add(_ cells: String...) { rows.append(cells) }

  var rowCount: Int { rows.count }

  var text: String {
    let all = headings.allSatisfy(\.isEmpty) ? rows : [headings] + rows
    let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (rightAligned.contains(column) ? padding + cell : cell + padding)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
