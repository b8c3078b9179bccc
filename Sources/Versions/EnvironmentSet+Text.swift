extension EnvironmentSet {
  /// Conditions that hold together, at most one for each property.
  private typealias Conjunction = [Property: Values]

  /// Returns a short marker that holds in the set and, among the environments that matter, nowhere else; `nil` if that is
  /// everywhere.
  public func marker(within universe: EnvironmentSet = .full) -> Marker? {
    let outside = complement.intersection(universe)
    func isImplied(_ conditions: Conjunction) -> Bool { Self.set(conditions).isDisjoint(with: outside) }
    if outside.isEmpty { return nil }
    var conjunctions: [Conjunction] = []
    for path in Self.paths(to: intersection(universe).node) {
      var shorter = path
      for property in path.keys.sorted().reversed() {
        guard let values = shorter[property] else { continue }
        for wider in Self.wider(values) {
          var attempt = shorter
          attempt[property] = wider.isFull ? nil : wider
          if isImplied(attempt) {
            shorter = attempt
            break
          }
        }
      }
      if !conjunctions.contains(shorter) { conjunctions.append(shorter) }
    }
    // What the others cover is left out.
    var place = conjunctions.count - 1
    while place >= 0, conjunctions.count > 1 {
      let others = conjunctions.enumerated().filter { $0.offset != place }.map { Self.set($0.element) }
      let rest = Self.set(conjunctions[place]).intersection(universe)
      if rest.isSubset(of: others.reduce(.empty) { $0.union($1) }) { conjunctions.remove(at: place) }
      place -= 1
    }
    let parts = conjunctions.compactMap(Self.marker).sorted { $0.description < $1.description }
    guard !parts.isEmpty else { return Self.impossible }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  /// A marker that holds nowhere: the notation has none that says so directly.
  private static let impossible = Marker.comparison(.variable(.pythonVersion), .version(.less), .literal("0"))

  private static func set(_ conditions: Conjunction) -> EnvironmentSet {
    conditions.reduce(.full) { $0.intersection(EnvironmentSet($1.key, in: $1.value)) }
  }

  private static func paths(to node: Node) -> [Conjunction] {
    switch node {
    case .none: []
    case .all: [[:]]
    case .choice(let property, let branches):
      branches.flatMap { branch in
        paths(to: branch.node).map { path in
          var path = path
          path[property] = branch.values
          return path
        }
      }
    }
  }

  /// Sets that hold the values and are simpler to say, the simplest first.
  private static func wider(_ values: Values) -> [Values] {
    // Ends of texts say nothing to a reader.
    if case .text = values.intervals[0].lower ?? values.intervals[0].upper { return [.full] }
    let (first, last) = (values.intervals[0].lower, values.intervals[values.intervals.count - 1].upper)
    return [.full, Values(from: first, to: nil), Values(from: nil, to: last), Values(from: first, to: last)]
      .filter { $0 != values }
  }

  // MARK: Notation

  private static func marker(_ conditions: Conjunction) -> Marker? {
    let parts = conditions.keys.sorted().compactMap { property in conditions[property].map { marker(property, $0) } }
    return parts.count > 1 ? .all(parts) : parts.first
  }

  private static func marker(_ property: Property, _ values: Values) -> Marker {
    switch property {
    case .python: return marker(.variable(.pythonFullVersion), values)
    case .variable(let name): return marker(.variable(Marker.Variable(rawValue: name) ?? .osName), values)
    case .relation(let relation):
      let comparison = values == holds ? Marker.Comparison.isIn : .isNotIn
      return relation.isNeedle
        ? .comparison(.literal(relation.text), comparison, .variable(relation.variable))
        : .comparison(.variable(relation.variable), comparison, .literal(relation.text))
    case .extra(let name):
      return .comparison(
        .variable(.extra), .version(values == holds ? .equal : .notEqual), .literal(name.description))
    }
  }

  private static func marker(_ variable: Marker.Operand, _ values: Values) -> Marker {
    var parts: [Marker] = []
    var intervals = values.intervals[...]
    while let first = intervals.popFirst() {
      var conditions = first.lower.map { [bound(variable, $0, isLower: true)] } ?? []
      var upper = first.upper
      if let single = single(first) {
        parts.append(.comparison(variable, .version(.equal), .literal(single)))
        continue
      }
      // A gap of one value is said by naming it.
      while let next = intervals.first, let hole = single(.init(lower: upper, upper: next.lower)) {
        conditions.append(.comparison(variable, .version(.notEqual), .literal(hole)))
        upper = next.upper
        intervals = intervals.dropFirst()
      }
      if let upper { conditions.append(bound(variable, upper, isLower: false)) }
      parts.append(conditions.count == 1 ? conditions[0] : .all(conditions))
    }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  /// The only value of an interval, if it has one, or the release that all of its versions belong to.
  private static func single(_ interval: Values.Interval) -> String? {
    switch (interval.lower, interval.upper) {
    case (.version(.before(let first))?, .version(.after(let last))?) where first == last: first.description
    case (.version(.before(let first))?, .version(.before(let next))?)
    where first.release.count == 2 && next == PEP440Version(release: first.release[0], first.release[1] + 1):
      "\(first).*"
    case (.text(let first, isAfter: false)?, .text(let last, isAfter: true)?) where first == last: first
    default: nil
    }
  }

  private static func bound(_ variable: Marker.Operand, _ cut: Cut, isLower: Bool) -> Marker {
    let (text, isAfter) =
      switch cut {
      case .version(.before(let version)): (version.description, false)
      case .version(.after(let version)), .version(.afterPostReleases(let version)): (version.description, true)
      case .text(let text, let isAfter): (text, isAfter)
      }
    let operation: PEP440Specifier.Operator =
      isLower ? (isAfter ? .greater : .greaterOrEqual) : (isAfter ? .lessOrEqual : .less)
    return .comparison(variable, .version(operation), .literal(text))
  }
}
