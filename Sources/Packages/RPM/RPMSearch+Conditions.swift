extension RPMSearch {
  func isSatisfied(_ goal: Obligation.Goal, in state: State) -> Bool {
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
  func reopenConditions(_ state: inout State) -> Bool {
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
  func checkJoinedConflicts(_ state: State) throws(Conflict) {
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

  func blame(_ requirement: RPMRequirement, in state: State) -> Set<Int> {
    matching(requirement).reduce(into: []) { $0.formUnion(state.selected[$1]?.choices ?? []) }
  }
}
