internal import Findings

/// What came of a container's health check.
public struct HealthResult: Sendable, Hashable {
  /// How it came out.
  public enum Verdict: Sendable, Hashable {
    /// A check succeeded.
    case healthy
    /// As many checks in a row failed as there are retries.
    case unhealthy
    /// Neither came about in the time given.
    case undecided(limit: Duration)
    /// The container's own command ended first.
    case ended(how: String, output: String)
    /// The image has no health check.
    case noHealthcheck
    /// The container could not be started.
    case notStarted(reason: String)
  }

  /// How it came out.
  public let verdict: Verdict
  /// The checks that were made, the oldest first.
  public let probes: [HealthMonitor.Probe]
  /// The time from the container's start to the verdict.
  public let duration: Duration

  /// Whether the container became healthy.
  public var isHealthy: Bool { verdict == .healthy }

  /// The verdict in one sentence.
  public var summary: String {
    switch verdict {
    case .healthy: "healthy after \(TestReport.seconds(duration)) s with check number \(probes.count)"
    case .unhealthy: "unhealthy: \(probes.count) checks, the last with exit code \(probes.last?.exitCode ?? -1)"
    case .undecided(let limit): "neither healthy nor unhealthy within \(limit)"
    case .ended(let how, _): "the container's command \(how) before it was healthy"
    case .noHealthcheck: "the image has no health check"
    case .notStarted(let reason): reason
    }
  }
}
