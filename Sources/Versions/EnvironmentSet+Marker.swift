extension EnvironmentSet {
  /// The environments in which a marker holds.
  ///
  /// - Parameter extras: The extras that are asked for; `extra == "…"` is decided by them.
  public init(_ marker: Marker?, extras: Set<PackageName> = []) {
    guard let marker else {
      self = .full
      return
    }
    switch marker {
    case .all(let parts): self = parts.reduce(.full) { $0.intersection(EnvironmentSet($1, extras: extras)) }
    case .any(let parts): self = parts.reduce(.empty) { $0.union(EnvironmentSet($1, extras: extras)) }
    case .comparison(.variable(.extra), _, _), .comparison(_, _, .variable(.extra)):
      self = marker.holds(in: MarkerEnvironment(values: [:]), extras: extras) ? .full : .empty
    case .comparison(.variable(let variable), let comparison, .literal(let text)):
      self = Self.comparing(variable, comparison, text)
    case .comparison(.literal(let text), let comparison, .variable(let variable)):
      self = Self.comparing(text, comparison, variable)
    case .comparison:
      // Two literals, or two variables, which no requirement has any use for.
      self = marker.holds(in: MarkerEnvironment(values: [:])) ? .full : .empty
    }
  }

  /// The environments whose interpreter's version is one of a set of specifiers, patch releases included.
  public init(python specifiers: PEP440SpecifierSet) {
    self = specifiers.clauses.reduce(.full) { set, clause in
      guard let version = clause.version else { return .empty }
      let values = Self.versions(clause.comparison, version, isPrefix: clause.isPrefix)
      return set.intersection(EnvironmentSet(.python, in: values))
    }
  }

  /// The environments with at least this version of Python.
  public init(pythonFrom version: PEP440Version) {
    self.init(.python, in: Values(from: .version(.before(version)), to: nil))
  }

  /// The oldest Python of the set; `nil` if there is none, or no oldest.
  public var oldestPython: PEP440Version? {
    guard case .choice(.python, let branches) = node else { return nil }
    for interval in branches.filter({ $0.node != .none }).flatMap(\.values.intervals).sorted(by: Self.isLower) {
      guard case .version(let cut)? = interval.lower else { return nil }
      return cut.version
    }
    return nil
  }

  private static func isLower(_ left: Values.Interval, _ right: Values.Interval) -> Bool {
    guard let second = right.lower else { return false }
    return left.lower.map { $0 < second } ?? true
  }

  // MARK: Comparisons

  private static func comparing(
    _ variable: Marker.Variable, _ comparison: Marker.Comparison, _ text: String
  ) -> EnvironmentSet {
    switch comparison {
    case .version(let operation):
      if let set = comparing(variable, operation, version: text) { return set }
      return comparing(variable, operation, text: text)
    case .isIn, .isNotIn:
      let set = isIn(variable, text)
      return comparison == .isIn ? set : set.complement
    }
  }

  private static func comparing(
    _ text: String, _ comparison: Marker.Comparison, _ variable: Marker.Variable
  ) -> EnvironmentSet {
    switch comparison {
    case .version(let operation): return comparing(variable, .version(flipped[operation] ?? operation), text)
    case .isIn, .isNotIn:
      let relation = Relation(variable: variable, text: text, isNeedle: true)
      let set = EnvironmentSet(.relation(relation), in: holds)
      return comparison == .isIn ? set : set.complement
    }
  }

  private static let flipped: [PEP440Specifier.Operator: PEP440Specifier.Operator] = [
    .less: .greater, .lessOrEqual: .greaterOrEqual, .greater: .less, .greaterOrEqual: .lessOrEqual,
  ]

  /// A comparison of versions; `nil` if the variable has none or the text is none.
  private static func comparing(
    _ variable: Marker.Variable, _ operation: PEP440Specifier.Operator, version text: String
  ) -> EnvironmentSet? {
    let isPrefix = text.hasSuffix(".*")
    guard let version = try? PEP440Version(parsing: isPrefix ? String(text.dropLast(2)) : text) else { return nil }
    switch variable {
    case .pythonVersion where !isPrefix:
      return EnvironmentSet(.python, in: pythonVersions(operation, version))
    case .pythonVersion, .pythonFullVersion:
      return EnvironmentSet(.python, in: versions(operation, version, isPrefix: isPrefix))
    case .implementationVersion:
      return EnvironmentSet(.variable(variable.rawValue), in: versions(operation, version, isPrefix: isPrefix))
    default: return nil
    }
  }

  /// The full versions whose first two numbers compare as wanted with a version.
  private static func pythonVersions(
    _ operation: PEP440Specifier.Operator, _ version: PEP440Version
  ) -> Values {
    let (major, minor) = (version.releaseNumber(at: 0), version.releaseNumber(at: 1))
    let own = PEP440Version(release: major, minor)
    let next = PEP440Version(release: major, minor + 1)
    // `python_version` is never between two minor releases, so `>= "3.10.2"` begins with 3.11.
    let isMinor = version.release.dropFirst(2).allSatisfy { $0 == 0 }
    func from(_ version: PEP440Version) -> Values { Values(from: .version(.before(version)), to: nil) }
    switch operation {
    case .equal, .arbitraryEqual:
      return isMinor ? from(own).intersection(from(next).complement) : .empty
    case .notEqual: return pythonVersions(.equal, version).complement
    case .less: return from(isMinor ? own : next).complement
    case .lessOrEqual: return from(next).complement
    case .greater: return from(next)
    case .greaterOrEqual: return from(isMinor ? own : next)
    case .compatible:
      return from(own).intersection(from(PEP440Version(release: major + 1)).complement)
    }
  }

  /// The versions that compare as wanted; stages before the release count as the release itself.
  private static func versions(
    _ operation: PEP440Specifier.Operator, _ version: PEP440Version, isPrefix: Bool
  ) -> Values {
    let base = PEP440Version(epoch: version.epoch, release: version.release)
    func from(_ cut: PEP440Cut) -> Values { Values(from: .version(cut), to: nil) }
    func prefix(_ release: [UInt64]) -> Values {
      guard let last = release.last else { return .full }
      let next = PEP440Version(epoch: version.epoch, release: release.dropLast() + [last + 1])
      return from(.before(PEP440Version(epoch: version.epoch, release: release)))
        .intersection(from(.before(next)).complement)
    }
    switch operation {
    case .equal, .arbitraryEqual:
      return isPrefix ? prefix(version.release) : from(.before(base)).intersection(from(.after(base)).complement)
    case .notEqual: return versions(.equal, version, isPrefix: isPrefix).complement
    case .less: return from(.before(base)).complement
    case .lessOrEqual: return from(.after(base)).complement
    case .greater: return from(.after(base))
    case .greaterOrEqual: return from(.before(base))
    case .compatible: return from(.before(base)).intersection(prefix(Array(version.release.dropLast())))
    }
  }

  /// A comparison of texts.
  private static func comparing(
    _ variable: Marker.Variable, _ operation: PEP440Specifier.Operator, text: String
  ) -> EnvironmentSet {
    if operation == .notEqual { return comparing(variable, .equal, text: text).complement }
    // `platform_system` says the same as `sys_platform` in other words wherever it matters.
    if variable == .platformSystem, operation == .equal, let name = systems[text] {
      return comparing(.sysPlatform, .equal, text: name)
    }
    let property = Property.variable(variable.rawValue)
    switch operation {
    case .equal, .arbitraryEqual: return EnvironmentSet(property, in: Self.text(text))
    case .less: return EnvironmentSet(property, in: Values(from: nil, to: .text(text, isAfter: false)))
    case .lessOrEqual: return EnvironmentSet(property, in: Values(from: nil, to: .text(text, isAfter: true)))
    case .greater: return EnvironmentSet(property, in: Values(from: .text(text, isAfter: true), to: nil))
    case .greaterOrEqual: return EnvironmentSet(property, in: Values(from: .text(text, isAfter: false), to: nil))
    case .compatible, .notEqual: return .empty
    }
  }

  private static let systems = ["Linux": "linux", "Darwin": "darwin", "Windows": "win32"]

  /// `variable in "…"`, where the text mostly is a list of values.
  private static func isIn(_ variable: Marker.Variable, _ text: String) -> EnvironmentSet {
    let words = text.split { $0 == " " || $0 == "," || $0 == "|" || $0 == ";" }.map(String.init)
    switch variable {
    case .pythonVersion, .pythonFullVersion:
      return words.reduce(.empty) { $0.union(comparing(variable, .version(.equal), $1)) }
    default:
      if words.count > 1 { return words.reduce(.empty) { $0.union(comparing(variable, .version(.equal), $1)) } }
      return EnvironmentSet(.relation(Relation(variable: variable, text: text, isNeedle: false)), in: holds)
    }
  }
}
