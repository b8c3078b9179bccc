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
    if Task.isCancelled { throw .cancelled }
    let deadline = timeout.map { ContinuousClock.now + $0 }
    // Whoever is cancelled while the answer is on its way would not know what to stop: it gets a moment more.
    let starting = Task { [self] in
      do throws(AWSError) { return Result<String, AWSError>.success(try await self.start(query)) } catch {
        return .failure(error)
      }
    }
    let id: String
    do throws(AWSError) { id = try await Self.value(of: starting, until: deadline, patience: Self.patience) } catch {
      throw Self.isOver(deadline) && !Task.isCancelled && error == .cancelled ? .timedOut(id: nil) : error
    }
    started(id)
    let polling = Task { [self] in
      do throws(AWSError) {
        return Result<AthenaExecution, AWSError>.success(try await self.end(of: id, schedule))
      } catch {
        return .failure(error)
      }
    }
    do throws(AWSError) { return try await Self.value(of: polling, until: deadline, patience: .zero) } catch {
      if case .query = error { throw error }
      let stopping = Task { [self] in
        do throws(AWSError) { return Result<Void, AWSError>.success(try await self.stop(id)) } catch {
          return .failure(error)
        }
      }
      let isCancelled = Task.isCancelled
      // Also where this task is cancelled itself, which must not cancel the stopping.
      await Task {
        do throws(AWSError) {
          try await Self.value(of: stopping, until: ContinuousClock.now + Self.patience, patience: .zero)
        } catch { /* What was not stopped ends by itself. */  }
      }.value
      throw Self.isOver(deadline) && !isCancelled && error == .cancelled ? .timedOut(id: id) : error
    }
  }

  /// How long a call may still take that somebody waits for who wants to end.
  private static let patience = Duration.seconds(3)

  private static func isOver(_ deadline: ContinuousClock.Instant?) -> Bool {
    deadline.map { ContinuousClock.now >= $0 } ?? false
  }

  /// Asks until a run has ended.
  private func end(of id: String, _ schedule: PollSchedule) async throws(AWSError) -> AthenaExecution {
    let start = ContinuousClock.now
    while true {
      if Task.isCancelled { throw .cancelled }
      let execution = try await execution(id)
      if let failure = execution.failure { throw .query(failure) }
      if execution.state.isFinal { return execution }
      let pause = schedule.pause(age: ContinuousClock.now - start, chance: .random(in: 0...1))
      do { try await Task.sleep(for: pause) } catch { throw .cancelled }
    }
  }

  /// What work comes to, which is cancelled with this task or at the deadline, a moment after that.
  private static func value<Value: Sendable>(
    of work: Task<Result<Value, AWSError>, Never>, until deadline: ContinuousClock.Instant?, patience: Duration
  ) async throws(AWSError) -> Value {
    @Sendable func cancel(at time: ContinuousClock.Instant) -> Task<Void, Never> {
      Task.detached {
        do { try await Task.sleep(until: time, clock: .continuous) } catch { return }
        work.cancel()
      }
    }
    let watcher = deadline.map { cancel(at: $0 + patience) }
    let result = await withTaskCancellationHandler {
      await work.value
    } onCancel: {
      _ = cancel(at: .now + patience)
    }
    watcher?.cancel()
    return try result.get()
  }
}
