import Versions

/// Chooses a set of packages in which every requirement holds and nothing excludes anything: the requested ones and what they
/// need.
///
/// It decides as dnf does without weak dependencies: repositories by priority, the highest version, and what replaces another
/// in its place. Where several packages provide one thing, the one that bears its name is taken, else the shortest name.
public struct RPMResolver: Sendable {
  let universe: RPMUniverse
  private let held: [String: RPMPin]
  private let renewed: Set<String>

  /// Chooses from a universe.
  ///
  /// - Parameters:
  ///   - held: The pins that stay at their version where a repository still lists it and the set allows it.
  ///   - renewed: The names of which an installed version does not stay because it will do.
  public init(_ universe: RPMUniverse, holding held: [RPMPin] = [], renewing renewed: Set<String> = []) {
    self.universe = universe
    self.renewed = renewed
    self.held = Dictionary(held.map { ($0.name, $0) }) { first, _ in first }
  }

  /// Resolves requests such as `bash`, `python3.11 >= 3.11.6`, `java-17-amazon-corretto-headless-1:17.0.14+7-1.amzn2023`, `/usr/bin/env`
  /// or globs; the pins are sorted by name.
  public func resolve(_ requests: [String]) throws(RPMError) -> [RPMPin] {
    var jobs: [RPMSearch.Obligation] = []
    for request in requests { jobs += try self.jobs(request) }
    let search = RPMSearch(universe: universe, held: held)
    return try search.run(jobs)
  }

  /// What a request asks for; a glob asks for every name that it matches.
  private func jobs(_ request: String) throws(RPMError) -> [RPMSearch.Obligation] {
    func job(_ packages: [Int], _ name: String) -> RPMSearch.Obligation {
      RPMSearch.Obligation(goal: .packages(best(packages), request: name), owner: nil)
    }
    if request.contains(" ") || request.hasPrefix("(") {
      let requirement = try RPMRequirement(parsing: request)
      if case .relation(let relation) = requirement {
        let found = universe.providers(of: relation)
        if found.isEmpty, universe.named(relation.name).isEmpty { throw unknown(relation.name) }
        if found.isEmpty {
          let candidates = best(universe.named(relation.name)).map {
            RPMError.Candidate(package: universe.packages[$0].package.description, reason: "is the one there")
          }
          throw .unsatisfiable(request, chain: [], candidates: candidates)
        }
        return [job(found, request)]
      }
      return [RPMSearch.Obligation(goal: .requirement(requirement), owner: nil)]
    }
    let named = universe.named(request)
    if !named.isEmpty { return [job(named, request)] }
    let exact = universe.packages.indices.filter { universe.packages[$0].package.isMeant(by: request) }
    if !exact.isEmpty { return [job(exact, request)] }
    let provided = universe.providers(of: RPMRelation(name: request))
    if !provided.isEmpty { return [job(provided, request)] }
    let glob = Glob(request)
    if !glob.isLiteral {
      let names = Set(universe.packages.map(\.package.name).filter(glob.matches)).sorted()
      if !names.isEmpty { return names.map { job(universe.named($0), $0) } }
    }
    throw unknown(request)
  }

  private func unknown(_ name: String) -> RPMError { .unknownPackage(name, nearest: universe.nearest(to: name)) }

  /// The highest version of each name in the repositories that count most: what is asked for is never an old one.
  ///
  /// What is installed will do in whatever version, but if it was asked to be renewed, or another version is held.
  private func best(_ packages: [Int]) -> [Int] {
    let members = packages.map { universe.packages[$0] }
    guard let priority = members.map(\.priority).min() else { return [] }
    var best: [String: RPMVersion] = [:]
    let listed = Set(members.filter { !$0.isInstalled && isHeld($0) }.map(\.package.name))
    for member in members where member.priority == priority || member.isInstalled {
      best[member.package.name] = max(best[member.package.name] ?? member.package.version, member.package.version)
    }
    return packages.filter { index in
      let member = universe.packages[index]
      if best[member.package.name] == member.package.version, member.isInstalled || member.priority == priority {
        return true
      }
      if isHeld(member) { return true }
      return member.isInstalled && !renewed.contains(member.package.name) && !listed.contains(member.package.name)
    }
  }

  private func isHeld(_ member: RPMUniverse.Member) -> Bool {
    held[member.package.name]?.version == member.package.version
  }
}

extension RPMPackage {
  /// Whether a text names this very package, in one of the forms that dnf takes: `name.arch`, `name-version`,
  /// `name-[epoch:]version-release[.arch]`.
  func isMeant(by text: String) -> Bool {
    guard text.hasPrefix(name) else { return false }
    let release = version.release ?? ""
    let full = "\(version.version)-\(release)"
    return [
      "\(name).\(architecture)", "\(name)-\(version.version)", "\(name)-\(full)", "\(name)-\(full).\(architecture)",
      "\(name)-\(version.epoch):\(full)", "\(name)-\(version.epoch):\(full).\(architecture)",
    ].contains(text)
  }
}
