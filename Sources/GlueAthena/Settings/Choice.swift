/// One setting of a job, and why it is so.
struct Choice: Equatable, Sendable {
  /// Who made the choice.
  enum Origin: String, Sendable {
    /// The image's own `spark-defaults.conf` or environment.
    case image
    /// This program.
    case runtime
    /// The command line.
    case command
  }

  let key: String
  let value: String
  let reason: String
  let origin: Origin

  init(_ key: String, _ value: String, _ reason: String, origin: Origin = .runtime) {
    self.key = key
    self.value = value
    self.reason = reason
    self.origin = origin
  }
}
