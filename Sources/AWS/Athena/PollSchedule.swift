/// When to ask again how far something is: soon while it is young, seldom once it takes long.
public struct PollSchedule: Hashable, Sendable {
  /// The shortest pause.
  public var shortest: Duration = .milliseconds(20)
  /// The longest pause.
  public var longest: Duration = .seconds(3)

  /// Makes the schedule for a query: an eighth of its age, so that asking late costs at most that much more.
  public init() {}

  /// The next pause.
  ///
  /// - Parameters:
  ///   - age: The time since the start.
  ///   - chance: A number from 0 to 1 that keeps many clients from asking at once.
  public func pause(age: Duration, chance: Double) -> Duration {
    min(max(age / 8, shortest), longest) * (0.9 + 0.2 * min(max(chance, 0), 1))
  }
}
