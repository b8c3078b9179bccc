/// What is wrong at one place of a YAML text.
public struct YAMLDiagnostic: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where it stands.
  public let position: YAMLNode.Position
  /// What was found and what was expected.
  public let message: String
  /// What to do, if that is known.
  public let hint: String?

  /// States a fault.
  public init(at position: YAMLNode.Position, _ message: String, hint: String? = nil) {
    self.position = position
    self.message = message
    self.hint = hint
  }

  /// The place and the fault in one line.
  public var description: String { "\(position): \(message)" }
}
