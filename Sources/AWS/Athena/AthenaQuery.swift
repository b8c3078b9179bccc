import JSON

/// One statement with all that decides where and how it runs.
public struct AthenaQuery: Hashable, Sendable {
  /// The statement.
  public var text: String
  /// The database that names without one belong to.
  public var database: String?
  /// The data catalog.
  public var catalog: String?
  /// The workgroup; the account's `primary` one if absent.
  public var workGroup: String?
  /// Where results are stored, as `s3://BUCKET/PREFIX/`.
  public var outputLocation: String?
  /// The values of the statement's `?`, each as a literal of SQL.
  public var parameters: [String] = []
  /// The age in minutes up to which an earlier result of the same statement will do.
  public var reuseMinutes: Int?
  /// What makes a second start of the same statement the same execution: 32 to 128 characters.
  public var requestToken: String

  /// Describes a statement, with a token that nobody else has.
  public init(_ text: String, requestToken: String? = nil) {
    self.text = text
    self.requestToken = requestToken ?? Self.makeToken()
  }

  /// A random UUID.
  ///
  /// RFC 9562, section 5.4.
  private static func makeToken() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let digits = Array(Hexadecimal.text(bytes))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }

  /// The input of `StartQueryExecution`.
  ///
  /// Amazon Athena API Reference, `StartQueryExecution`.
  var input: JSONValue {
    var context: [JSONMember] = []
    if let database { context.append(JSONMember("Database", .string(database))) }
    if let catalog { context.append(JSONMember("Catalog", .string(catalog))) }
    return .object([
      "QueryString": .string(text),
      "ClientRequestToken": .string(requestToken),
      "QueryExecutionContext": context.isEmpty ? nil : .object(context),
      "WorkGroup": workGroup.map { .string($0) },
      "ResultConfiguration": outputLocation.map { .object(["OutputLocation": .string($0)]) },
      "ExecutionParameters": parameters.isEmpty ? nil : .strings(parameters),
      "ResultReuseConfiguration": reuseMinutes.map {
        .object([
          "ResultReuseByAgeConfiguration": .object(["Enabled": .bool(true), "MaxAgeInMinutes": .integer($0)])
        ])
      },
    ])
  }
}
