/// Reports that no selection satisfies every requirement, with the whole proof.
struct UnsolvableError<Provider: DependencyProvider>: Error, Sendable
where Provider.Package: Sendable, Provider.Version: Sendable {
  /// The proof.
  let graph: DerivationGraph<Provider.Package, Provider.Version, Provider.Reason>
}

/// Is the proof that the root can't be selected: facts, each with where it came from.
struct DerivationGraph<Package: SolverPackage, Version: SolverVersion, Reason: Hashable & Sendable>: Sendable {
  /// The packages by number.
  let packages: [Package]
  /// Every fact that the solver held, derived ones after those they came from.
  let facts: [Incompatibility<Version, Reason>]
  /// The fact that rules out the root.
  let failure: Int

  /// The facts that are given rather than derived and take part in the proof, in the order in which they are met.
  var externalFacts: [Int] {
    var (seen, given, open): (Set<Int>, [Int], [Int]) = ([], [], [failure])
    while let fact = open.popLast() {
      guard seen.insert(fact).inserted else { continue }
      if case .derived(let first, let second) = facts[fact].cause {
        open += [second, first]
      } else {
        given.append(fact)
      }
    }
    return given
  }
}
