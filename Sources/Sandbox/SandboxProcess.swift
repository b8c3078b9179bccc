internal import CLinux
internal import Glibc
internal import Host
internal import JSON
internal import Synchronization

/// A command that runs in a sandbox.
public final class SandboxProcess: Sendable {
  private enum State: Sendable {
    case running([CheckedContinuation<SandboxResult, Never>])
    case ended(SandboxResult)
  }

  private let connection: SandboxConnection
  private let process: Int32
  private let isMain: Bool
  private let state: StateBox
  /// The socket on the port that the plan names.
  public let listener: SandboxListener?

  private final class StateBox: Sendable {
    let mutex = Mutex(State.running([]))

    func end(_ result: SandboxResult) {
      let waiting = mutex.withLock { state -> [CheckedContinuation<SandboxResult, Never>] in
        guard case .running(let waiting) = state else { return [] }
        state = .ended(result)
        return waiting
      }
      for continuation in waiting { continuation.resume(returning: result) }
    }
  }

  init(_ start: SandboxLauncher.Start, isMain: Bool, onLine: (@Sendable (SandboxLine) -> Void)?) {
    connection = start.connection
    listener = start.listener
    process = start.process
    self.isMain = isMain
    let state = StateBox()
    self.state = state
    // The monitor holds the pidfd but not the connection: with the last reference to this object the sandbox ends.
    let monitor = CommandMonitor(
      report: start.report, captures: start.streams.captures, reaping: isMain ? start.connection.process : nil,
      group: start.group, onLine: onLine)
    Task.detached { state.end(await BlockingPool.run { monitor.run() }) }
  }

  /// Waits for the end of the command; for a sandbox's first one also for the end of everything it left running.
  public func wait() async -> SandboxResult {
    await withCheckedContinuation { continuation in
      let result = state.mutex.withLock { state -> SandboxResult? in
        switch state {
        case .ended(let result): return result
        case .running(let waiting):
          state = .running(waiting + [continuation])
          return nil
        }
      }
      if let result { continuation.resume(returning: result) }
    }
  }

  /// How it ended, nil while it runs.
  public var result: SandboxResult? {
    state.mutex.withLock { state in
      guard case .ended(let result) = state else { return nil }
      return result
    }
  }

  /// Sends a signal to the command, by its number.
  public func signal(_ number: Int32) { connection.signal(number, to: process) }

  /// Kills the command; the first one of a sandbox takes everything with it.
  public func kill() {
    if isMain { connection.close() } else { connection.signal(SIGKILL, to: process) }
  }

  /// Asks the command to end by a signal and kills it if it hasn't after a grace period.
  ///
  /// - Parameter number: The signal, 15 (SIGTERM) unless the image names another.
  public func stop(signal number: Int32 = 15, grace: Duration = .seconds(10)) async -> SandboxResult {
    signal(number)
    let killer = Task.detached { [weak self] in
      try await Task.sleep(for: grace)
      self?.kill()
    }
    defer { killer.cancel() }
    return await wait()
  }

  /// Starts another command beside it, in the same namespaces, root and limits of time of the sandbox's own.
  public func enter(
    _ command: SandboxCommand, onLine: (@Sendable (SandboxLine) -> Void)? = nil
  ) async throws(SandboxError) -> SandboxProcess {
    let connection = connection
    let start = try await BlockingPool.run { () throws(SandboxError) in
      try connection.start(try .memory(Array(command.json.text().utf8)), try CommandStreams(command))
    }
    return SandboxProcess(start, isMain: false, onLine: onLine)
  }

  /// Runs another command beside it to its end; a cancelled task kills that command.
  public func run(
    _ command: SandboxCommand, onLine: (@Sendable (SandboxLine) -> Void)? = nil
  ) async throws(SandboxError) -> SandboxResult {
    let process = try await enter(command, onLine: onLine)
    return await withTaskCancellationHandler {
      await process.wait()
    } onCancel: {
      process.kill()
    }
  }
}
