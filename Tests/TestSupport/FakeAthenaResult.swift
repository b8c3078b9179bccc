/// A result as the fake Athena hands it out: in pages, and as a file.
public struct FakeAthenaResult: Sendable {
  let columns: [(name: String, type: String)]
  /// How many rows there are; they repeat those that were given.
  let rowCount: Int
  /// `DDL`, `DML` or `UTILITY`.
  let statementType: String
  let updateCount: Int
  let scannedBytes: Int
  /// The rows that were given, as members of a page and as lines of a file.
  private let pageRows: [[UInt8]]
  private let fileRows: [[UInt8]]

  /// Describes a result; `nil` is NULL.
  public init(
    _ columns: [(name: String, type: String)], _ rows: [[String?]], repeatedTo rowCount: Int? = nil,
    statementType: String = "DML", updateCount: Int = 0, scannedBytes: Int = 1 << 20
  ) {
    self.columns = columns
    self.rowCount = rowCount ?? rows.count
    self.statementType = statementType
    self.updateCount = updateCount
    self.scannedBytes = scannedBytes
    pageRows = rows.map(Self.pageRow)
    fileRows = rows.map(Self.fileRow)
  }

  /// Whether the first row of the first page is the names of the columns.
  ///
  /// Amazon Athena does so for statements that select, and for no other.
  private var hasHeader: Bool { statementType == "DML" && !columns.isEmpty }

  /// The number of rows with the header.
  var pageRowCount: Int { rowCount + (hasHeader ? 1 : 0) }

  /// The body of a page that starts at a row.
  func page(from start: Int, count: Int, nextToken: String?) -> [UInt8] {
    var body = Array("{".utf8)
    if let nextToken { body += Array(#""NextToken":\#(FakeAthena.quoted(nextToken)),"#.utf8) }
    let infos = columns.map { column in
      #"{"CatalogName":"hive","SchemaName":"","TableName":"","Name":\#(FakeAthena.quoted(column.name)),"#
        + #""Label":\#(FakeAthena.quoted(column.name)),"Type":"\#(column.type)","Precision":0,"Scale":0,"#
        + #""Nullable":"UNKNOWN","CaseSensitive":false}"#
    }
    body += Array(
      #""ResultSet":{"ResultSetMetadata":{"ColumnInfo":[\#(infos.joined(separator: ","))]},"Rows":["#.utf8)
    body.reserveCapacity(body.count + count * ((pageRows.first?.count ?? 0) + 8))
    let header = hasHeader ? Self.pageRow(columns.map { $0.name }) : []
    for index in start..<min(start + count, pageRowCount) {
      if index > start { body.append(UInt8(ascii: ",")) }
      let row = index - (hasHeader ? 1 : 0)
      body += row < 0 ? header : pageRows[row % pageRows.count]
    }
    return body + Array("]},\"UpdateCount\":\(updateCount)}".utf8)
  }

  /// The whole file.
  var file: [UInt8] {
    var bytes = Self.fileRow(columns.map { $0.name })
    bytes.reserveCapacity(rowCount * ((fileRows.first?.count ?? 0) + 8))
    for index in 0..<rowCount { bytes += fileRows[index % fileRows.count] }
    return bytes
  }

  private static func pageRow(_ values: [String?]) -> [UInt8] {
    let cells = values.map { value in value.map { #"{"VarCharValue":\#(FakeAthena.quoted($0))}"# } ?? "{}" }
    return Array(#"{"Data":[\#(cells.joined(separator: ","))]}"#.utf8)
  }

  private static func fileRow(_ values: [String?]) -> [UInt8] {
    let cells = values.map { value in value.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" } ?? "" }
    return Array((cells.joined(separator: ",") + "\n").utf8)
  }
}
