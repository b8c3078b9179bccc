/// Is a condition on the environment under which a requirement applies (PEP 508, "Environment Markers").
public indirect enum Marker: Hashable, Sendable {
  /// Is a value that describes the environment.
  public enum Variable: String, Hashable, Sendable, CaseIterable {
    case pythonVersion = "python_version"
    case pythonFullVersion = "python_full_version"
    case osName = "os_name"
    case sysPlatform = "sys_platform"
    case platformRelease = "platform_release"
    case platformSystem = "platform_system"
    case platformVersion = "platform_version"
    case platformMachine = "platform_machine"
    case platformPythonImplementation = "platform_python_implementation"
    case implementationName = "implementation_name"
    case implementationVersion = "implementation_version"
    case extra = "extra"
  }

  /// Is one side of a comparison.
  public enum Operand: Hashable, Sendable {
    case variable(Variable)
    case literal(String)
  }

  /// Is the way in which two sides are compared.
  public enum Comparison: Hashable, Sendable {
    case version(PEP440Specifier.Operator)
    case isIn
    case isNotIn
  }

  case comparison(Operand, Comparison, Operand)
  case all([Marker])
  case any([Marker])

  /// Whether the condition asks for extras anywhere.
  public var mentionsExtra: Bool {
    switch self {
    case .comparison(let left, _, let right): left == .variable(.extra) || right == .variable(.extra)
    case .all(let parts), .any(let parts): parts.contains(where: \.mentionsExtra)
    }
  }
}

extension Marker: CustomStringConvertible {
  /// The marker in PEP 508's notation, with single quotes and the fewest parentheses.
  public var description: String {
    switch self {
    case .comparison(let left, let comparison, let right):
      "\(Self.text(left)) \(Self.text(comparison)) \(Self.text(right))"
    case .all(let parts):
      parts.map { part in
        if case .any = part { "(\(part))" } else { part.description }
      }.joined(separator: " and ")
    case .any(let parts):
      parts.map(\.description).joined(separator: " or ")
    }
  }

  private static func text(_ operand: Operand) -> String {
    switch operand {
    case .variable(let variable): variable.rawValue
    case .literal(let value): value.contains("'") ? "\"\(value)\"" : "'\(value)'"
    }
  }

  private static func text(_ comparison: Comparison) -> String {
    switch comparison {
    case .version(let operation): operation.rawValue
    case .isIn: "in"
    case .isNotIn: "not in"
    }
  }
}
