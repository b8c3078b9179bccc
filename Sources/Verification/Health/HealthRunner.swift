public import Host
internal import OCI
internal import Sandbox

/// Starts a container of an image and applies its `HEALTHCHECK` with real times until there is a verdict.
public struct HealthRunner: Sendable {
  /// What runs in the container while it is checked.
  public enum Workload: Sendable, Hashable {
    /// The image's entrypoint with its command; nothing where the image has no command, as its entrypoint waits for one.
    case image
    /// The image's entrypoint with these arguments.
    case arguments([String])
    /// Nothing, for an image whose containers end by themselves.
    case idle
  }

  private let image: ImageRoot
  private let stage: String

  /// Prepares to check an image.
  ///
  /// - Parameter stage: See ``Sandbox/start(_:stage:onLine:)``.
  public init(image: ImageRoot, stage: String = "/proc/self/exe") {
    self.image = image
    self.stage = stage
  }

  /// Checks until the container is healthy or unhealthy, its command ends, or the time is up; nothing is left running.
  ///
  /// - Parameters:
  ///   - interval: The time between checks in place of the image's, also during the start period.
  ///   - limit: The time after which there is no verdict.
  public func run(
    _ workload: Workload = .image, interval: Duration? = nil, limit: Duration = .seconds(600),
    progress: Progress = .none
  ) async -> HealthResult {
    guard let check = image.config.healthcheck, check.test != .none else {
      return HealthResult(verdict: .noHealthcheck, probes: [], duration: .zero)
    }
    let healthcheck = interval.map { check.with(interval: $0) } ?? check
    let clock = ContinuousClock()
    let start = clock.now
    do throws(VerificationError) {
      let settings = try ContainerSettings(image)
      let process = try await self.start(workload, settings)
      progress.report("health check", .started(total: nil))
      var session = HealthSession(process: process, settings: settings, monitor: HealthMonitor(healthcheck))
      let verdict = await session.run(limit: limit, progress)
      process.kill()
      _ = await process.wait()
      progress.report("health check", .finished(session.monitor.status.rawValue))
      return HealthResult(verdict: verdict, probes: session.monitor.probes, duration: clock.now - start)
    } catch {
      let reason = error.hint.map { "\(error) (\($0))" } ?? error.description
      return HealthResult(verdict: .notStarted(reason: reason), probes: [], duration: clock.now - start)
    }
  }

  private func start(_ workload: Workload, _ settings: ContainerSettings) async throws(VerificationError)
    -> SandboxProcess
  {
    let config = image.config
    let arguments: [String] =
      switch workload {
      case .image: config.command.isEmpty ? [] : config.entrypoint + config.command
      case .arguments(let arguments): config.entrypoint + arguments
      case .idle: []
      }
    var plan = settings.plan
    if !arguments.isEmpty { plan.command = settings.command(arguments) }
    do throws(SandboxError) { return try await Sandbox.start(plan, stage: stage) } catch { throw .sandbox(error) }
  }
}

/// The course of one container's health checks.
private struct HealthSession {
  let process: SandboxProcess
  let settings: ContainerSettings
  var monitor: HealthMonitor
  private let clock = ContinuousClock()

  init(process: SandboxProcess, settings: ContainerSettings, monitor: HealthMonitor) {
    self.process = process
    self.settings = settings
    self.monitor = monitor
  }

  mutating func run(limit: Duration, _ progress: Progress) async -> HealthResult.Verdict {
    let start = clock.now
    let deadline = start + limit
    while true {
      let next = clock.now + monitor.interval(now: clock.now - start)
      if let end = await wait(until: min(next, deadline)) { return end }
      guard clock.now < deadline else { return .undecided(limit: limit) }
      monitor.record(await probe(since: start))
      progress.report("health check", .advanced(completed: monitor.probes.count))
      switch monitor.status {
      case .healthy: return .healthy
      case .unhealthy: return .unhealthy
      case .starting: continue
      }
    }
  }

  /// Sleeps; the end of the container's command or of the task wakes up early.
  private func wait(until instant: ContinuousClock.Instant) async -> HealthResult.Verdict? {
    let process = process
    let sleeper = Task { try await Task.sleep(until: instant, clock: .continuous) }
    let watcher = Task {
      _ = await process.wait()
      sleeper.cancel()
    }
    defer { watcher.cancel() }
    let hasSlept = await withTaskCancellationHandler {
      (try? await sleeper.value) != nil
    } onCancel: {
      sleeper.cancel()
    }
    if hasSlept { return nil }
    guard let result = process.result else { return .undecided(limit: .zero) }
    return .ended(how: result.status.description, output: result.text + result.errorText)
  }

  /// Makes one check: its own command beside the container's, as the same user, killed when its time is up.
  private func probe(since start: ContinuousClock.Instant) async -> HealthMonitor.Probe {
    let begin = clock.now - start
    let healthcheck = monitor.healthcheck
    let words: [String] =
      switch healthcheck.test {
      case .exec(let words): words
      case .shell(let line): ["/bin/sh", "-c", line]
      case .none: []
      }
    var command = settings.command(words, timeout: healthcheck.timeout)
    command.errors = .joined
    var code: Int32 = -1
    var output: String
    do throws(SandboxError) {
      let result = try await process.run(command)
      output = result.text
      if result.status == .timedOut {
        output = "Health check exceeded timeout (\(healthcheck.timeout))"
      } else {
        code = result.status.shellCode
      }
    } catch {
      output = error.description
    }
    return HealthMonitor.Probe(start: begin, end: clock.now - start, exitCode: code, output: output)
  }
}
