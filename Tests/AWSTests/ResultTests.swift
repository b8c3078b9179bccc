import HTTP
import JSON
import Testing

@testable import AWS

/// Rows out of pages and files.
@Suite struct ResultTests {
  private func texts(_ rows: RowBatch) -> [[String?]] {
    var texts: [[String?]] = []
    rows.forEachRow { row in texts.append((0..<row.count).map { row.text($0) }) }
    return texts
  }

  // MARK: Pages

  private static let info = #"{"ColumnInfo":[{"Name":"a","Type":"integer"},{"Name":"b","Type":"varchar"}]}"#

  /// Pages and their rows: members in any order, space anywhere, values that are left out.
  static let pages: [(body: String, rows: [[String?]], token: String?)] = [
    (
      #"{"NextToken":"t","ResultSet":{"ResultSetMetadata":\#(info),"Rows":[{"Data":[{"VarCharValue":"1"},{"VarCharValue":"x"}]}]},"UpdateCount":0}"#,
      [["1", "x"]], "t"
    ),
    (
      #" { "ResultSet" : { "Rows" : [ { "Data" : [ { "VarCharValue" : "1" } , { } ] } ] , "ResultSetMetadata" : \#(info) } , "More" : [ { "x" : [ 1 , null ] } ] , "NextToken" : null } "#,
      [["1", nil]], nil
    ),
    (
      #"{"ResultSet":{"ResultSetMetadata":\#(info),"Rows":[{"Data":[{"VarCharValue":""},{"VarCharValue":null}]},{"Data":[]},{"Data":[{},{"VarCharValue":"y","More":1},{"VarCharValue":"z"}]},{"Other":1,"Data":[{"VarCharValue":"1"}]}]}}"#,
      [["", nil], [nil, nil], [nil, "y"], ["1", nil]], nil
    ),
    (
      #"{"ResultSet":{"ResultSetMetadata":\#(info),"Rows":[{"Data":[{"VarCharValue":"a\"b\\c\/\n\u00e9\ud83d\ude00!"},{"VarCharValue":"\ud83d lone"}]}]}}"#,
      [["a\"b\\c/\né😀!", "\u{FFFD} lone"]], nil
    ),
    (#"{"ResultSet":{"ResultSetMetadata":\#(info),"Rows":[]}}"#, [], nil),
    (#"{"ResultSet":null}"#, [], nil), ("{}", [], nil),
  ]

  @Test(arguments: pages.indices)
  func `a page is its rows`(index: Int) throws {
    let row = Self.pages[index]
    let page = try ResultPage(parsing: Array(row.body.utf8))
    #expect(texts(page.rows) == row.rows)
    #expect(page.nextToken == row.token)
    if !row.rows.isEmpty { #expect(page.columns.map(\.kind) == [.number, .text]) }
  }

  static let brokenPages = [
    "", "[]", "{", #"{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":"a"#, #"{"ResultSet":{"Rows":[1]}}"#, "{} {}",
    #"{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":1}]}]}}"#, #"{"a":"\x"}"#, #"{"a":"\u12"#,
    #"{"a":\#(String(repeating: "[", count: 100))"#, "{\"a\":\"\n\"}",
  ]

  @Test(arguments: brokenPages)
  func `a page that is broken is refused`(body: String) {
    #expect(throws: JSONParseError.self) { try ResultPage(parsing: Array(body.utf8)) }
  }

  @Test func `a page is read as the strict reader reads it`() throws {
    var generator = SystemRandomNumberGenerator()
    let letters: [Character] = ["a", "\"", "\\", "\n", "\u{1}", "é", "😀", ",", "}", "/"]
    for _ in 0..<200 {
      let rows = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        (0..<2).map { _ in
          Bool.random(using: &generator)
            ? nil
            : String(
              (0..<Int.random(in: 0...6, using: &generator)).map { _ in letters.randomElement(using: &generator)! })
        }
      }
      let value = JSONValue.object([
        "ResultSet": .object([
          "ResultSetMetadata": try JSONValue(parsing: Self.info),
          "Rows": .array(
            rows.map { row in
              .object(["Data": .array(row.map { .object(["VarCharValue": $0.map { .string($0) }]) })])
            }),
        ])
      ])
      for layout in [JSONValue.Layout.compact, .pretty] {
        #expect(texts(try ResultPage(parsing: Array(value.text(layout).utf8)).rows) == rows)
      }
    }
  }

  // MARK: Files

  private func rows(_ text: String, columns: Int, piece: Int) throws -> [[String?]] {
    var scanner = ResultFileScanner(columnCount: columns)
    let bytes = Array(text.utf8)
    var found: [[String?]] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      found += texts(try scanner.rows(in: Array(bytes[start..<min(start + piece, bytes.count)]), isLast: false))
    }
    return found + texts(try scanner.rows(in: [], isLast: true))
  }

  /// Files and their rows; each is read in pieces of every size, so that every place is once the end of one.
  static let files: [(text: String, columns: Int, rows: [[String?]])] = [
    ("\"a\",\"b\"\n\"1\",\"\"\n,\n", 2, [["a", "b"], ["1", ""], [nil, nil]]),
    ("\"a\"\n\n\"\"\n", 1, [["a"], [nil], [""]]),
    ("\"a\"\n\"b\"", 1, [["a"], ["b"]]), ("\"a\",", 2, [["a", nil]]),
    ("\"a,b\nc\",\"\"\"q\"\"\"\n", 2, [["a,b\nc", "\"q\""]]), ("\"\"\"\",\"\"\"\"\"\"\n", 2, [["\"", "\"\""]]),
    ("a,b\r\n\"1\",\"2\"\r\n", 2, [["a", "b"], ["1", "2"]]), ("\"é😀\",x y\n", 2, [["é😀", "x y"]]),
    // A writer that does not double its quotes.
    ("\"a\"b\",\"c\"\n", 2, [["a\"b", "c"]]), ("", 3, []),
  ]

  @Test(arguments: files.indices)
  func `a file is its rows, wherever its pieces end`(index: Int) throws {
    let row = Self.files[index]
    for piece in 1...max(1, row.text.utf8.count) {
      #expect(try rows(row.text, columns: row.columns, piece: piece) == row.rows, "pieces of \(piece)")
    }
  }

  static let brokenFiles: [(text: String, columns: Int, reason: String)] = [
    ("\"a\n", 1, "it ends inside of a row"), ("a,b\n", 1, "a row has 2 values where 1 are expected"),
    ("a\n", 2, "a row has 1 values where 2 are expected"),
  ]

  @Test(arguments: brokenFiles.indices)
  func `a file that is broken is refused`(index: Int) {
    let row = Self.brokenFiles[index]
    #expect(throws: ResultFileScanner.Fault(reason: row.reason)) { try rows(row.text, columns: row.columns, piece: 2) }
  }

  @Test func `random rows come out of a file as they went in`() throws {
    var generator = SystemRandomNumberGenerator()
    let letters: [Character] = ["a", "\"", ",", "\n", "\r", " ", "é", "😀"]
    for _ in 0..<300 {
      let columns = Int.random(in: 1...3, using: &generator)
      let wanted = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        (0..<columns).map { _ in
          Bool.random(using: &generator)
            ? nil
            : String(
              (0..<Int.random(in: 0...5, using: &generator)).map { _ in letters.randomElement(using: &generator)! })
        }
      }
      // A carriage return at the end of a value would be read as the line's by everybody.
      let text = wanted.map { row in
        row.map { value in value.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" } ?? "" }.joined(separator: ",")
          + "\n"
      }.joined()
      let found = try rows(text, columns: columns, piece: Int.random(in: 1...16, using: &generator))
      #expect(found.map { $0.map { $0.map { Array($0.utf8) } } } == wanted.map { $0.map { $0.map { Array($0.utf8) } } })
    }
  }

  // MARK: Places

  static let locations: [(text: String, bucket: String?, key: String)] = [
    ("s3://bucket/a/b", "bucket", "a/b"), ("s3://bucket", "bucket", ""), ("s3a://b.c-d/", "b.c-d", ""),
    ("s3://ab/x", nil, ""), ("s3://a@evil.example/x", nil, ""), ("http://bucket/x", nil, ""), ("s3:///x", nil, ""),
  ]

  @Test(arguments: locations.indices)
  func `a place in S3 is read or refused`(index: Int) {
    let row = Self.locations[index]
    let location = S3Location(parsing: row.text)
    #expect(location?.bucket == row.bucket)
    if row.bucket != nil { #expect(location?.key == row.key) }
  }

  static let addresses: [(location: String, environment: [String: String], config: String, url: String)] = [
    ("s3://bucket/a b/c+d", [:], "", "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/c%2Bd"),
    ("s3://buc.ket/a", [:], "", "https://s3.eu-west-1.amazonaws.com/buc.ket/a"),
    ("s3://bucket/", [:], "", "https://bucket.s3.eu-west-1.amazonaws.com/"),
    ("s3://bucket/a", ["AWS_ENDPOINT_URL": "http://127.0.0.1:9/base/"], "", "http://127.0.0.1:9/base/bucket/a"),
    (
      "s3://bucket/a", ["AWS_ENDPOINT_URL_S3": "http://localhost:9"],
      "[default]\ns3 =\n  addressing_style = virtual\n", "http://bucket.localhost:9/a"
    ),
    (
      "s3://bucket/a", [:], "[default]\ns3 =\n  addressing_style = path\n",
      "https://s3.eu-west-1.amazonaws.com/bucket/a"
    ),
  ]

  @Test(arguments: addresses.indices)
  func `a bucket stands in the host's name or in the path`(index: Int) throws {
    let row = Self.addresses[index]
    let home = try Home(config: row.config)
    let configuration = try AWSConfiguration(environment: home.environment(row.environment))
    let endpoint = try configuration.endpoint(of: .s3, region: "eu-west-1")
    #expect(try configuration.url(of: #require(S3Location(parsing: row.location)), at: endpoint).text == row.url)
  }

  @Test func `pauses grow with the age, between two bounds`() {
    let schedule = PollSchedule()
    #expect(schedule.pause(age: .zero, chance: 0.5) == .milliseconds(20))
    #expect(schedule.pause(age: .seconds(8), chance: 0.5) == .seconds(1))
    #expect(schedule.pause(age: .seconds(3600), chance: 0.5) == .seconds(3))
    let pauses = [0, 1].map { schedule.pause(age: .seconds(8), chance: $0) / .milliseconds(1) }
    #expect(pauses.map { $0.rounded() } == [900, 1100])
  }
}
