import AWS
import HTTP
import Host

/// The checks of whether Athena and S3 answer with the credentials that a job would have here.
struct ServiceChecks {
  let container: Container
  /// Seconds that one check may take.
  let timeout: Double

  /// All checks, in the order in which each needs the one before.
  var all: [HealthCheck] {
    var client: AthenaClient?
    var group: AthenaWorkGroup?
    let credentials = HealthCheck("aws-credentials") {
      answer(Self.credentials, of: connect) { found in
        client = found.client
        return .good(found.detail)
      }
    }
    let athena = HealthCheck("athena") {
      guard let client else { return .notAsked("there are no credentials") }
      let name = workGroupName
      return answer(Self.athena, of: { () async throws(AWSError) in try await client.workGroup(name) }) { found in
        guard found.isEnabled else {
          return .bad("the workgroup \(name) is disabled", hint: "enable it, or name another in AWS_ATHENA_WORK_GROUP")
        }
        group = found
        return .good("the workgroup \(name) answers" + (found.engine.map { ", \($0)" } ?? ""))
      }
    }
    let storage = HealthCheck("s3") {
      guard let client else { return .notAsked("there are no credentials") }
      return storageAnswer(client, group)
    }
    return [credentials, athena, storage]
  }

  // MARK: What is asked

  private static let credentials = "set AWS_REGION and credentials, or give the container a role"
  private static let athena = """
    AWS_ATHENA_WORK_GROUP names the workgroup, AWS_REGION where it is, and athena:GetWorkGroup has to be allowed
    """
  private static let storage = "s3:ListBucket has to be allowed for the bucket that results are stored in"

  private var workGroupName: String { container["AWS_ATHENA_WORK_GROUP"] ?? "primary" }

  /// Finds region and keys; for health nobody waits until a quota refills, so little is repeated.
  @Sendable private func connect() async throws(AWSError) -> (client: AthenaClient, detail: String) {
    let aws = AWSClient(configuration: try AWSConfiguration(environment: container.environment), attempts: 3)
    let keys = try await aws.credentials()
    let region = try await aws.region()
    let end = keys.expiration.map { ", until \(Clock.rfc3339($0))" } ?? ""
    return (AthenaClient(aws), "key \(keys.accessKeyID)\(end), in \(region)")
  }

  /// The bucket that results go to: a workgroup may insist on its own.
  private func storageAnswer(_ client: AthenaClient, _ group: AthenaWorkGroup?) -> HealthCheck.Answer {
    let stated = container["AWS_ATHENA_S3_STAGING_DIR"]
    if let group, group.keepsResults { return .good("the workgroup \(group.name) keeps results by itself") }
    let location: S3Location?
    if let own = group?.outputLocation, group?.isEnforced == true || stated == nil {
      location = own
    } else if let stated {
      location = S3Location(parsing: stated)
      if location == nil {
        return .bad("AWS_ATHENA_S3_STAGING_DIR is \"\(stated)\"", hint: "s3://BUCKET/PREFIX/ is expected")
      }
    } else {
      location = nil
    }
    guard let location else {
      guard group != nil else { return .notAsked("the workgroup did not say where results are stored") }
      return .bad(
        "neither the workgroup \(workGroupName) nor AWS_ATHENA_S3_STAGING_DIR says where results are stored",
        hint: "set AWS_ATHENA_S3_STAGING_DIR=s3://BUCKET/PREFIX/, or the workgroup's output location")
    }
    return answer(
      Self.storage, of: { () async throws(AWSError) in try await client.storage.headBucket(location.bucket) }
    ) { .good("the bucket \(location.bucket) answers; results are stored in \(location)") }
  }

  // MARK: How it is asked

  /// Asks, within the time, and says what came of it.
  private func answer<Value: Sendable>(
    _ hint: String, of work: @escaping @Sendable () async throws(AWSError) -> Value,
    good: (Value) -> HealthCheck.Answer
  ) -> HealthCheck.Answer {
    let ending = InterruptibleTask.run { [timeout] in await Self.limit(work, to: timeout) }
    ending.passOnSignal()
    switch ending.value {
    case .success(let value): return good(value)
    case .failure(.cancelled):
      return .bad(
        "there was no answer within \(Stopwatch.text(timeout)) s",
        hint: "look at the container's route, proxy and name service")
    case .failure(.service(let failure)) where failure.status == 404:
      return .bad("\(failure.operation): there is no such bucket", hint: "name one that exists")
    case .failure(.service(let failure)) where failure.status == 403 && failure.message.isEmpty:
      return .bad("\(failure.operation): these credentials may not see it", hint: hint)
    case .failure(let error): return .bad(error.description, hint: error.hint ?? hint)
    }
  }

  /// Runs work and cancels it when its time is over.
  private static func limit<Value: Sendable>(
    _ work: @escaping @Sendable () async throws(AWSError) -> Value, to seconds: Double
  ) async -> Result<Value, AWSError> {
    let task = Task {
      do throws(AWSError) { return Result<Value, AWSError>.success(try await work()) } catch { return .failure(error) }
    }
    let timer = Task {
      try await Task.sleep(for: .seconds(seconds))
      task.cancel()
    }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }
}

extension HealthCheck.Answer {
  /// The answer of a check that another one's fault made pointless.
  static func notAsked(_ reason: String) -> HealthCheck.Answer {
    .bad("not asked: \(reason)", hint: "mend the check before it")
  }
}
