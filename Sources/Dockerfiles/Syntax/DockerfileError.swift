/// What is wrong at one place of a Dockerfile.
public struct DockerfileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where it stands.
  public let position: SourcePosition
  /// What was found, in BuildKit's words where BuildKit refuses the same.
  public let message: String
  /// What to do, if that is known.
  public let hint: String?

  /// States a fault.
  public init(at position: SourcePosition, _ message: String, hint: String? = nil) {
    self.position = position
    self.message = message
    self.hint = hint
  }

  /// The place and the fault in one line.
  public var description: String { "\(position): \(message)" }
}
