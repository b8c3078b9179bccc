import Versions

/// Selects a version of every package that the root needs, or derives why that can't be done.
///
/// This is PubGrub ("PubGrub: Next-Generation Version Solving", N. Weizenbaum): every fact is an incompatibility, unit
/// propagation draws conclusions from them, and each conflict yields a new one, so that no mistake is made twice.
struct Solver<Provider: DependencyProvider> {
  typealias Package = Provider.Package
  typealias Version = Provider.Version
  typealias VersionSet = VersionRanges<Version.Cut>
  typealias Fact = Incompatibility<Version, Provider.Reason>

  private let provider: Provider
  private var packages: [Package] = []
  private var numbers: [Package: Int] = [:]
  private var facts: [Fact] = []
  /// The facts that speak of a package, newest last.
  private var factsOfPackage: [[Int]] = []
  /// Facts that can't hold any more while as many decisions stand.
  private var contradicted: [Int: Int] = [:]
  /// Dependency facts by both packages, to merge those that say the same of several versions.
  private var dependencyFacts: [[Int]: [Int]] = [:]
  private var solution = PartialSolution<Version>()
  private var order = DecisionOrder<Package.Family>()
  private var expanded: [Int: Set<Version>] = [:]
  private var culprits: [Int] = []

  private init(provider: Provider) {
    self.provider = provider
  }

  /// Solves for `root`.
  ///
  /// Throws `UnsolvableError` if there is no solution, and whatever the provider throws.
  static func solve(root: Package, version: Version, provider: Provider) async throws -> [Package: Version] {
    var solver = Solver(provider: provider)
    let rootNumber = solver.number(of: root)
    solver.order.note(rootNumber, family: nil, isExact: true)
    solver.add(Fact(terms: [(rootNumber, .negative(version.singleton))], cause: .root))
    try await solver.run(from: rootNumber)
    return Dictionary(uniqueKeysWithValues: solver.solution.decisions.map { (solver.packages[$0.package], $0.version) })
  }

  private mutating func run(from root: Int) async throws {
    var next = root
    while true {
      try Task.checkCancellation()
      try propagate(from: next)
      deferCulprits()
      let undecided = solution.undecided
      provider.prefetch(undecided.map { (packages[$0.package], $0.versions) })
      guard let chosen = undecided.min(by: { order.precedes(entry($0.package), entry($1.package)) }) else { return }
      next = chosen.package
      try await decide(chosen.package, chosen.versions)
    }
  }

  // MARK: Decisions

  private mutating func decide(_ package: Int, _ versions: VersionSet) async throws {
    let version: Version
    switch try await provider.choice(of: packages[package], in: versions) {
    case .none:
      add(Fact(terms: [(package, .positive(versions))], cause: .noVersions))
      return
    case .unavailablePackage(let reason):
      add(Fact(terms: [(package, .positive(.full))], cause: .unavailable(reason)))
      return
    case .unavailable(let refused, let reason):
      add(Fact(terms: [(package, .positive(refused))], cause: .unavailable(reason)))
      return
    case .version(let choice):
      version = choice
    }
    guard expanded[package, default: []].insert(version).inserted else {
      solution.decide(package, version)
      return
    }
    switch try await provider.dependencies(of: packages[package], at: version) {
    case .unavailable(let reason):
      add(Fact(terms: [(package, .positive(version.singleton))], cause: .unavailable(reason)))
    case .known(let dependencies):
      let added = dependencies.map { dependency in
        let target = number(of: dependency.package)
        order.note(target, family: dependency.package.family, isExact: Version.isOneVersion(dependency.versions))
        return addDependency(of: package, version, on: target, dependency.versions)
      }
      // Deciding on a version whose needs are already refused would only be taken back.
      if let refusing = added.first(where: { holdsOnceDecided($0, package, version) }) {
        noteConflict(refusing, rejecting: package)
      } else {
        solution.decide(package, version)
      }
    }
  }

  /// Whether all terms of a fact would hold once the package is decided.
  private func holdsOnceDecided(_ fact: Int, _ package: Int, _ version: Version) -> Bool {
    facts[fact].terms.allSatisfy { entry in
      if entry.package == package { return Term.positive(version.singleton).implies(entry.term) }
      return solution.term(on: entry.package)?.implies(entry.term) ?? false
    }
  }

  private func entry(_ package: Int) -> (package: Int, family: Package.Family?) {
    (package, packages[package].family)
  }

  /// Counts a conflict towards the order of decisions.
  private mutating func noteConflict(_ fact: Int, rejecting package: Int) {
    culprits += order.noteConflict(
      rejected: entry(package), by: facts[fact].terms.map { entry($0.package) })
  }

  /// Takes back the decisions on packages that have rejected others too often, so that those others are decided first.
  private mutating func deferCulprits() {
    for package in culprits {
      guard let level = solution.decisionLevel(of: package) else { continue }
      backtrack(to: level - 1)
    }
    culprits = []
  }

  // MARK: Facts

  private mutating func number(of package: Package) -> Int {
    if let number = numbers[package] { return number }
    numbers[package] = packages.count
    packages.append(package)
    factsOfPackage.append([])
    return packages.count - 1
  }

  @discardableResult
  private mutating func add(_ fact: Fact) -> Int {
    facts.append(fact)
    for entry in fact.terms { factsOfPackage[entry.package].append(facts.count - 1) }
    return facts.count - 1
  }

  /// Adds "this version needs that package", joined to the same fact about other versions if there is one.
  private mutating func addDependency(of package: Int, _ version: Version, on target: Int, _ versions: VersionSet)
    -> Int
  {
    let key = [package, target]
    var own = version.singleton
    if let known = dependencyFacts[key]?.first(where: {
      facts[$0].term(on: target) == .negative(versions) || (versions.isEmpty && facts[$0].term(on: target) == nil)
    }), case .positive(let others)? = facts[known].term(on: package) {
      own = own.union(others)
      for owner in Set([package, target]) { factsOfPackage[owner].removeAll { $0 == known } }
      dependencyFacts[key]?.removeAll { $0 == known }
    }
    // A need that no version can satisfy rules the version out by itself.
    let terms: [(package: Int, term: Term<Version.Cut>)] =
      versions.isEmpty ? [(package, .positive(own))] : [(package, .positive(own)), (target, .negative(versions))]
    let added = add(Fact(terms: terms, cause: .dependency(of: package, on: target)))
    dependencyFacts[key, default: []].append(added)
    return added
  }

  // MARK: Unit propagation and conflict resolution

  /// Draws every conclusion that follows from what is known of a package.
  private mutating func propagate(from start: Int) throws(UnsolvableError<Provider>) {
    var changed = [start]
    while let package = changed.popLast() {
      var conflict: Int?
      for fact in factsOfPackage[package].reversed() where contradicted[fact] == nil {
        switch relation(of: fact) {
        case .satisfied:
          conflict = fact
        case .almostSatisfied(let last):
          if !changed.contains(last) { changed.append(last) }
          solution.derive(last, facts[fact].term(on: last)!.negated, cause: fact)
          contradicted[fact] = solution.level
        case .contradicted:
          contradicted[fact] = solution.level
        case .inconclusive:
          break
        }
        if conflict != nil { break }
      }
      if let conflict {
        let (almost, rootCause) = try resolve(conflict)
        changed = [almost]
        solution.derive(almost, facts[rootCause].term(on: almost)!.negated, cause: rootCause)
        contradicted[rootCause] = solution.level
      }
    }
  }

  private enum Relation {
    case satisfied
    case almostSatisfied(Int)
    case contradicted
    case inconclusive
  }

  private func relation(of fact: Int) -> Relation {
    var open: Int?
    for entry in facts[fact].terms {
      if let known = solution.term(on: entry.package) {
        if known.implies(entry.term) { continue }
        if known.isDisjoint(with: entry.term) { return .contradicted }
      }
      if open != nil { return .inconclusive }
      open = entry.package
    }
    return open.map(Relation.almostSatisfied) ?? .satisfied
  }

  /// Finds the fact behind a conflict and goes back to where it would have changed a decision.
  private mutating func resolve(_ conflict: Int) throws(UnsolvableError<Provider>) -> (package: Int, fact: Int) {
    var current = conflict
    var reasons: [(package: Int, fact: Int)] = []
    while true {
      if isTerminal(current) {
        throw UnsolvableError(graph: DerivationGraph(packages: packages, facts: facts, failure: current))
      }
      let (package, satisfier, previousLevel) = solution.satisfier(of: facts[current].terms) { fact, package in
        facts[fact].term(on: package)!
      }
      if let cause = satisfier.cause, previousLevel >= satisfier.level {
        facts.append(Fact.resolvent(current, cause, on: package, in: facts))
        current = facts.count - 1
        reasons.append((package, current))
      } else {
        backtrack(to: previousLevel)
        if current != conflict { for entry in facts[current].terms { factsOfPackage[entry.package].append(current) } }
        reasons.append((package, current))
        for reason in reasons { noteConflict(reason.fact, rejecting: reason.package) }
        return (package, current)
      }
    }
  }

  /// Whether a fact says that the root can't be selected.
  private func isTerminal(_ fact: Int) -> Bool {
    let terms = facts[fact].terms
    guard let only = terms.first else { return true }
    guard terms.count == 1, packages[only.package].family == nil, case .positive = only.term else { return false }
    return true
  }

  private mutating func backtrack(to level: Int) {
    solution.backtrack(to: level)
    contradicted = contradicted.filter { $0.value <= level }
  }
}
