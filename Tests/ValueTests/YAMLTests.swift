import Testing
import YAML

@Suite struct `YAML texts` {
  @Test func `values know where they stand`() throws {
    let node = try YAMLNode(parsing: "a: 1\nb:\n  - x\n  - \"y\"\n")
    #expect(node["b"]?.position == YAMLNode.Position(line: 3, column: 3))
    guard case .sequence(let elements)? = node["b"]?.content else {
      Issue.record("'b' is no list")
      return
    }
    #expect(elements.map(\.content) == [.scalar("x", plain: true), .scalar("y", plain: false)])
  }

  static let refused: [(text: String, description: String)] = [
    ("a: 1\na: 2\n", "2:1: the key 'a' stands here twice, first on line 1"),
    ("a: &x 1\nb: *x\n", "2:4: aliases ('*name') are not read here"),
    ("a: 1\n---\nb: 2\n", "2:1: a second document starts here, expected only one"),
    ("", "1:1: the file is empty"),
    ("? [a]\n: 1\n", "1:3: a key must be text"),
  ]

  @Test(arguments: refused) func `a text that could mislead is refused at its place`(
    _ refused: (text: String, description: String)
  ) {
    let error = #expect(throws: YAMLDiagnostic.self) { try YAMLNode(parsing: refused.text) }
    #expect(error?.description == refused.description)
  }

  @Test func `broken syntax has a place and a reason`() {
    let error = #expect(throws: YAMLDiagnostic.self) { try YAMLNode(parsing: "a: [1, 2\nb: 3\n") }
    #expect(error?.position.line == 2)
    #expect(error?.message.hasPrefix("not YAML: ") == true)
  }

  @Test func `deep nesting is refused`() {
    #expect(throws: YAMLDiagnostic.self) { try YAMLNode(parsing: String(repeating: "[", count: 10_000)) }
  }

  static let times: [(text: String, time: Duration?)] = [
    ("30s", .seconds(30)), ("500ms", .milliseconds(500)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
    ("30", nil), ("s", nil), ("-1s", nil), ("1.5s", nil), ("99999999999999999999s", nil),
  ]

  @Test(arguments: times) func `times are read as Docker writes them`(_ row: (text: String, time: Duration?)) throws {
    var reader = YAMLReader()
    #expect(reader.duration(try YAMLNode(parsing: "\"\(row.text)\""), "interval") == row.time)
    #expect(reader.diagnostics.isEmpty == (row.time != nil))
  }

  static let neighbours: [(word: String, nearest: String?)] = [
    ("pakages", "packages"), ("suite", "suites"), ("zzzz", nil), ("Packages", "packages"),
  ]

  @Test(arguments: neighbours) func `the nearest key is offered when there is a near one`(
    _ row: (word: String, nearest: String?)
  ) {
    #expect(YAMLReader.nearest(to: row.word, in: ["suites", "packages", "exclude"]) == row.nearest)
  }
}
