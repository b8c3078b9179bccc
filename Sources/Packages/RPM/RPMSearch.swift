import Versions

/// The search for a set: what leaves no choice is followed first, then choices are tried in the order of preference.
///
/// A choice that fails is undone together with all that follows from it. What is to blame is known by the choices it depends on, so
/// that a choice that has no part in a failure is not tried again (conflict-directed backjumping, Prosser 1993).
struct RPMSearch {
  /// Something that has to become true.
  struct Obligation {
    enum Goal {
      case requirement(RPMRequirement)
      case packages([Int], request: String)
    }

    let goal: Goal
    /// The package that asks for it; nil for a request.
    let owner: Int?
    /// Choices that made it an obligation, beside those of its owner.
    var choices: Set<Int> = []
    /// Whether it is that something installed stays, or has a successor.
    var isOfBase = false
  }

  struct Selection {
    let owner: Int?
    /// The choices that it depends on, by their depth.
    let choices: Set<Int>
  }

  struct State {
    var selected: [Int: Selection] = [:]
    /// The selected package of each name.
    var names: [String: Int] = [:]
    var pending: [Obligation] = []
    var open: [Obligation] = []
    /// What selected packages exclude, by capability, and what they replace, by name.
    var conflicts: [(owner: Int, relation: RPMRelation)] = []
    var obsoletes: [(owner: Int, relation: RPMRelation)] = []
    /// What installed packages need and have lacked all along.
    var unmet: [Int: Set<RPMRequirement>] = [:]
  }

  /// Why a state can't become a set, and the choices that are to blame.
  private struct Conflict: Error {
    let choices: Set<Int>
    let error: RPMError
    /// Installed packages that stand in the way, as they are to stay.
    var blockers: Set<Int> = []
  }

  private enum Option {
    case package(Int)
    case requirement(RPMRequirement)
  }

  let universe: RPMUniverse
  let held: [String: RPMPin]
  private static let stepLimit = 20_000

  func run(_ jobs: [Obligation]) throws(RPMError) -> [RPMPin] {
    let base = InstalledBase(search: self)
    var moving: Set<Int> = []
    var steps = 0
    while true {
      var state = base.state(moving: moving)
      state.pending += jobs.reversed()
      do throws(Conflict) {
        let result = try solve(state, depth: 0, steps: &steps)
        let chosen = result.selected.keys.filter { !universe.packages[$0].isInstalled }
        return chosen.map { pin($0, in: result) }.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
      } catch {
        // What stays as long as it can may move now: to another version, or for what replaces it.
        if error.blockers.isSubset(of: moving) { throw error.error }
        moving.formUnion(error.blockers)
      }
    }
  }

  private func solve(_ start: State, depth: Int, steps: inout Int) throws(Conflict) -> State {
    var state = start
    steps += 1
    if steps > Self.stepLimit { throw Conflict(choices: [], error: .tooHard(steps: steps)) }
    while true {
      try propagate(&state)
      guard let place = state.open.firstIndex(where: { !isSatisfied($0.goal, in: state) }) else {
        if reopenConditions(&state) { continue }
        try checkJoinedConflicts(state)
        return state
      }
      let obligation = state.open[place]
      state.open.removeFirst(place + 1)
      let (options, blame) = options(obligation, in: state)
      var choices = blame
      var first: Conflict?
      var blockers = blockers(of: obligation, in: state)
      for option in options {
        var attempt = state
        do throws(Conflict) {
          take(option, for: obligation, choices: [depth], in: &attempt)
          return try solve(attempt, depth: depth + 1, steps: &steps)
        } catch {
          if case .tooHard = error.error { throw error }
          // The choice has no part in the failure: another one would fail alike.
          if !error.choices.contains(depth) { throw error }
          first = first ?? error
          choices.formUnion(error.choices)
          blockers.formUnion(error.blockers)
        }
      }
      choices.remove(depth)
      throw Conflict(
        choices: choices, error: first?.error ?? refusal(obligation, in: state), blockers: blockers)
    }
  }

  /// Follows what leaves no choice until there is nothing more of it.
  private func propagate(_ state: inout State) throws(Conflict) {
    while true {
      while let obligation = state.pending.popLast() {
        if isSatisfied(obligation.goal, in: state) || expand(obligation, in: &state) { continue }
        let (options, blame) = options(obligation, in: state)
        switch options.count {
        case 0:
          throw Conflict(
            choices: blame, error: refusal(obligation, in: state), blockers: blockers(of: obligation, in: state))
        case 1: take(options[0], for: obligation, choices: blame, in: &state)
        default: state.open.append(obligation)
        }
      }
      // What was selected may have left an open choice with one option.
      state.open = state.open.filter { !isSatisfied($0.goal, in: state) }
      guard let place = state.open.firstIndex(where: { options($0, in: state).0.count < 2 }) else { return }
      state.pending.append(state.open.remove(at: place))
    }
  }

  /// Takes apart what is no choice: all parts of a conjunction, the branch of a condition.
  private func expand(_ obligation: Obligation, in state: inout State) -> Bool {
    guard case .requirement(let requirement) = obligation.goal else { return false }
    func add(_ requirement: RPMRequirement, _ choices: Set<Int> = []) {
      state.pending.append(
        Obligation(
          goal: .requirement(requirement), owner: obligation.owner, choices: obligation.choices.union(choices)))
    }
    switch requirement {
    case .relation, .or, .with, .without: return false
    case .and(let parts): for part in parts.reversed() { add(part) }
    case .conditional(let then, let condition, let other):
      if isSatisfied(condition, in: state) { add(then, blame(condition, in: state)) } else { other.map { add($0) } }
    case .unless(let then, let condition, let other):
      if isSatisfied(condition, in: state) { other.map { add($0, blame(condition, in: state)) } } else { add(then) }
    }
    return true
  }

  private func take(_ option: Option, for obligation: Obligation, choices: Set<Int>, in state: inout State) {
    switch option {
    case .requirement(let requirement):
      state.pending.append(
        Obligation(
          goal: .requirement(requirement), owner: obligation.owner, choices: obligation.choices.union(choices)))
    case .package(let index):
      select(index, Selection(owner: obligation.owner, choices: choices), in: &state)
      // The last is looked at first: reversed, requirements are met in their order.
      for requirement in universe.packages[index].package.requires.reversed() where !requirement.hasCondition {
        if state.unmet[index]?.contains(requirement) == true { continue }
        state.pending.append(Obligation(goal: .requirement(requirement), owner: index))
      }
    }
  }

  /// Puts a package into the set, with what it excludes.
  func select(_ index: Int, _ selection: Selection, in state: inout State) {
    let package = universe.packages[index].package
    state.selected[index] = selection
    state.names[package.name] = index
    for case .relation(let relation) in package.conflicts { state.conflicts.append((index, relation)) }
    state.obsoletes += package.obsoletes.map { (index, $0) }
  }

  /// The installed packages that keep an obligation from being met: those that exclude what would meet it, and the one whose
  /// need it is.
  private func blockers(of obligation: Obligation, in state: State) -> Set<Int> {
    if universe.installed.isEmpty { return [] }
    var blockers: Set<Int> = []
    let candidates: [Int] =
      switch obligation.goal {
      case .packages(let packages, _): packages
      case .requirement(let requirement): matching(requirement)
      }
    for case let (other, _)? in candidates.map({ exclusion(of: $0, in: state) }) { blockers.insert(other) }
    if let owner = obligation.owner { blockers.insert(owner) }
    return blockers.filter { universe.packages[$0].isInstalled }
  }

  // MARK: What holds

  private func isSatisfied(_ goal: Obligation.Goal, in state: State) -> Bool {
    switch goal {
    case .packages(let packages, _): packages.contains { state.selected[$0] != nil }
    case .requirement(let requirement): isSatisfied(requirement, in: state)
    }
  }

  func isSatisfied(_ requirement: RPMRequirement, in state: State) -> Bool {
    switch requirement {
    case .relation, .with, .without: return matching(requirement).contains { state.selected[$0] != nil }
    case .and(let parts): return parts.allSatisfy { isSatisfied($0, in: state) }
    case .or(let parts): return parts.contains { isSatisfied($0, in: state) }
    case .conditional(let then, let condition, let other):
      if isSatisfied(condition, in: state) { return isSatisfied(then, in: state) }
      return other.map { isSatisfied($0, in: state) } ?? true
    case .unless(let then, let condition, let other):
      if !isSatisfied(condition, in: state) { return isSatisfied(then, in: state) }
      return other.map { isSatisfied($0, in: state) } ?? true
    }
  }

  /// The packages that alone satisfy a requirement which is about one package.
  func matching(_ requirement: RPMRequirement) -> [Int] {
    switch requirement {
    case .relation(let relation): return universe.providers(of: relation)
    case .with(let parts):
      guard let first = parts.first else { return [] }
      return parts.dropFirst().reduce(matching(first)) { found, part in
        let others = Set(matching(part))
        return found.filter(others.contains)
      }
    case .without(let one, let other):
      let excluded = Set(matching(other))
      return matching(one).filter { !excluded.contains($0) }
    case .and(let parts), .or(let parts): return parts.flatMap(matching)
    case .conditional(let then, _, let other), .unless(let then, _, let other):
      return matching(then) + (other.map(matching) ?? [])
    }
  }

  /// Conditions are looked at once all else is met, and again when one of them brought something along.
  private func reopenConditions(_ state: inout State) -> Bool {
    let before = state.pending.count
    for index in state.selected.keys.sorted() {
      for requirement in universe.packages[index].package.requires where !isSatisfied(requirement, in: state) {
        // What nobody has met so far is no concern of what is installed now.
        if state.unmet[index]?.contains(requirement) == true { continue }
        state.pending.append(Obligation(goal: .requirement(requirement), owner: index))
      }
    }
    return state.pending.count > before
  }

  /// Conflicts that are joined relations are looked at once the set is whole.
  private func checkJoinedConflicts(_ state: State) throws(Conflict) {
    for index in state.selected.keys.sorted() {
      for conflict in universe.packages[index].package.conflicts {
        if case .relation = conflict { continue }
        guard isSatisfied(conflict, in: state),
          let other = matching(conflict).first(where: { state.selected[$0] != nil && $0 != index })
        else { continue }
        let installed = [index, other].filter { universe.packages[$0].isInstalled }
        if installed.count == 2 { continue }
        let choices = state.selected.values.reduce(into: Set<Int>()) { $0.formUnion($1.choices) }
        throw Conflict(
          choices: choices,
          error: .conflict(name(index), with: name(other), reason: "\(name(index)) conflicts with \(conflict)"),
          blockers: Set(installed))
      }
    }
  }

  private func blame(_ requirement: RPMRequirement, in state: State) -> Set<Int> {
    matching(requirement).reduce(into: []) { $0.formUnion(state.selected[$1]?.choices ?? []) }
  }

  // MARK: What can be done

  /// What would satisfy an obligation, best first, and the choices that the list depends on.
  private func options(_ obligation: Obligation, in state: State) -> ([Option], Set<Int>) {
    var blame = obligation.choices.union(obligation.owner.flatMap { state.selected[$0]?.choices } ?? [])
    func packages(_ packages: [Int], _ name: String) -> [Option] {
      admissible(packages, name: name, in: state, &blame).map { .package($0) }
    }
    switch obligation.goal {
    case .packages(let candidates, let request): return (packages(candidates, request), blame)
    case .requirement(.or(let parts)):
      let options = parts.flatMap { part -> [Option] in
        switch part {
        case .relation(let relation): packages(matching(part), relation.name)
        case .with, .without: packages(matching(part), "")
        case .and, .or, .conditional, .unless: [.requirement(part)]
        }
      }
      return (options, blame)
    case .requirement(let requirement):
      if case .relation(let relation) = requirement { return (packages(matching(requirement), relation.name), blame) }
      return (packages(matching(requirement), ""), blame)
    }
  }

  /// The packages that nothing selected excludes, best first.
  private func admissible(_ packages: [Int], name: String, in state: State, _ blame: inout Set<Int>) -> [Int] {
    var found: [Int] = []
    for index in packages {
      if let (other, _) = exclusion(of: index, in: state) {
        blame.formUnion(state.selected[other]?.choices ?? [])
      } else {
        found.append(index)
      }
    }
    return found.count < 2 ? found : RPMPreference(universe: universe, held: held, name: name).sorted(found)
  }

  /// The selected package that excludes a candidate, and how.
  func exclusion(of index: Int, in state: State) -> (Int, reason: String)? {
    let package = universe.packages[index].package
    if let other = state.names[package.name], other != index {
      let reason = universe.packages[other].isInstalled ? "which is installed" : "which is needed"
      return (other, "is not \(name(other)), \(reason)")
    }
    for (owner, relation) in state.conflicts where owner != index && package.provides(relation) {
      return (owner, "conflicts with \(name(owner))")
    }
    for (owner, relation) in state.obsoletes where package.isReplaced(by: relation) && name(owner) != name(index) {
      return (owner, "is replaced by \(name(owner))")
    }
    for case .relation(let relation) in package.conflicts {
      if let other = universe.providers(of: relation).first(where: { state.selected[$0] != nil && $0 != index }) {
        return (other, "conflicts with \(name(other))")
      }
    }
    for relation in package.obsoletes {
      if let other = state.names[relation.name], other != index,
        universe.packages[other].package.isReplaced(by: relation)
      {
        return (other, "replaces \(name(other)), which is needed")
      }
    }
    return nil
  }

  func name(_ index: Int) -> String { universe.packages[index].package.description }
}

extension RPMRequirement {
  /// Whether what it asks for depends on what else is there.
  fileprivate var hasCondition: Bool {
    switch self {
    case .conditional, .unless: true
    case .relation, .and, .or, .with, .without: false
    }
  }
}

extension RPMPackage {
  /// Whether an `Obsoletes` means this package: by its name, never by what it provides.
  func isReplaced(by relation: RPMRelation) -> Bool {
    relation.overlaps(RPMRelation(name: name, comparison: .equal, version: version))
  }
}
