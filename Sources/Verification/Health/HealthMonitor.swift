public import OCI

/// Decides when a health check is made and what its results mean, exactly as Docker's engine does.
///
/// A pure state machine: the time since the container's start is an argument, and nothing is run here. Its rules are those
/// of the Dockerfile reference, instruction `HEALTHCHECK`, with the start interval of engine 25.
public struct HealthMonitor: Sendable, Hashable {
  /// What is known of a container's health.
  public enum Status: String, Sendable, Hashable {
    /// No check has succeeded yet, and not enough of them have failed.
    case starting
    /// The last check succeeded, or not enough have failed since.
    case healthy
    /// As many checks in a row have failed as there are retries.
    case unhealthy
  }

  /// One check that was made.
  public struct Probe: Sendable, Hashable {
    /// When it began, since the container's start.
    public let start: Duration
    /// When it ended, since the container's start.
    public let end: Duration
    /// The command's exit code; -1 when it could not be run or its time was up.
    public let exitCode: Int32
    /// What it printed, or why it could not be run.
    public let output: String

    /// The most bytes of output that are kept.
    static let outputLimit = 4096

    /// Describes a check; output beyond 4096 bytes is cut, as Docker does.
    public init(start: Duration, end: Duration, exitCode: Int32, output: String) {
      self.start = start
      self.end = end
      self.exitCode = exitCode
      self.output =
        output.utf8.count <= Self.outputLimit
        ? output : String(decoding: output.utf8.prefix(Self.outputLimit), as: UTF8.self) + "..."
    }

    /// Whether the container was well.
    public var hasSucceeded: Bool { exitCode == 0 }
  }

  /// The time between checks during the start period when nothing else is said.
  public static let defaultStartInterval = Duration.seconds(5)

  /// The check.
  public let healthcheck: Healthcheck
  /// What is known now.
  public private(set) var status = Status.starting
  /// How many checks in a row have failed.
  public private(set) var failingStreak = 0
  /// All checks that were made, the oldest first.
  public private(set) var probes: [Probe] = []

  /// Begins with a container that has just started.
  public init(_ healthcheck: Healthcheck) { self.healthcheck = healthcheck }

  /// How long to wait before the next check.
  ///
  /// - Parameter now: The time since the container's start, when the last check has ended.
  public func interval(now: Duration) -> Duration {
    now < healthcheck.startPeriod && status == .starting
      ? healthcheck.startInterval ?? Self.defaultStartInterval : healthcheck.interval
  }

  /// Takes the result of a check into account.
  public mutating func record(_ probe: Probe) {
    probes.append(probe)
    if probe.hasSucceeded {
      failingStreak = 0
      status = .healthy
      return
    }
    // Before the first success, what fails within the start period does not count.
    if status == .starting && probe.start < healthcheck.startPeriod { return }
    failingStreak += 1
    if failingStreak >= healthcheck.retries { status = .unhealthy }
  }
}
