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
  struct Conflict: Error {
    let choices: Set<Int>
    let error: RPMError
    /// Installed packages that stand in the way, as they are to stay.
    var blockers: Set<Int> = []
  }

  enum Option {
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
