import Glibc
import Host
import JSON
import TestSupport
import Testing

@testable import GlueAthena

/// `glue-athena query` against a fake Athena, with its whole output.
@Suite struct QueryTests {
  private static let columns = [
    (name: "id", type: "bigint"), (name: "name", type: "varchar"), (name: "share", type: "double"),
    (name: "ok", type: "boolean"),
  ]
  private static let rows: [[String?]] = [
    ["1", "Zoë \"Z\", x", "0.5", "true"], ["22", "", "NaN", "false"], ["-3", nil, nil, nil],
    ["4", "a\tb\u{1B}[31m\n日本", "1.0E10", "true"],
  ]
  private static let behaviour: @Sendable (String) -> FakeAthena.Behaviour = { text in
    if text.hasPrefix("CREATE") { return .init() }
    if text.hasPrefix("SHOW") {
      return .init(FakeAthenaResult([(name: "tab_name", type: "string")], [["a"], ["b"]], statementType: "UTILITY"))
    }
    if text.hasPrefix("BAD") { return .failing("SYNTAX_ERROR: no", category: 2, type: 1006, isRetryable: false) }
    if text.hasPrefix("WAIT") { return .init(FakeAthenaResult(columns, []), polls: 1_000_000) }
    return .init(FakeAthenaResult(columns, rows))
  }

  private func run(
    _ server: FakeAthena, _ words: [String], input: String = "", environment: [String: String] = [:]
  ) throws -> (output: String, errors: String, status: Int32) {
    let program = BuiltProgram.path("glue-athena")
    let variables = ["PATH": "/usr/bin:/bin", "HOME": "/nowhere"].merging(server.environment) { $1 }
      .merging(environment) { $1 }
    let result = try Subprocess(program, ["query"] + words, environment: variables)
      .runBlocking(input: Array(input.utf8))
    return (result.text, result.errorText, result.status)
  }

  private func withServer(
    fault: @escaping @Sendable (String, Int) -> FakeAthena.Fault? = { _, _ in nil }, _ body: (FakeAthena) throws -> Void
  ) rethrows {
    let server = FakeAthena(fault: fault, Self.behaviour)
    defer { server.stop() }
    try body(server)
  }

  static let outputs: [(format: String, text: String)] = [
    (
      "table",
      """
       id | name               | share  | ok
      ----+--------------------+--------+-------
        1 | Zoë "Z", x         |    0.5 | true
       22 |                    |    NaN | false
       -3 | NULL               |   NULL | NULL
        4 | a\\tb\\x1b[31m\\n日本 | 1.0E10 | true
      (4 rows)

      """
    ),
    (
      "csv",
      "\"id\",\"name\",\"share\",\"ok\"\n\"1\",\"Zoë \"\"Z\"\", x\",\"0.5\",\"true\"\n\"22\",\"\",\"NaN\",\"false\"\n"
        + "\"-3\",,,\n\"4\",\"a\tb\u{1B}[31m\n日本\",\"1.0E10\",\"true\"\n"
    ),
    (
      "jsonl",
      """
      {"id":1,"name":"Zoë \\"Z\\", x","share":0.5,"ok":true}
      {"id":22,"name":"","share":"NaN","ok":false}
      {"id":-3,"name":null,"share":null,"ok":null}
      {"id":4,"name":"a\\tb\\u001b[31m\\n日本","share":1.0E10,"ok":true}

      """
    ),
  ]

  @Test(arguments: outputs.indices, ["auto", "pages", "file"])
  func `rows are written in each form, from each place`(index: Int, source: String) throws {
    try withServer { server in
      let row = Self.outputs[index]
      let result = try run(server, ["SELECT 1", "--format", row.format, "--results", source, "-q"])
      #expect(result.output == row.text)
      #expect(result.errors == "")
      #expect(result.status == 0)
    }
  }

  @Test func `the line about a run has rows, times, bytes and cost`() throws {
    try withServer { server in
      let folder = try TemporaryDirectory(prefix: "query-tests")
      let result = try run(
        server, ["SELECT 1", "--format", "csv", "-o", folder.path + "/rows", "--summary", folder.path + "/summary"])
      #expect(result.output == "")
      #expect(
        masked(result.errors)
          == "4 rows in 0.000 s (1.234 s in Athena, 0.100 s of them queued); 1.0 MB scanned; about $0.000048; "
          + "query 00000000-0000-4000-8000-000000000001\n")
      #expect(try Files.text(folder.path + "/rows") == Self.outputs[1].text)
      let summary = try JSONValue(parsing: Files.text(folder.path + "/summary").dropLast().description)
      #expect(summary["rows"]?.integer == 4)
      #expect(summary["scanned_bytes"]?.integer == 1 << 20)
      #expect(summary["estimated_cost_usd"] == .number("0.000048"))
      #expect(try Files.list(folder.path) == ["rows", "summary"])
    }
  }

  /// The seconds of this machine made equal.
  private func masked(_ text: String) -> String {
    guard let start = text.firstRange(of: " in "), let end = text.firstRange(of: " s (") else { return text }
    return text[..<start.upperBound] + "0.000" + text[end.lowerBound...]
  }

  @Test func `statements run one after the other, with their own parameters`() throws {
    try withServer { server in
      let script = "-- a script\nCREATE TABLE a;\nSHOW ';' ?, ?; SELECT 'x;y', ?"
      let result = try run(
        server, ["-f", "-", "-q", "--format", "csv", "--parameter", "1", "--parameter=2", "--parameter", "'3'"],
        input: script)
      #expect(result.output == "\"tab_name\"\n\"a\"\n\"b\"\n\n" + Self.outputs[1].text)
      #expect(result.status == 0)
      #expect(
        server.inputs(of: "StartQueryExecution").map { $0["QueryString"]?.string } == [
          "CREATE TABLE a", "SHOW ';' ?, ?", "SELECT 'x;y', ?",
        ])
      #expect(
        server.inputs(of: "StartQueryExecution").map { $0["ExecutionParameters"]?.strings } == [
          nil, ["1", "2"], ["'3'"],
        ])
    }
  }

  /// What is asked, what is said, and the exit code; nothing is written to standard output.
  static let faults: [(words: [String], environment: [String: String], errors: String, status: Int32)] = [
    (
      ["BAD"], [:],
      """
      glue-athena: query 00000000-0000-4000-8000-000000000001 failed: SYNTAX_ERROR: no (category 2, user; type 1006)
      hint: running it again will not help: the statement, its data or a permission is wrong

      """, 1
    ),
    (
      ["CREATE x;\nBAD; SELECT 1", "-q"], [:],
      """
      glue-athena: statement 2, line 2: query 00000000-0000-4000-8000-000000000002 failed: SYNTAX_ERROR: no (category 2, user; type 1006)
      hint: running it again will not help: the statement, its data or a permission is wrong

      """, 1
    ),
    (
      ["SELEC 1"], [:],
      """
      glue-athena: Athena StartQueryExecution failed: InvalidRequestException (MALFORMED_QUERY): line 1:1: mismatched input 'SELEC'

      """, 1
    ),
    (
      ["WAIT", "--timeout", "0.2"], [:],
      "glue-athena: query 00000000-0000-4000-8000-000000000001 took longer than it may, and was stopped\n", 1
    ),
    (
      ["SELECT 'a"], [:],
      """
      glue-athena: query:1:8: what ' opens has no end
      hint: close it, or put the text into a file and name that with --file

      """, 2
    ),
    ([" ; "], [:], "glue-athena: query has no statement\nhint: glue-athena query 'SELECT 1'\n", 2),
    (
      ["a", "b"], [:],
      """
      glue-athena: query takes one text of SQL
      hint: put it in quotes; statements are separated by ;

      """, 2
    ),
    (["--file", "/nowhere.sql"], [:], "glue-athena: cannot open /nowhere.sql: No such file or directory\n", 2),
    (
      ["SELECT ?; SELECT ?", "--parameter", "1"], [:],
      "glue-athena: the statements have 2 parameters (?), and --parameter stands 1 times\n", 2
    ),
    (["x", "--format", "xml"], [:], "glue-athena: --format is one of table, csv, jsonl, not \"xml\"\n", 2),
    (
      ["x", "--output-location", "/tmp"], [:],
      "glue-athena: --output-location is s3://BUCKET/PREFIX/, not \"/tmp\"\n", 2
    ),
    (
      ["x", "--reuse-minutes", "99999"], [:],
      "glue-athena: --reuse-minutes needs a number of minutes from 0 to 10080, not \"99999\"\n", 2
    ),
    (["--what"], [:], "glue-athena: query does not know \"--what\"\nhint: glue-athena help query\n", 2),
    (
      ["x"], ["AWS_REGION": "", "AWS_DEFAULT_REGION": ""],
      "glue-athena: no AWS region is set\nhint: set AWS_REGION, or region in the profile\n", 2
    ),
    (
      ["x"], ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""],
      """
      glue-athena: there are no AWS credentials: the environment has none; the container's credential service has none; AWS_EC2_METADATA_DISABLED is set
      hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or give the container a role

      """, 3
    ),
    (["x", "-o", "/nowhere/rows"], [:], "", 4),
  ]

  @Test(arguments: faults.indices)
  func `a fault has its sentence, hint and exit code`(index: Int) throws {
    try withServer { server in
      let row = Self.faults[index]
      let result = try run(server, row.words, environment: row.environment)
      #expect(result.output == "")
      if row.errors.isEmpty {
        #expect(result.errors.contains("/nowhere/rows") && result.errors.hasSuffix("No such file or directory\n"))
      } else {
        #expect(result.errors == row.errors)
      }
      #expect(result.status == row.status)
      #expect(!result.errors.contains("hidden-secret"))
    }
  }

  @Test func `a key that may not is told with the operation`() throws {
    try withServer(fault: { operation, _ in operation == "StartQueryExecution" ? .denied : nil }) { server in
      let result = try run(server, ["SELECT 1"])
      #expect(
        result.errors == """
          glue-athena: Athena StartQueryExecution failed: AccessDeniedException: User is not authorized to perform: athena:StartQueryExecution
          hint: check the key, that its token has not ended, and what its role may do

          """)
      #expect(result.status == 3)
    }
  }

  @Test func `a token that was another statement's is refused with a hint`() throws {
    try withServer { server in
      let token = ["--request-token", "0123456789abcdef0123456789abcdef"]
      #expect(try run(server, ["SELECT 1", "-q"] + token).status == 0)
      let result = try run(server, ["SELECT 2", "-q"] + token)
      #expect(result.errors.hasSuffix("hint: this --request-token was used for another statement: take a new one\n"))
      #expect(result.status == 1)
    }
  }

  @Test func `a file that could not be filled is not there`() throws {
    try withServer { server in
      let folder = try TemporaryDirectory(prefix: "query-tests")
      try Files.write("old", to: folder.path + "/rows")
      let result = try run(server, ["SELECT 1; BAD", "-o", folder.path + "/rows"])
      #expect(result.status == 1)
      #expect(try Files.list(folder.path) == ["rows"])
      #expect(try Files.text(folder.path + "/rows") == "old")
    }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `a signal stops the query in Athena, too`(number: Int32) async throws {
    let server = FakeAthena(Self.behaviour)
    defer { server.stop() }
    let variables = ["PATH": "/usr/bin:/bin", "HOME": "/nowhere"].merging(server.environment) { $1 }
    let program = BuiltProgram.path("glue-athena")
    let shell = Subprocess(
      "sh", ["-c", "\"$0\" query WAIT & echo $!; wait $!; echo $?", program], environment: variables)
    // The child's number comes out only at the end, so it is looked up by what it runs.
    async let result = shell.run()
    while server.count("GetQueryExecution") < 2 { try await Task.sleep(for: .milliseconds(5)) }
    let port = server.origin.split(separator: ":").last ?? ""
    for name in try Files.list("/proc") {
      guard let pid = pid_t(name), let words = try? Files.text("/proc/\(name)/cmdline"),
        words.hasSuffix("query\0WAIT\0"),
        !words.hasPrefix("sh"), let environment = try? Files.text("/proc/\(name)/environ"), environment.contains(port)
      else { continue }
      kill(pid, number)
    }
    let lines = try await result.text.split(separator: "\n")
    #expect(lines.last == "\(128 + number)")
    #expect(server.stoppedCount == 1)
  }

  @Test func `the help names every option that is read`() throws {
    let help = try Help.text(for: "query")
    let source = try Files.text(Path.normalize(#filePath + "/../../../Sources/GlueAthena/Query/QueryOptions.swift"))
    for word in source.split(whereSeparator: { !$0.isLetter && $0 != "-" }) where word.hasPrefix("--") {
      #expect(help.contains(word), "\(word)")
    }
  }

  @Test(arguments: [["--timeout", "1"], []]) func `a service that never answers keeps nobody`(words: [String]) throws {
    let listener = HTTPTestServer { _ in HTTPTestServer.Answer(body: [1, 2, 3], fault: .stalled(after: 0)) }
    defer { listener.stop() }
    let environment = [
      "PATH": "/usr/bin:/bin", "HOME": "/nowhere", "AWS_ENDPOINT_URL": "http://127.0.0.1:\(listener.port)",
      "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1",
    ]
    let query = [BuiltProgram.path("glue-athena"), "query", "SELECT 1"] + words
    let start = ContinuousClock.now
    let result = try Subprocess(
      "timeout", ["--preserve-status", "--signal=INT", words.isEmpty ? "1" : "60"] + query, environment: environment
    ).runBlocking()
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(result.status == (words.isEmpty ? 130 : 1), "\(result.errorText)")
    if !words.isEmpty { #expect(result.errorText.contains("the query took longer than it may to be started")) }
  }

  @Test func `a script that is not UTF-8 is refused, and a byte order mark is none of it`() throws {
    let folder = try TemporaryDirectory()
    let (latin, marked): ([UInt8], [UInt8]) = (
      Array("SELECT 'caf".utf8) + [0xE9, 0x27], [0xEF, 0xBB, 0xBF] + Array("SELECT 1".utf8)
    )
    try Files.write(latin, to: folder.path + "/latin")
    try Files.write(marked, to: folder.path + "/marked")
    try withServer { server in
      let refused = try run(server, ["--file", folder.path + "/latin"])
      #expect(refused.status == 2)
      #expect(refused.errors.contains("\(folder.path)/latin is not UTF-8"))
      #expect(try run(server, ["--file", folder.path + "/marked", "--format", "csv"]).status == 0)
      #expect(server.inputs(of: "StartQueryExecution").compactMap { $0["QueryString"]?.string } == ["SELECT 1"])
    }
  }

  @Test func `what was paid for is in the summary also when a later statement fails`() throws {
    let folder = try TemporaryDirectory()
    try withServer(fault: { operation, count in operation == "StartQueryExecution" && count > 1 ? .denied : nil }) {
      server in
      let result = try run(
        server, ["SELECT 1; SELECT 2", "--format", "csv", "--summary", folder.path + "/summary"])
      #expect(result.status != 0)
      #expect(try Files.text(folder.path + "/summary").split(separator: "\n").count == 1)
      let early = try run(server, ["SELECT 1", "-o", folder.path])
      #expect(early.status == 4)
      #expect(server.count("StartQueryExecution") == 2)
    }
  }
}
