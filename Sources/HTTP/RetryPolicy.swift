/// Decides whether and when a failed request is sent again: a pure function of what happened.
public struct RetryPolicy: Hashable, Sendable {
  /// How often a request is sent at most.
  public var attempts = 4
  /// The longest pause after the first failure; it doubles with each one.
  public var base: Duration = .milliseconds(300)
  /// The longest pause that is made, also if the server asks for more.
  public var longest: Duration = .seconds(60)

  /// Makes the policy for a command that a person waits for.
  public init() {}

  /// Makes a policy.
  public init(attempts: Int, base: Duration = .milliseconds(300), longest: Duration = .seconds(60)) {
    self.attempts = attempts
    self.base = base
    self.longest = longest
  }

  /// Whether a status says that the same request may succeed later.
  ///
  /// RFC 9110, section 15.5.9 and 15.6; RFC 6585, section 4.
  package static func isTemporary(status: Int) -> Bool {
    [408, 429, 500, 502, 503, 504].contains(status)
  }

  /// The pause before the next attempt, `nil` if there is none.
  ///
  /// - Parameters:
  ///   - attempt: The number of the attempt that failed, from 1.
  ///   - retryAfter: The pause that the server asked for. A request is given up if that is longer than `longest`.
  ///   - chance: A number from 0 to 1 that spreads clients which failed together.
  package func pause(afterAttempt attempt: Int, retryAfter: Duration?, chance: Double) -> Duration? {
    guard attempt < attempts else { return nil }
    if let retryAfter {
      return retryAfter <= longest ? max(.zero, retryAfter) : nil
    }
    let whole = min(base * (1 << min(attempt - 1, 16)), longest)
    return whole * (0.5 + 0.5 * min(max(chance, 0), 1))
  }
}

/// Reads the value of `Retry-After`: seconds, or a date.
///
/// RFC 9110, section 10.2.3.
package func retryAfter(_ value: String?, now: Int64) -> Duration? {
  guard let value else { return nil }
  if let seconds = Int64(value) { return seconds >= 0 ? .seconds(min(seconds, 1 << 31)) : nil }
  return HTTPDate(parsing: value).map { .seconds(max(0, $0.secondsSinceEpoch - now)) }
}
