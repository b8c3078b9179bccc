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
  public var interval: Duration { statedInterval ?? .seconds(30) }
  /// How long one check may take.
  public var timeout: Duration { statedTimeout ?? .seconds(30) }
  /// How long failures do not count after the start.
  public let startPeriod: Duration
  /// The time between two checks during the start period; nil for the engine's own.
  public let startInterval: Duration?
  /// How many failures in a row make the container unhealthy.
  public var retries: Int { statedRetries ?? 3 }

  /// What somebody chose; the rest is left to the engine, and to nobody's defaults in the configuration.
  private let statedInterval: Duration?
  private let statedTimeout: Duration?
  private let statedRetries: Int?

  /// Describes a check; what is nil or zero is Docker's default.
  public init(
    test: Test, interval: Duration? = nil, timeout: Duration? = nil, startPeriod: Duration? = nil,
    startInterval: Duration? = nil, retries: Int? = nil
  ) {
    self.test = test
    statedInterval = interval == .zero ? nil : interval
    statedTimeout = timeout == .zero ? nil : timeout
    self.startPeriod = startPeriod ?? .zero
    self.startInterval = startInterval == .zero ? nil : startInterval
    statedRetries = retries == 0 ? nil : retries
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
    func time(_ name: String) -> Duration? {
      json[name]?.integer.flatMap { $0 > 0 ? .nanoseconds($0) : nil }
    }
    statedInterval = time("Interval")
    statedTimeout = time("Timeout")
    startPeriod = time("StartPeriod") ?? .zero
    startInterval = time("StartInterval")
    statedRetries = json["Retries"]?.integer.flatMap { $0 > 0 ? $0 : nil }
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
      "Interval": statedInterval.map(nanoseconds),
      "Timeout": statedTimeout.map(nanoseconds),
      "StartPeriod": startPeriod == .zero ? nil : nanoseconds(startPeriod),
      "StartInterval": startInterval.map(nanoseconds),
      "Retries": statedRetries.map { .integer($0) },
    ])
  }

  /// The same check with another time between two checks, also during the start period.
  public func with(interval: Duration) -> Healthcheck {
    Healthcheck(
      test: test, interval: interval, timeout: statedTimeout, startPeriod: startPeriod, startInterval: interval,
      retries: statedRetries)
  }
}
