import AWS
import Testing

/// Texts of SQL, taken apart.
@Suite struct SQLScriptTests {
  static let scripts: [(text: String, statements: [String], parameters: [Int])] = [
    ("SELECT 1", ["SELECT 1"], [0]), ("SELECT 1;", ["SELECT 1"], [0]), (" \n;; ", [], []),
    ("a; b ;\nc", ["a", "b", "c"], [0, 0, 0]),
    ("SELECT ';' ; b", ["SELECT ';'", "b"], [0, 0]),
    ("SELECT 'it''s; one'; b", ["SELECT 'it''s; one'", "b"], [0, 0]),
    (#"SELECT "a;""b" ; b"#, [#"SELECT "a;""b""#, "b"], [0, 0]),
    ("SHOW TABLES IN `a;b`; c", ["SHOW TABLES IN `a;b`", "c"], [0, 0]),
    ("-- only; a comment\n/* and; another */ ;", [], []),
    ("-- first;\nSELECT 1 -- one;\n; /* ; */ SELECT 2", ["SELECT 1 -- one;", "SELECT 2"], [0, 0]),
    ("SELECT 1 /* ; */ + 2", ["SELECT 1 /* ; */ + 2"], [0]),
    (
      "SELECT ?, '?', \"?\", ? -- ?\n; SELECT /* ? */ ?", ["SELECT ?, '?', \"?\", ? -- ?", "SELECT /* ? */ ?"], [2, 1]
    ),
    // To Trino a backslash is a letter, to Hive's grammar it quotes the next one.
    (#"SELECT '\'; b"#, [#"SELECT '\'"#, "b"], [0, 0]),
    (
      #"CREATE EXTERNAL TABLE t (a int) TBLPROPERTIES ('q'='\';'); b"#,
      [#"CREATE EXTERNAL TABLE t (a int) TBLPROPERTIES ('q'='\';')"#, "b"], [0, 0]
    ),
    (
      #"create/**/external table t (a int) x ('\''); b"#, [#"create/**/external table t (a int) x ('\'')"#, "b"],
      [0, 0]
    ),
    (#"SELECT 1 AS alter_x, '\'; b"#, [#"SELECT 1 AS alter_x, '\'"#, "b"], [0, 0]),
    ("SELECT 'ä;ö'; ü", ["SELECT 'ä;ö'", "ü"], [0, 0]),
    ("SELECT 1 - -2; b", ["SELECT 1 - -2", "b"], [0, 0]),
  ]

  @Test(arguments: scripts.indices)
  func `a script is its statements`(index: Int) throws {
    let row = Self.scripts[index]
    let script = try SQLScript(parsing: row.text)
    #expect(script.statements.map(\.text) == row.statements)
    #expect(script.statements.map(\.parameterCount) == row.parameters)
  }

  @Test func `a statement knows its line`() throws {
    let script = try SQLScript(parsing: "-- head\n\nSELECT\n'a\nb';\n\n  SELECT 2; SELECT 3")
    #expect(script.statements.map(\.line) == [3, 7, 7])
  }

  static let faults: [(text: String, error: String)] = [
    ("SELECT 'a", "1:8: what ' opens has no end"), ("SELECT 1;\n  \"a", "2:3: what \" opens has no end"),
    ("a\n/* b", "2:1: what /* opens has no end"), ("`", "1:1: what ` opens has no end"),
  ]

  @Test(arguments: faults.indices)
  func `what is never closed is told with its place`(index: Int) {
    let row = Self.faults[index]
    #expect { try SQLScript(parsing: row.text) } throws: { "\($0)" == row.error }
  }

  /// Whatever a text is, its statements are parts of it, and taking them apart again changes nothing.
  @Test func `statements of random texts stay what they are`() throws {
    let pieces = ["a", ";", "'", "\"", "`", "--", "\n", "/*", "*/", "\\", "?", " ", "ALTER ", "CREATE EXTERNAL "]
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
      guard let script = try? SQLScript(parsing: text) else { continue }
      for statement in script.statements {
        #expect(text.contains(statement.text))
        #expect(try SQLScript(parsing: statement.text).statements.map(\.text) == [statement.text], "\(text)")
      }
    }
  }
}
