public import JSON

/// A container's health check as Docker runs it.
///
/// Specification: Docker image specification 1.3, "Healthcheck"; times are written in nanoseconds there.
public struct Healthcheck: Hashable, Sendable {
  /// What is run.
  public enum Test: Hashable, Sendable {
    /// A program with its arguments.
    case exec([String])
    /// A line for the image's shell.
    case shell(String)
    /// No check, also none of the base image.
    case none
  }

  /// What is run.
  public let test: Test
  /// The time between two checks.
  public let interval: Duration
  /// How long one check may take.
  public let timeout: Duration
  /// How long failures do not count after the start.
  public let startPeriod: Duration
  /// The time between two checks during the start period; nil for the engine's own.
  public let startInterval: Duration?
  /// How many failures in a row make the container unhealthy.
  public let retries: Int

  /// Describes a check; the defaults are Docker's.
  public init(
    test: Test, interval: Duration = .seconds(30), timeout: Duration = .seconds(30),
    startPeriod: Duration = .zero, startInterval: Duration? = nil, retries: Int = 3
  ) {
    self.test = test
    self.interval = interval
    self.timeout = timeout
    self.startPeriod = startPeriod
    self.startInterval = startInterval
    self.retries = retries
  }

  /// Reads the `Healthcheck` of a configuration; a zero or absent time means Docker's default.
  public init?(json: JSONValue) {
    guard let words = json["Test"]?.strings, let kind = words.first else { return nil }
    switch kind {
    case "NONE": test = .none
    case "CMD": test = .exec(Array(words.dropFirst()))
    case "CMD-SHELL": test = .shell(words.dropFirst().first ?? "")
    default: return nil
    }
    func time(_ name: String, default standard: Duration) -> Duration {
      guard let value = json[name]?.integer, value > 0 else { return standard }
      return .nanoseconds(value)
    }
    interval = time("Interval", default: .seconds(30))
    timeout = time("Timeout", default: .seconds(30))
    startPeriod = time("StartPeriod", default: .zero)
    let pause = time("StartInterval", default: .zero)
    startInterval = pause == .zero ? nil : pause
    let count = json["Retries"]?.integer ?? 0
    retries = count > 0 ? count : 3
  }

  /// The check as a configuration's `Healthcheck`.
  public var json: JSONValue {
    let words: [String] =
      switch test {
      case .none: ["NONE"]
      case .exec(let words): ["CMD"] + words
      case .shell(let line): ["CMD-SHELL", line]
      }
    func nanoseconds(_ time: Duration) -> JSONValue {
      .integer(time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000)
    }
    return .object([
      "Test": .strings(words),
      "Interval": nanoseconds(interval),
      "Timeout": nanoseconds(timeout),
      "StartPeriod": startPeriod == .zero ? nil : nanoseconds(startPeriod),
      "StartInterval": startInterval.map(nanoseconds),
      "Retries": .integer(retries),
    ])
  }

  /// The same check with another time between two checks, also during the start period.
  public func with(interval: Duration) -> Healthcheck {
    Healthcheck(
      test: test, interval: interval, timeout: timeout, startPeriod: startPeriod, startInterval: interval,
      retries: retries)
  }
}
