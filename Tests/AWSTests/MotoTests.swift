import HTTP
import JSON
import TestSupport
import Testing

@testable import AWS

/// The same client against moto, which others wrote.
@Suite struct MotoTests {
  @Test func `a query's rows, a role's keys, a bucket and a workgroup come from moto`() async throws {
    let server = try await MotoServer()
    defer { server.stop() }
    #expect(try await server.send(.put, "/results", "") == 200)
    let row = { (first: String, second: String?) in
      JSONValue.object(["Data": .array([first, second].map { .object(["VarCharValue": $0.map { .string($0) }]) })])
    }
    let result = JSONValue.object([
      "account_id": .string("123456789012"), "region": .string("us-east-1"),
      "results": .array([
        .object([
          "rows": .array([row("id", "name"), row("1", "x"), row("2", nil)]),
          "column_info": .array(
            ["id", "name"].map { .object(["Name": .string($0), "Label": .string($0), "Type": .string("varchar")]) }),
        ])
      ]),
    ])
    #expect(try await server.send(.post, "/moto-api/static/athena/query-results", result.text()) == 201)
    let transition =
      #"{"model_name": "athena::execution", "transition": {"progression": "manual", "times": 2}}"#
    #expect(try await server.send(.post, "/moto-api/state-manager/set-transition", transition) == 201)

    let client = AthenaClient(AWSClient(configuration: try AWSConfiguration(environment: server.environment)))
    var query = AthenaQuery("SELECT * FROM t")
    query.outputLocation = "s3://results/a/"
    let execution = try await client.run(query)
    #expect(execution.state == .succeeded)
    #expect(execution.outputLocation?.bucket == "results")
    let results = try await client.results(of: execution)
    var rows: [[String?]] = []
    while let batch = try await results.next() {
      batch.forEachRow { row in rows.append((0..<row.count).map { row.text($0) }) }
    }
    #expect(rows == [["1", "x"], ["2", nil]])

    #expect(try await client.workGroup("primary").isEnabled)
    try await client.storage.headBucket("results")
    let missing = await failure { try await client.storage.headBucket("another") }
    #expect(missing?.description == "S3 HeadBucket of s3://another/ failed: status 404")

    let home = try Home(config: "[profile r]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Environment\n")
    let role = try home.client(server.environment.filter { !$0.key.hasSuffix("_FILE") }, profile: "r")
    let keys = try await role.credentials()
    #expect(keys.accessKeyID.hasPrefix("ASIA"))
    #expect(keys.sessionToken?.isEmpty == false)
    #expect(keys.expiration != nil)
  }
}
