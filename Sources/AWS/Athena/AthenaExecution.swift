import JSON

/// One run of a statement, as Athena tells of it.
///
/// Amazon Athena API Reference, `QueryExecution`.
public struct AthenaExecution: Hashable, Sendable {
  /// How far a run is.
  public enum State: String, Sendable {
    /// It waits for its turn.
    case queued = "QUEUED"
    /// It runs.
    case running = "RUNNING"
    /// It has its result.
    case succeeded = "SUCCEEDED"
    /// It ended without one.
    case failed = "FAILED"
    /// Somebody stopped it.
    case cancelled = "CANCELLED"

    /// Whether nothing more happens.
    public var isFinal: Bool { self != .queued && self != .running }
  }

  /// What kind of statement it was.
  public enum StatementType: String, Sendable {
    /// It defines something: `CREATE TABLE`.
    case definition = "DDL"
    /// It asks for or changes data: `SELECT`, `INSERT`.
    case manipulation = "DML"
    /// It describes: `SHOW`, `DESCRIBE`, `EXPLAIN`.
    case utility = "UTILITY"
  }

  /// The name that Athena gave it.
  public let id: String
  /// How far it is.
  public let state: State
  /// The kind of statement, once Athena knows.
  public let statementType: StatementType?
  /// The kind in detail, for example `SELECT` or `CREATE_TABLE_AS_SELECT`.
  public let substatementType: String?
  /// Where its result lies.
  public let outputLocation: S3Location?
  /// The workgroup that it ran in.
  public let workGroup: String?
  /// The bytes that were read of the data, which is what is paid for.
  public let scannedBytes: Int64?
  /// The milliseconds from start to end.
  public let milliseconds: Int?
  /// The milliseconds that it waited for its turn.
  public let queuedMilliseconds: Int?
  /// Whether an earlier result was taken.
  public let isReused: Bool
  /// Why it ended without a result.
  public let failure: QueryFailure?

  init(_ value: JSONValue) throws(AWSError) {
    func malformed(_ what: String) -> AWSError { .malformed(service: "Athena GetQueryExecution", reason: what) }
    guard let execution = value["QueryExecution"], let id = execution["QueryExecutionId"]?.string else {
      throw malformed("it has no QueryExecutionId")
    }
    let status = execution["Status"]
    guard let state = status?["State"]?.string.flatMap(State.init) else { throw malformed("it has no known State") }
    self.id = id
    self.state = state
    statementType = execution["StatementType"]?.string.flatMap(StatementType.init)
    substatementType = execution["SubstatementType"]?.string
    outputLocation = execution["ResultConfiguration"]?["OutputLocation"]?.string.flatMap { S3Location(parsing: $0) }
    workGroup = execution["WorkGroup"]?.string
    let statistics = execution["Statistics"]
    scannedBytes = statistics?["DataScannedInBytes"]?.integer.map(Int64.init)
    milliseconds = statistics?["TotalExecutionTimeInMillis"]?.integer
    queuedMilliseconds = statistics?["QueryQueueTimeInMillis"]?.integer
    isReused = statistics?["ResultReuseInformation"]?["ReusedPreviousResult"]?.bool ?? false
    let error = status?["AthenaError"]
    failure =
      state == .failed || state == .cancelled
      ? QueryFailure(
        id: id, state: state,
        reason: status?["StateChangeReason"]?.string ?? error?["ErrorMessage"]?.string ?? "Athena gives no reason",
        category: error?["ErrorCategory"]?.integer.flatMap(QueryFailure.Category.init),
        type: error?["ErrorType"]?.integer, isRetryable: error?["Retryable"]?.bool)
      : nil
  }
}

/// Why a statement has no result.
public struct QueryFailure: Hashable, Sendable {
  /// Whose fault it was.
  ///
  /// Amazon Athena API Reference, `AthenaError`.
  public enum Category: Int, Sendable {
    /// Athena's own, or the machines below it.
    case system = 1
    /// The statement, its data, or what its author may do.
    case user = 2
    /// Neither.
    case other = 3
  }

  /// The name that Athena gave the run.
  public let id: String
  /// How it ended.
  public let state: AthenaExecution.State
  /// Athena's sentence.
  public let reason: String
  /// Whose fault it was, if Athena says so.
  public let category: Category?
  /// The number of the error in Athena's catalogue.
  public let type: Int?
  /// Whether the same statement may succeed when it is run again, if Athena says so.
  public let isRetryable: Bool?

  /// What to do about it.
  public var hint: String? {
    switch (isRetryable, category) {
    case (true, _): "Athena says that it may succeed when it is run again"
    case (false, .user), (nil, .user):
      "running it again will not help: the statement, its data or a permission is wrong"
    case (false, _): "Athena says that running it again will not help"
    case (nil, .system): "the fault is Athena's: running it again may help"
    default: nil
    }
  }
}

extension QueryFailure: CustomStringConvertible {
  /// One sentence: which run, its reason, category and number.
  public var description: String {
    var text = "query \(id) \(state == .cancelled ? "was cancelled" : "failed"): \(reason)"
    var details: [String] = []
    if let category { details.append("category \(category.rawValue), \(category)") }
    if let type { details.append("type \(type)") }
    if !details.isEmpty { text += " (\(details.joined(separator: "; ")))" }
    return text
  }
}
