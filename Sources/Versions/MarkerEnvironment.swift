/// Describes the interpreter and machine that markers are judged for (PEP 508, "Environment Markers").
public struct MarkerEnvironment: Hashable, Sendable {
  private let values: [Marker.Variable: String]

  /// Describes CPython on Linux.
  ///
  /// The kernel's release and version can't be known when an image is locked, so both are empty, which makes
  /// comparisons with them false.
  ///
  /// - Parameters:
  ///   - python: the interpreter's version; parts that are missing count as zero, so `3.10` is `3.10.0`.
  ///   - machine: the kernel's name for the machine, for example `x86_64`.
  public init(linuxCPython python: PEP440Version, machine: String) {
    let full =
      python.release.count >= 3
      ? python.description
      : "\(python.releaseNumber(at: 0)).\(python.releaseNumber(at: 1)).0"
    values = [
      .pythonVersion: "\(python.releaseNumber(at: 0)).\(python.releaseNumber(at: 1))",
      .pythonFullVersion: full, .osName: "posix", .sysPlatform: "linux", .platformRelease: "", .platformSystem: "Linux",
      .platformVersion: "", .platformMachine: machine, .platformPythonImplementation: "CPython",
      .implementationName: "cpython", .implementationVersion: full,
    ]
  }

  /// Describes an environment by its values; those that are missing are empty.
  public init(values: [Marker.Variable: String]) {
    self.values = values
  }

  /// The environment's value of a variable.
  public subscript(variable: Marker.Variable) -> String { values[variable] ?? "" }
}

extension Marker {
  /// Whether the condition holds in `environment` with `extras` asked for.
  ///
  /// A comparison that has no meaning, such as `sys_platform ~= "linux"`, does not hold.
  public func holds(in environment: MarkerEnvironment, extras: Set<PackageName> = []) -> Bool {
    switch self {
    case .all(let parts): parts.allSatisfy { $0.holds(in: environment, extras: extras) }
    case .any(let parts): parts.contains { $0.holds(in: environment, extras: extras) }
    case .comparison(.variable(.extra), let comparison, .literal(let name)),
      .comparison(.literal(let name), let comparison, .variable(.extra)):
      Self.holds(comparison, extra: name, extras: extras)
    case .comparison(let left, let comparison, let right):
      Self.holds(
        Self.value(left, environment), comparison, Self.value(right, environment),
        asVersions: Self.isVersion(left) || Self.isVersion(right))
    }
  }

  private static func value(_ operand: Operand, _ environment: MarkerEnvironment) -> String {
    switch operand {
    case .variable(let variable): environment[variable]
    case .literal(let text): text
    }
  }

  private static func isVersion(_ operand: Operand) -> Bool {
    switch operand {
    case .variable(.pythonVersion), .variable(.pythonFullVersion), .variable(.implementationVersion): true
    default: false
    }
  }

  /// Several extras can be asked for at once: `extra == "x"` asks whether x is among them.
  private static func holds(_ comparison: Comparison, extra name: String, extras: Set<PackageName>) -> Bool {
    let isPresent = (try? PackageName(parsing: name)).map(extras.contains) ?? false
    switch comparison {
    case .version(.equal), .version(.arbitraryEqual): return isPresent
    case .version(.notEqual): return !isPresent
    case .isIn: return extras.contains { name.contains($0.description) }
    case .isNotIn: return !extras.contains { name.contains($0.description) }
    case .version: return false
    }
  }

  /// PEP 508: versions are compared by PEP 440 where the right side makes a valid specifier, all else as text.
  private static func holds(_ left: String, _ comparison: Comparison, _ right: String, asVersions: Bool) -> Bool {
    if asVersions, case .version(let operation) = comparison,
      let clause = try? PEP440SpecifierSet(parsing: operation.rawValue + right),
      let version = try? PEP440Version(parsing: left)
    {
      return clause.contains(version)
    }
    switch comparison {
    case .isIn: return right.contains(left)
    case .isNotIn: return !right.contains(left)
    case .version(.equal), .version(.arbitraryEqual): return left == right
    case .version(.notEqual): return left != right
    case .version(.less): return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    case .version(.greater): return right.unicodeScalars.lexicographicallyPrecedes(left.unicodeScalars)
    case .version(.lessOrEqual): return !right.unicodeScalars.lexicographicallyPrecedes(left.unicodeScalars)
    case .version(.greaterOrEqual): return !left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    case .version(.compatible): return false
    }
  }
}
