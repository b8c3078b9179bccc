import JSON
import Synchronization

extension FakeAthena.Core {
  typealias Answer = HTTPTestServer.Answer

  func answer(_ request: HTTPTestServer.Request) -> Answer {
    guard let authorization = request["Authorization"], authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKID")
    else {
      return error("MissingAuthenticationTokenException", "Missing Authentication Token", status: 403)
    }
    let isStorage = authorization.contains("/s3/aws4_request")
    let operation =
      isStorage
      ? (request.method == "HEAD" ? "HeadBucket" : "GetObject")
      : String(request["X-Amz-Target"]?.split(separator: ".").last ?? "")
    let count = state.withLock { state in
      state.counts[operation, default: 0] += 1
      return state.counts[operation] ?? 0
    }
    let fault = fault(operation, count)
    switch fault {
    case .throttled: return error("ThrottlingException", "Rate exceeded")
    case .queueFull:
      return error(
        "TooManyRequestsException", "You have exceeded the limit", more: ["Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED"])
    case .internalError: return error("InternalServerException", "", status: 500)
    case .denied:
      return isStorage
        ? Answer(403, body: Array("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>".utf8))
        : error("AccessDeniedException", "User is not authorized to perform: athena:\(operation)")
    case .cutAfterwards, .truncated, nil: break
    }
    var answer = isStorage ? object(request) : call(operation, request)
    if case .cutAfterwards = fault { answer.fault = .silent }
    if case .truncated = fault { answer.fault = .truncated(after: answer.body.count / 2) }
    return answer
  }

  private func call(_ operation: String, _ request: HTTPTestServer.Request) -> Answer {
    guard request["Content-Type"] == "application/x-amz-json-1.1", let input = try? JSONValue(parsing: request.body)
    else {
      return error("SerializationException", "", status: 400)
    }
    switch operation {
    case "StartQueryExecution": return start(input)
    case "GetQueryExecution":
      return withExecution(input) { id, execution in
        execution.polls += 1
        return self.describe(id, execution)
      }
    case "GetQueryResults": return withExecution(input) { id, execution in self.page(id, execution, input) }
    case "StopQueryExecution":
      return withExecution(input) { id, execution in
        if execution.state == "QUEUED" || execution.state == "RUNNING" { execution.isCancelled = true }
        return .text("{}", type: "application/x-amz-json-1.1")
      }
    case "GetWorkGroup":
      guard let name = input["WorkGroup"]?.string, name != "missing" else {
        return invalid("WorkGroup is not found.")
      }
      return json(.object(["WorkGroup": workGroup(name)]))
    default: return error("UnknownOperationException", "")
    }
  }

  /// A workgroup whose name says what is special about it: `off`, `bare` has no place for results, `managed` needs none,
  /// `enforced` insists on its own.
  private func workGroup(_ name: String) -> JSONValue {
    let location = JSONValue.object(["OutputLocation": .string("s3://\(FakeAthena.bucket)/group/")])
    return .object([
      "Name": .string(name), "State": .string(name == "off" ? "DISABLED" : "ENABLED"),
      "Configuration": .object([
        "ResultConfiguration": name == "bare" || name == "managed" ? .object([]) : location,
        "EnforceWorkGroupConfiguration": .bool(name == "enforced"),
        "ManagedQueryResultsConfiguration": name == "managed" ? .object(["Enabled": .bool(true)]) : nil,
        "EngineVersion": .object(["EffectiveEngineVersion": .string("Athena engine version 3")]),
      ]),
    ])
  }

  private func start(_ input: JSONValue) -> Answer {
    guard let text = input["QueryString"]?.string, (1...262_144).contains(text.utf8.count) else {
      return invalid("QueryString is required", code: "INVALID_INPUT")
    }
    guard let token = input["ClientRequestToken"]?.string, (32...128).contains(token.count) else {
      return invalid("Idempotent token is required", code: "INVALID_INPUT")
    }
    if text.hasPrefix("SELEC ") { return invalid("line 1:1: mismatched input 'SELEC'", code: "MALFORMED_QUERY") }
    let execution = FakeAthena.Execution(
      text: text, database: input["QueryExecutionContext"]?["Database"]?.string,
      location: input["ResultConfiguration"]?["OutputLocation"]?.string, workGroup: input["WorkGroup"]?.string,
      parameters: input["ExecutionParameters"]?.strings ?? [], behaviour: behaviour(text), start: .now)
    return state.withLock { state in
      if let id = state.tokens[token], let earlier = state.executions[id] {
        guard
          (earlier.text, earlier.database, earlier.location) == (execution.text, execution.database, execution.location)
        else {
          return invalid(
            "Idempotent parameters do not match", code: "IDEMPOTENT_PARAMETER_MISMATCH")
        }
        return json(.object(["QueryExecutionId": .string(id)]))
      }
      let number = String(state.executions.count + 1)
      let id = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - number.count) + number
      state.executions[id] = execution
      state.tokens[token] = id
      return json(.object(["QueryExecutionId": .string(id)]))
    }
  }

  private func withExecution(
    _ input: JSONValue, _ body: (String, inout FakeAthena.Execution) -> Answer
  ) -> Answer {
    state.withLock { state in
      guard let id = input["QueryExecutionId"]?.string, var execution = state.executions[id] else {
        return invalid("QueryExecution \(input["QueryExecutionId"]?.string ?? "") was not found")
      }
      defer { state.executions[id] = execution }
      return body(id, &execution)
    }
  }

  private func describe(_ id: String, _ execution: FakeAthena.Execution) -> Answer {
    let state = execution.state
    let behaviour = execution.behaviour
    var failure: JSONValue?
    if state == "FAILED", let fault = behaviour.failure {
      failure = .object([
        "ErrorCategory": .integer(fault.category), "ErrorType": .integer(fault.type),
        "Retryable": .bool(fault.isRetryable), "ErrorMessage": .string(fault.reason),
      ])
    }
    let reason = state == "FAILED" ? behaviour.failure?.reason : state == "CANCELLED" ? "Query cancelled by user" : nil
    return json(
      .object([
        "QueryExecution": .object([
          "QueryExecutionId": .string(id), "Query": .string(execution.text),
          "StatementType": .string(behaviour.result.statementType),
          "ResultConfiguration": .object(["OutputLocation": .string(location(id, execution))]),
          "Status": .object([
            "State": .string(state), "StateChangeReason": reason.map { .string($0) }, "AthenaError": failure,
            "SubmissionDateTime": .number("1.7e9"),
          ]),
          "Statistics": .object([
            "DataScannedInBytes": .integer(behaviour.result.scannedBytes), "TotalExecutionTimeInMillis": .integer(1234),
            "QueryQueueTimeInMillis": .integer(100),
            "ResultReuseInformation": .object(["ReusedPreviousResult": .bool(behaviour.isReused)]),
          ]),
          "WorkGroup": .string(execution.workGroup ?? "primary"),
        ])
      ]))
  }

  private func location(_ id: String, _ execution: FakeAthena.Execution) -> String {
    let type = execution.behaviour.result.statementType == "DML" ? "csv" : "txt"
    return "\(execution.location ?? "s3://\(FakeAthena.bucket)/results/")\(id).\(type)"
  }

  private func page(_ id: String, _ execution: FakeAthena.Execution, _ input: JSONValue) -> Answer {
    guard execution.state == "SUCCEEDED" else {
      return invalid("Query has not yet finished. Current state: \(execution.state)")
    }
    let count = input["MaxResults"]?.integer ?? 1000
    guard count <= 1000 else { return invalid("MaxResults is more than maximum allowed length 1000") }
    var start = 0
    if let token = input["NextToken"]?.string {
      guard let offset = token.split(separator: "/").last.flatMap({ Int($0) }), token.hasPrefix(id) else {
        return invalid("NextToken is invalid")
      }
      start = offset
    }
    let result = execution.behaviour.result
    // A full page always names a next one, which may be empty.
    let isFull = result.pageRowCount - start >= count
    return Answer(
      fields: ["Content-Type": "application/x-amz-json-1.1"],
      body: result.page(from: start, count: count, nextToken: isFull ? "\(id)/\(start + count)" : nil))
  }

  // MARK: S3

  private func object(_ request: HTTPTestServer.Request) -> Answer {
    let path = request.target.prefix { $0 != "?" }
    let host = request["Host"] ?? ""
    let name = host.hasPrefix(FakeAthena.bucket + ".") ? "/\(FakeAthena.bucket)\(path)" : String(path)
    guard name.hasPrefix("/\(FakeAthena.bucket)") else {
      return Answer(404, body: Array("<Error><Code>NoSuchBucket</Code><Message>No such bucket</Message></Error>".utf8))
    }
    if request.method == "HEAD" { return Answer() }
    return state.withLock { state in
      let id = name.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? ""
      guard let execution = state.executions[id], "/\(location(id, execution).dropFirst(5))" == name else {
        return Answer(404, body: Array("<Error><Code>NoSuchKey</Code><Message>No such key</Message></Error>".utf8))
      }
      if state.files[id] == nil { state.files[id] = execution.behaviour.result.file }
      return Answer(fields: ["ETag": "\"\(id)\""], body: state.files[id] ?? [])
    }
  }

  private func json(_ value: JSONValue) -> Answer { .text(value.text(), type: "application/x-amz-json-1.1") }

  private func invalid(_ message: String, code: String? = nil) -> Answer {
    error("InvalidRequestException", message, more: code.map { ["AthenaErrorCode": $0, "ErrorCode": $0] } ?? [:])
  }

  private func error(
    _ type: String, _ message: String, status: Int = 400, more: [String: String] = [:]
  ) -> Answer {
    var answer = json(.map(["__type": type, "Message": message].merging(more) { $1 }))
    answer.status = status
    return answer
  }
}
