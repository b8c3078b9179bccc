import HTTP
import JSON

/// Runs statements in Athena.
public struct AthenaClient: Sendable {
  let aws: AWSClient
  /// Reads the files that results lie in.
  public let storage: S3Client

  /// Makes a client.
  public init(_ aws: AWSClient) {
    self.aws = aws
    storage = S3Client(aws)
  }

  /// Starts a statement and returns the name of its run.
  ///
  /// A fault of the network is no reason to start it twice: the token makes a repeated start the same run.
  public func start(_ query: AthenaQuery) async throws(AWSError) -> String {
    let answer = try await aws.call("StartQueryExecution", of: .athena, query.input)
    guard let id = answer["QueryExecutionId"]?.string else {
      throw .malformed(service: "Athena StartQueryExecution", reason: "it has no QueryExecutionId")
    }
    return id
  }

  /// How far a run is.
  public func execution(_ id: String) async throws(AWSError) -> AthenaExecution {
    try AthenaExecution(
      try await aws.call("GetQueryExecution", of: .athena, .object(["QueryExecutionId": .string(id)])))
  }

  /// Stops a run; one that has ended stays as it is.
  public func stop(_ id: String) async throws(AWSError) {
    _ = try await aws.call("StopQueryExecution", of: .athena, .object(["QueryExecutionId": .string(id)]))
  }

  /// Runs a statement to its end.
  ///
  /// When the task is cancelled or the time is over, the run is stopped before this returns: what nobody waits for shall
  /// not cost.
  ///
  /// - Parameter started: Called with the name of the run.
  /// - Throws: ``AWSError/query(_:)`` for one that failed or was cancelled, ``AWSError/cancelled`` after a cancellation
  ///   of the task, ``AWSError/timedOut(id:)`` when the time is over.
  public func run(
    _ query: AthenaQuery, timeout: Duration? = nil, schedule: PollSchedule = PollSchedule(),
    started: (String) -> Void = { _ in }
  ) async throws(AWSError) -> AthenaExecution {
    let start = ContinuousClock.now
    if Task.isCancelled { throw .cancelled }
    // Whoever is cancelled while the answer is on its way would not know what to stop.
    let starting = Task { [self] in
      do throws(AWSError) { return Result<String, AWSError>.success(try await self.start(query)) } catch {
        return .failure(error)
      }
    }
    let id = try await starting.value.get()
    started(id)
    do throws(AWSError) {
      while true {
        if Task.isCancelled { throw .cancelled }
        let execution = try await execution(id)
        if let failure = execution.failure { throw .query(failure) }
        if execution.state.isFinal { return execution }
        let age = ContinuousClock.now - start
        if let timeout, age >= timeout { throw .timedOut(id: id) }
        var pause = schedule.pause(age: age, chance: .random(in: 0...1))
        if let timeout { pause = min(pause, timeout - age) }
        do { try await Task.sleep(for: pause) } catch { throw .cancelled }
      }
    } catch {
      if case .query = error { throw error }
      await Task { try? await self.stop(id) }.value
      throw error
    }
  }
}
