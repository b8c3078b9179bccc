import Versions

/// What a search begins with where packages are installed already: they stay, but for those that may move.
struct InstalledBase {
  private let search: RPMSearch
  private let installed: [Int]
  /// What each of them needs and has lacked all along: nobody has to mend that now.
  private let unmet: [Int: Set<RPMRequirement>]

  init(search: RPMSearch) {
    self.search = search
    installed = search.universe.installed
    var whole = RPMSearch.State()
    for index in installed { search.select(index, Self.there, in: &whole) }
    var unmet: [Int: Set<RPMRequirement>] = [:]
    for index in installed {
      let lacking = search.universe.packages[index].package.requires.filter { !search.isSatisfied($0, in: whole) }
      if !lacking.isEmpty { unmet[index] = Set(lacking) }
    }
    self.unmet = unmet
  }

  private static let there = RPMSearch.Selection(owner: nil, choices: [])

  /// The state in which all but some are selected.
  ///
  /// In place of each that may move, its name has to be there in some version, or what replaces it; and what the others need of it
  /// has to be found again.
  func state(moving: Set<Int>) -> RPMSearch.State {
    var state = RPMSearch.State()
    state.unmet = unmet
    for index in installed where !moving.contains(index) { search.select(index, Self.there, in: &state) }
    if moving.isEmpty { return state }
    for index in installed where !moving.contains(index) {
      for requirement in search.universe.packages[index].package.requires
      where !search.isSatisfied(requirement, in: state) && unmet[index]?.contains(requirement) != true {
        state.pending.append(RPMSearch.Obligation(goal: .requirement(requirement), owner: index))
      }
    }
    for index in moving.sorted() {
      let name = search.universe.packages[index].package.name
      state.pending.append(
        RPMSearch.Obligation(goal: .packages(successors(of: index), request: name), owner: nil, isOfBase: true))
    }
    return state
  }

  /// What may be in the place of a package: itself, its other versions, and what makes it obsolete.
  private func successors(of index: Int) -> [Int] {
    let packages = search.universe.packages
    let package = packages[index].package
    let others = packages.indices.filter { other in
      !packages[other].isInstalled && packages[other].package.name != package.name
        && packages[other].package.obsoletes.contains { package.isReplaced(by: $0) }
    }
    return search.universe.named(package.name) + others
  }
}
