extension RPMSearch {
  /// What would satisfy an obligation, best first, and the choices that the list depends on.
  func options(_ obligation: Obligation, in state: State) -> ([Option], Set<Int>) {
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

  /// The installed packages that keep an obligation from being met: those that exclude what would meet it, and the one whose
  /// need it is.
  func blockers(of obligation: Obligation, in state: State) -> Set<Int> {
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
}

extension RPMPackage {
  /// Whether an `Obsoletes` means this package: by its name, never by what it provides.
  func isReplaced(by relation: RPMRelation) -> Bool {
    relation.overlaps(RPMRelation(name: name, comparison: .equal, version: version))
  }
}
