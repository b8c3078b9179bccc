internal import Glibc
internal import Host

/// Starts processes in namespaces of their own.
///
/// There is always a user namespace, for root as well: what a process inside is allowed counts against its own
/// namespaces only. Root's maps every user to itself, so a Debian root can be built with its true owners.
public enum Sandbox {
  /// Starts the command of a plan in a new sandbox; the call returns when the command is executed.
  ///
  /// The sandbox ends with its command, with the last reference to the returned process, and with the calling program,
  /// also when that is killed.
  ///
  /// - Parameters:
  ///   - stage: A program that calls ``SandboxStage/runIfRequested()`` first thing in its `main`.
  ///   - onLine: Called for each line of captured output as it comes, on a thread of its own.
  public static func start(
    _ plan: SandboxPlan, stage: String = "/proc/self/exe", onLine: (@Sendable (SandboxLine) -> Void)? = nil
  ) async throws(SandboxError) -> SandboxProcess {
    let start = try await BlockingPool.run { () throws(SandboxError) in
      try SandboxLauncher(plan: plan, stage: stage).launch()
    }
    return SandboxProcess(start, isMain: true, onLine: onLine)
  }

  /// Starts the command of a plan, waits for its end and for the end of everything that it left running.
  ///
  /// A cancelled task kills the sandbox.
  public static func run(
    _ plan: SandboxPlan, stage: String = "/proc/self/exe", onLine: (@Sendable (SandboxLine) -> Void)? = nil
  ) async throws(SandboxError) -> SandboxResult {
    let process = try await start(plan, stage: stage, onLine: onLine)
    return await withTaskCancellationHandler {
      await process.wait()
    } onCancel: {
      process.kill()
    }
  }
}
