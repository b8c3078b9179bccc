import Versions

/// Is what the solver has settled so far: decisions, and what follows from them.
///
/// All assignments of a package lie together, with the intersection of their terms beside each, so that the question
/// "since when has this term held?" is a search in a short list.
struct PartialSolution<Version: SolverVersion> {
  typealias SolverTerm = Term<Version.Cut>

  /// Says since when and why a term has held.
  struct Satisfier {
    /// The incompatibility that forced it, or `nil` for a decision.
    let cause: Int?
    /// Where it stands among all assignments.
    let index: Int
    /// The number of decisions at that time.
    let level: Int
  }

  private struct Derivation {
    let index: Int
    let level: Int
    let cause: Int
    /// The intersection of all terms up to this one.
    let accumulated: SolverTerm
  }

  private struct Assignments {
    var derivations: [Derivation] = []
    var decision: (version: Version, index: Int, level: Int)?

    var term: SolverTerm {
      if let decision { return .positive(decision.version.singleton) }
      return derivations.last?.accumulated ?? .any
    }
  }

  private var assignments: [Assignments?] = []
  private var nextIndex = 0
  /// How many decisions have been made.
  private(set) var level = 0

  /// What is known of a package, or `nil` if nothing is.
  func term(on package: Int) -> SolverTerm? {
    package < assignments.count ? assignments[package]?.term : nil
  }

  /// The version selected for a package.
  func decision(on package: Int) -> Version? {
    package < assignments.count ? assignments[package]?.decision?.version : nil
  }

  /// The packages that have to be selected but are not yet, with the versions still possible.
  var undecided: [(package: Int, versions: VersionRanges<Version.Cut>)] {
    assignments.enumerated().compactMap { package, entry in
      guard let entry, entry.decision == nil, let set = entry.term.positiveSet else { return nil }
      return (package, set)
    }
  }

  /// Every decision.
  var decisions: [(package: Int, version: Version)] {
    assignments.enumerated().compactMap { package, entry in
      entry?.decision.map { (package, $0.version) }
    }
  }

  mutating func decide(_ package: Int, _ version: Version) {
    level += 1
    grow(to: package)
    assignments[package, default: Assignments()].decision = (version, nextIndex, level)
    nextIndex += 1
  }

  /// Adds what `cause` forces on a package.
  mutating func derive(_ package: Int, _ term: SolverTerm, cause: Int) {
    grow(to: package)
    let accumulated = assignments[package].map { $0.term.intersection(term) } ?? term
    assignments[package, default: Assignments()].derivations.append(
      Derivation(index: nextIndex, level: level, cause: cause, accumulated: accumulated))
    nextIndex += 1
  }

  /// Takes back every assignment that was made after the decision number `target`.
  mutating func backtrack(to target: Int) {
    for package in assignments.indices {
      guard var entry = assignments[package] else { continue }
      if let decision = entry.decision, decision.level > target { entry.decision = nil }
      while let last = entry.derivations.last, last.level > target { entry.derivations.removeLast() }
      assignments[package] = entry.decision == nil && entry.derivations.isEmpty ? nil : entry
    }
    level = target
  }

  /// The decision that selected `package`, by number.
  func decisionLevel(of package: Int) -> Int? {
    package < assignments.count ? assignments[package]?.decision?.level : nil
  }

  /// Finds the assignment with which a set of terms came to hold, and the level at which the others already held.
  func satisfier(
    of terms: [(package: Int, term: SolverTerm)], causes: (_ incompatibility: Int, _ package: Int) -> SolverTerm
  ) -> (package: Int, satisfier: Satisfier, previousLevel: Int) {
    var found = terms.map { ($0.package, firstSatisfier(on: $0.package, excluding: $0.term.negated)) }
    let last = found.indices.max { found[$0].1.index < found[$1].1.index }!
    let (package, satisfier) = found[last]
    // How far back can we go and have the satisfier alone complete the set?
    let own: SolverTerm =
      satisfier.cause.map { causes($0, package).negated } ?? assignments[package]!.term
    let remaining = own.intersection(terms[last].term.negated)
    found[last].1 = firstSatisfier(on: package, excluding: remaining)
    return (package, satisfier, max(found.map(\.1.level).max() ?? 1, 1))
  }

  /// Finds the first assignment of a package from which on `excluded` can't hold.
  private func firstSatisfier(on package: Int, excluding excluded: SolverTerm) -> Satisfier {
    let entry = assignments[package]!
    // Terms only ever narrow, so what is ruled out stays so and halving finds the first.
    var (low, high) = (0, entry.derivations.count)
    while low < high {
      let middle = (low + high) / 2
      if entry.derivations[middle].accumulated.isDisjoint(with: excluded) { high = middle } else { low = middle + 1 }
    }
    if low < entry.derivations.count {
      let derivation = entry.derivations[low]
      return Satisfier(cause: derivation.cause, index: derivation.index, level: derivation.level)
    }
    let decision = entry.decision!
    return Satisfier(cause: nil, index: decision.index, level: decision.level)
  }

  private mutating func grow(to package: Int) {
    while assignments.count <= package { assignments.append(nil) }
  }
}

extension Array {
  /// Reads or makes the element of a list of optional values.
  fileprivate subscript<Value>(index: Int, default value: @autoclosure () -> Value) -> Value where Element == Value? {
    get { self[index] ?? value() }
    set { self[index] = newValue }
  }
}
