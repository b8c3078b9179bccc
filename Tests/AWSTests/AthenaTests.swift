import HTTP
import JSON
import TestSupport
import Testing

@testable import AWS

/// The client against a fake Athena that pages, throttles, fails and cuts connections.
@Suite struct AthenaTests {
  private static let columns = [(name: "id", type: "integer"), (name: "name", type: "varchar")]

  private func client(_ server: FakeAthena) throws -> AthenaClient {
    AthenaClient(AWSClient(configuration: try AWSConfiguration(environment: server.environment)))
  }

  private func rows(
    _ client: AthenaClient, _ query: AthenaQuery, from source: AthenaClient.ResultSource = .automatic
  ) async throws -> [[String?]] {
    let results = try await client.results(of: try await client.run(query), from: source)
    var rows: [[String?]] = []
    while let batch = try await results.next() {
      batch.forEachRow { row in rows.append((0..<row.count).map { row.text($0) }) }
    }
    return rows
  }

  private static func numbered(_ count: Int) -> [[String?]] {
    (0..<count).map { index in ["\(index)", index % 3 == 0 ? nil : index % 3 == 1 ? "" : "a \"b\",\n\(index)"] }
  }

  /// Sizes around a page's, whose first row is the header: 999 rows fill one, and the next one is empty.
  @Test(arguments: [0, 1, 998, 999, 1000, 1998, 1999, 2000, 3500], AthenaClient.ResultSource.allCases)
  func `every row comes once, NULL and empty apart`(count: Int, source: AthenaClient.ResultSource) async throws {
    let rows = Self.numbered(count)
    let server = FakeAthena { _ in .init(FakeAthenaResult(Self.columns, rows)) }
    defer { server.stop() }
    #expect(try await self.rows(client(server), AthenaQuery("SELECT"), from: source) == rows)
    switch source {
    case .pages: #expect(server.count("GetQueryResults") == (count + 1) / 1000 + 1)
    case .automatic, .file: #expect(server.count("GetQueryResults") == 1)
    }
    if source == .automatic, count < 999 { #expect(server.count("GetObject") == 0) }
  }

  @Test func `a statement that shows has no header`() async throws {
    let rows = [["id", "name"], ["x", nil]]
    let server = FakeAthena { _ in .init(FakeAthenaResult(Self.columns, rows, statementType: "UTILITY")) }
    defer { server.stop() }
    #expect(try await self.rows(client(server), AthenaQuery("SHOW")) == rows)
  }

  @Test func `a first row that looks like the header is one`() async throws {
    let rows = [["id", "name"], ["1", "x"]]
    let server = FakeAthena { _ in .init(FakeAthenaResult(Self.columns, rows)) }
    defer { server.stop() }
    #expect(try await self.rows(client(server), AthenaQuery("SELECT")) == rows)
  }

  @Test func `a large file is read over several connections, in order`() async throws {
    let rows = (0..<20_000).map { ["\($0)", "a value that takes some room, \($0 % 7)"] as [String?] }
    let result = FakeAthenaResult(Self.columns, rows, repeatedTo: 60_000)
    let server = FakeAthena { _ in .init(result) }
    defer { server.stop() }
    let found = try await self.rows(client(server), AthenaQuery("SELECT"))
    #expect(found.count == 60_000)
    #expect(found.indices.allSatisfy { found[$0] == rows[$0 % 20_000] })
    #expect(server.count("GetObject") >= 3)
    #expect(server.count("GetQueryResults") == 1)
  }

  @Test func `where the file may not be read, pages are`() async throws {
    let rows = Self.numbered(2500)
    let server = FakeAthena(fault: { operation, _ in operation == "GetObject" ? .denied : nil }) { _ in
      .init(FakeAthenaResult(Self.columns, rows))
    }
    defer { server.stop() }
    #expect(try await self.rows(client(server), AthenaQuery("SELECT")) == rows)
    #expect(server.count("GetQueryResults") == 3)
    let error = await failure { _ = try await self.rows(client(server), AthenaQuery("SELECT"), from: .file) }
    #expect(error?.description.contains("failed: AccessDenied: Access Denied") == true)
  }

  /// Faults that pass: what goes wrong, and with which requests.
  static let faults: [(operation: String, fault: FakeAthena.Fault)] = [
    ("StartQueryExecution", .throttled), ("StartQueryExecution", .queueFull), ("StartQueryExecution", .internalError),
    ("StartQueryExecution", .cutAfterwards), ("GetQueryExecution", .throttled), ("GetQueryExecution", .cutAfterwards),
    ("GetQueryExecution", .truncated), ("GetQueryResults", .throttled), ("GetQueryResults", .cutAfterwards),
    ("GetQueryResults", .truncated), ("GetObject", .truncated), ("GetObject", .internalError),
  ]

  @Test(arguments: faults.indices)
  func `a fault that passes changes nothing`(index: Int) async throws {
    let (operation, fault) = Self.faults[index]
    let rows = Self.numbered(1500)
    let server = FakeAthena(fault: { $0 == operation && $1 <= 2 ? fault : nil }) { _ in
      .init(FakeAthenaResult(Self.columns, rows))
    }
    defer { server.stop() }
    #expect(try await self.rows(client(server), AthenaQuery("SELECT")) == rows)
    // The token makes the statement one, however often its start was sent.
    #expect(server.texts.count == 1)
    #expect(server.count(operation) >= 3)
  }

  @Test func `a query is asked for until it ends`() async throws {
    let server = FakeAthena { _ in .init(FakeAthenaResult(Self.columns, []), polls: 5) }
    defer { server.stop() }
    let execution = try await client(server).run(AthenaQuery("SELECT"))
    #expect(execution.state == .succeeded)
    #expect(server.count("GetQueryExecution") == 6)
  }

  @Test func `a failure has its reason, category and chance`() async throws {
    let server = FakeAthena { text in
      text == "user"
        ? .failing("SYNTAX_ERROR: line 1:8", category: 2, type: 1006, isRetryable: false)
        : .failing("engine restarted", category: 1, type: 300, isRetryable: true)
    }
    defer { server.stop() }
    let client = try client(server)
    let user = await failure { _ = try await client.run(AthenaQuery("user")) }
    #expect(
      user?.description
        == "query 00000000-0000-4000-8000-000000000001 failed: SYNTAX_ERROR: line 1:8 (category 2, user; type 1006)")
    #expect(user?.hint == "running it again will not help: the statement, its data or a permission is wrong")
    let system = await failure { _ = try await client.run(AthenaQuery("system")) }
    #expect(system?.hint == "Athena says that it may succeed when it is run again")
    #expect(server.stoppedCount == 0)
  }

  @Test func `a token is one statement's`() async throws {
    let server = FakeAthena { _ in .init() }
    defer { server.stop() }
    let client = try client(server)
    let token = "0123456789abcdef0123456789abcdef"
    let first = try await client.start(AthenaQuery("SELECT 1", requestToken: token))
    #expect(try await client.start(AthenaQuery("SELECT 1", requestToken: token)) == first)
    let error = await failure { _ = try await client.start(AthenaQuery("SELECT 2", requestToken: token)) }
    #expect(
      error?.description == "Athena StartQueryExecution failed: InvalidRequestException "
        + "(IDEMPOTENT_PARAMETER_MISMATCH): Idempotent parameters do not match")
    let tokens = Set((0..<100).map { _ in AthenaQuery("SELECT 1").requestToken })
    #expect(tokens.count == 100 && tokens.allSatisfy { $0.count == 36 })
  }

  @Test func `all that decides about a run is sent`() async throws {
    let server = FakeAthena { _ in .init() }
    defer { server.stop() }
    var query = AthenaQuery("SELECT ?", requestToken: "0123456789abcdef0123456789abcdef")
    query.database = "d"
    query.catalog = "c"
    query.workGroup = "w"
    query.outputLocation = "s3://bucket/x/"
    query.parameters = ["'a'", "1"]
    query.reuseMinutes = 60
    _ = try await client(server).run(query)
    #expect(
      server.inputs(of: "StartQueryExecution").map { $0.text() } == [
        #"{"QueryString":"SELECT ?","ClientRequestToken":"0123456789abcdef0123456789abcdef","#
          + #""QueryExecutionContext":{"Database":"d","Catalog":"c"},"WorkGroup":"w","#
          + #""ResultConfiguration":{"OutputLocation":"s3://bucket/x/"},"ExecutionParameters":["'a'","1"],"#
          + #""ResultReuseConfiguration":{"ResultReuseByAgeConfiguration":{"Enabled":true,"MaxAgeInMinutes":60}}}"#
      ])
  }

  @Test func `whoever is cancelled stops the query`() async throws {
    let server = FakeAthena { _ in .init(FakeAthenaResult(Self.columns, []), polls: 100_000) }
    defer { server.stop() }
    let client = try client(server)
    let task = Task { await failure { _ = try await client.run(AthenaQuery("SELECT")) } }
    while server.count("GetQueryExecution") < 2 { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    #expect(await task.value == .cancelled)
    #expect(server.stoppedCount == 1)
  }

  @Test func `a query that takes too long is stopped`() async throws {
    let server = FakeAthena { _ in .init(FakeAthenaResult(Self.columns, []), polls: 100_000) }
    defer { server.stop() }
    let error = await failure {
      _ = try await client(server).run(AthenaQuery("SELECT"), timeout: .milliseconds(200))
    }
    #expect(error == .timedOut(id: "00000000-0000-4000-8000-000000000001"))
    #expect(server.stoppedCount == 1)
  }

  @Test func `a workgroup and a bucket answer, or say why not`() async throws {
    let server = FakeAthena { _ in .init() }
    defer { server.stop() }
    let client = try client(server)
    let group = try await client.workGroup("primary")
    #expect(group.isEnabled)
    #expect(group.outputLocation?.description == "s3://athena-results/group/")
    #expect(group.engine == "Athena engine version 3")
    #expect(try await client.workGroup("off").isEnabled == false)
    let missing = await failure { _ = try await client.workGroup("missing") }
    #expect(
      missing?.description == "Athena GetWorkGroup failed: InvalidRequestException: WorkGroup is not found.")
    try await client.storage.headBucket("athena-results")
    let bucket = await failure { try await client.storage.headBucket("nobody-has-this") }
    #expect(bucket?.description == "S3 HeadBucket of s3://nobody-has-this/ failed: status 404")
  }

  @Test func `a bucket in another region is asked there`() async throws {
    try await HTTPTestServer.with { request in
      request["Authorization"]?.contains("/eu-north-1/s3/") == true
        ? HTTPTestServer.Answer()
        : HTTPTestServer.Answer(301, fields: ["x-amz-bucket-region": "eu-north-1"])
    } _: { (server) async throws in
      let home = try Home()
      let client = S3Client(
        try home.client(
          CredentialTests.keys.merging(["AWS_ENDPOINT_URL": server.origin, "AWS_REGION": "eu-west-1"]) { $1 }))
      try await client.headBucket("bucket")
      try await client.headBucket("bucket")
      #expect(server.requests.count == 3)
    }
  }
}
