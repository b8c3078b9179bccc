extension RPMSearch {
  /// A selected package as a lock has it.
  func pin(_ index: Int, in state: State) -> RPMPin {
    let member = universe.packages[index]
    let needed = member.package.requires.flatMap { matching($0) }.filter {
      state.selected[$0] != nil && $0 != index && !universe.packages[$0].isInstalled
    }
    return RPMPin(
      name: member.package.name, version: member.package.version, architecture: member.package.architecture,
      location: member.package.location, size: member.package.size, digest: member.package.digest,
      repository: member.repository, dependencies: Set(needed.map { universe.packages[$0].package.name }).sorted())
  }

  /// Why an obligation can't be met.
  func refusal(_ obligation: Obligation, in state: State) -> RPMError {
    var chain: [String] = []
    var owner = obligation.owner
    while let link = owner {
      chain.insert(name(link), at: 0)
      owner = state.selected[link]?.owner
    }
    if obligation.isOfBase { chain = ["The base"] }
    let candidates: [Int]
    let text: String
    switch obligation.goal {
    case .packages(let packages, let request): (candidates, text) = (packages, request)
    case .requirement(let requirement): (candidates, text) = (matching(requirement), requirement.description)
    }
    var reasons = candidates.compactMap { index in
      exclusion(of: index, in: state).map { RPMError.Candidate(package: name(index), reason: $0.reason) }
    }
    if reasons.isEmpty, case .requirement(.relation(let relation)) = obligation.goal {
      let others = universe.named(relation.name).sorted {
        universe.packages[$1].package.version < universe.packages[$0].package.version
      }
      reasons = others.prefix(1).map { RPMError.Candidate(package: name($0), reason: "is the one there") }
    }
    return .unsatisfiable(text, chain: chain, candidates: reasons)
  }
}
