import Versions

/// Chooses a set of packages in which every dependency holds: the requested ones, the essential ones and what they need.
///
/// It decides as apt does without recommendations: the highest version, the first alternative that can be had unless another is
/// in the set already. Dependencies that leave no choice are followed first, so that the order of the requests decides nothing.
public struct DebianResolver: Sendable {
  private let universe: DebianUniverse
  private let held: [String: DebianPin]

  /// The alternatives that win wherever they stand.
  ///
  /// `usrmerge` converts a system that has a `/bin` of its own, with perl; a root made with the links needs `usr-is-merged` only.
  private static let preferred: Set<String> = ["usr-is-merged"]

  /// Chooses from a universe.
  ///
  /// - Parameter held: The pins that stay at their version where the archive still lists it and the set allows it.
  public init(_ universe: DebianUniverse, holding held: [DebianPin] = []) {
    self.universe = universe
    self.held = Dictionary(held.map { ($0.name, $0) }) { first, _ in first }
  }

  /// Resolves requests such as `python3` or `tini (>= 0.19)` together with the essential packages; the pins are sorted by name.
  public func resolve(_ requests: [String]) throws(DebianError) -> [DebianPin] {
    var wanted: [DebianDependency] = []
    for request in requests {
      if let exact = try exactRequest(request) {
        wanted.append(DebianDependency(exact))
        continue
      }
      let group = try DebianDependency.list(parsing: request)
      for relation in group.flatMap(\.alternatives) { try checkArchitecture(relation.qualifier, in: request) }
      for relation in group.flatMap(\.alternatives) where group.count == 1 && group[0].alternatives.count == 1 {
        try checkExists(relation.name)
      }
      wanted += group
    }
    var held = held
    while true {
      var attempt = Attempt(universe, held: held, preferred: Self.preferred, requests: wanted)
      switch try attempt.run() {
      case .done(let pins): return pins
      case .release(let name): held[name] = nil
      }
    }
  }

  /// Refuses a package of another architecture: a set has one, as an image has.
  private func checkArchitecture(_ qualifier: String?, in request: String) throws(DebianError) {
    guard let qualifier, !["any", "native", universe.architecture].contains(qualifier) else { return }
    throw .foreignArchitecture(request: request, architecture: universe.architecture)
  }

  /// Reads `name=version` and `name/suite`, as apt takes them; the version may be a glob.
  private func exactRequest(_ request: String) throws(DebianError) -> DebianRelation? {
    let text = request.filter { !$0.isWhitespace }
    guard !text.contains("("), let sign = text.firstIndex(where: { $0 == "=" || $0 == "/" }) else { return nil }
    let (parts, wish) = (text[..<sign].split(separator: ":", maxSplits: 1), String(text[text.index(after: sign)...]))
    let name = parts.first.map(String.init) ?? ""
    try checkArchitecture(parts.count > 1 ? String(parts[1]) : nil, in: request)
    try checkExists(name)
    let versions: [DebianVersion]
    if text[sign] == "/" {
      versions = try universe.versions(of: name, inSuite: wish)
    } else {
      let glob = Glob(wish)
      versions = try universe.rankedVersions(of: name).map(\.package.version).filter { glob.matches($0.description) }
    }
    guard let version = versions.first else {
      let candidates = try universe.rankedVersions(of: name).map {
        DebianError.Candidate(name: name, version: $0.package.version)
      }
      throw .unknownVersion(request: text, candidates: candidates)
    }
    return DebianRelation(name: name, constraint: DebianRelation.Constraint(comparison: .equal, version: version))
  }

  private func checkExists(_ name: String) throws(DebianError) {
    if try universe.rankedVersions(of: name).isEmpty && universe.providers(of: name).isEmpty {
      throw .unknownPackage(name, nearest: universe.nearest(to: name))
    }
  }
}

/// One try at a set: it ends with pins, with an error, or with the name of a held pin that stands in the way.
private struct Attempt {
  enum Outcome {
    case done([DebianPin])
    case release(String)
  }

  private struct Obligation {
    let dependency: DebianDependency
    let parent: String?
  }

  private let universe: DebianUniverse
  private let held: [String: DebianPin]
  private let preferred: Set<String>
  private let requests: [DebianDependency]
  private var selected: [String: DebianPackage] = [:]
  private var parents: [String: String] = [:]
  private var pending: [Obligation] = []
  private var known: [String: [(package: DebianPackage, priority: Int)]] = [:]

  init(
    _ universe: DebianUniverse, held: [String: DebianPin], preferred: Set<String>, requests: [DebianDependency]
  ) {
    self.universe = universe
    self.held = held
    self.preferred = preferred
    self.requests = requests
  }

  mutating func run() throws(DebianError) -> Outcome {
    pending = universe.essentials.map {
      Obligation(dependency: DebianDependency(DebianRelation(name: $0)), parent: nil)
    }
    pending += requests.map { Obligation(dependency: $0, parent: nil) }
    var choices: [Obligation] = []
    var next = 0
    while true {
      while next < pending.count {
        let obligation = pending[next]
        next += 1
        if isSatisfied(obligation.dependency) { continue }
        let options = try options(obligation.dependency)
        switch options.count {
        case 0: return try refuse(obligation)
        case 1: select(options[0], for: obligation)
        default: choices.append(obligation)
        }
      }
      // One choice at a time: what it brings along may settle the others.
      guard let open = choices.firstIndex(where: { !isSatisfied($0.dependency) }) else { break }
      let obligation = choices[open]
      choices.removeFirst(open + 1)
      let options = try options(obligation.dependency)
      guard let best = options.first(where: { preferred.contains($0.name) }) ?? options.first else {
        return try refuse(obligation)
      }
      select(best, for: obligation)
    }
    return try conclude()
  }

  private func isSatisfied(_ dependency: DebianDependency) -> Bool { satisfier(of: dependency) != nil }

  /// The name of the selected package that satisfies the first possible alternative.
  private func satisfier(of dependency: DebianDependency) -> String? {
    for relation in dependency.alternatives {
      if let package = selected[relation.name], package.satisfies(relation) { return package.name }
      for name in universe.providers(of: relation.name) {
        if let package = selected[name], package.satisfies(relation) { return name }
      }
    }
    return nil
  }

  /// The packages that could satisfy a dependency, best first.
  private mutating func options(_ dependency: DebianDependency) throws(DebianError) -> [DebianPackage] {
    var options: [DebianPackage] = []
    for relation in dependency.alternatives {
      var found: [DebianPackage] = []
      if let package = try candidate(relation.name, for: relation) { found.append(package) }
      var providers: [DebianPackage] = []
      for name in universe.providers(of: relation.name) where name != relation.name {
        if let package = try candidate(name, for: relation) { providers.append(package) }
      }
      found += providers.sorted {
        (($0.isEssential ? 0 : 1), $0.rank, $0.name) < (($1.isEssential ? 0 : 1), $1.rank, $1.name)
      }
      for package in found where !options.contains(where: { $0.name == package.name }) { options.append(package) }
    }
    return options
  }

  /// The version of a package that would be taken for a relation, or nil if that does not satisfy it or what is selected excludes it.
  private mutating func candidate(_ name: String, for relation: DebianRelation) throws(DebianError) -> DebianPackage? {
    if selected[name] != nil { return nil }
    let versions = try versions(of: name)
    let bounds = requests.compactMap {
      $0.alternatives.count == 1 && $0.alternatives[0].name == name ? $0.alternatives[0] : nil
    }
    // What is asked for by version is taken however little it counts; all else has to count.
    let isExact = bounds.contains { $0.constraint?.comparison == .equal }
    let allowed = versions.filter { version, priority in
      (isExact || priority >= 0) && bounds.allSatisfy { $0.admits(version.version) }
    }.map(\.package)
    var order = allowed.prefix(1)
    if let pin = held[name], let kept = allowed.first(where: { $0.version == pin.version }) { order = [kept] + order }
    return order.first { package in
      package.satisfies(relation) && !selected.values.contains { Self.exclusion($0, package) != nil }
    }
  }

  private mutating func versions(
    of name: String
  ) throws(DebianError) -> [(package: DebianPackage, priority: Int)] {
    if let versions = known[name] { return versions }
    let versions = try universe.rankedVersions(of: name)
    known[name] = versions
    return versions
  }

  private mutating func select(_ package: DebianPackage, for obligation: Obligation) {
    selected[package.name] = package
    parents[package.name] = obligation.parent
    pending += package.dependencies.map { Obligation(dependency: $0, parent: package.name) }
  }

  /// The relation by which one of two packages excludes the other.
  private static func exclusion(_ one: DebianPackage, _ other: DebianPackage) -> (String, String, DebianRelation)? {
    guard one.name != other.name else { return nil }
    if let relation = one.conflicts.first(where: { other.satisfies($0) }) { return (one.name, other.name, relation) }
    if let relation = other.conflicts.first(where: { one.satisfies($0) }) { return (other.name, one.name, relation) }
    return nil
  }

  /// Releases a held pin that is to blame, or explains why the dependency can't be satisfied.
  private mutating func refuse(_ obligation: Obligation) throws(DebianError) -> Outcome {
    var candidates: [DebianError.Candidate] = []
    for relation in obligation.dependency.alternatives {
      for name in [relation.name] + universe.providers(of: relation.name) {
        if held[name] != nil { return .release(name) }
        for (package, _) in try versions(of: name).prefix(1) {
          candidates.append(DebianError.Candidate(name: name, version: package.version))
          for other in selected.values.sorted(by: { $0.name < $1.name }) {
            guard package.satisfies(relation), let (one, with, reason) = Self.exclusion(package, other) else {
              continue
            }
            if held[other.name] != nil { return .release(other.name) }
            throw .conflict(one, with: with, relation: reason)
          }
        }
      }
    }
    var chain: [String] = []
    var name = obligation.parent
    while let link = name {
      if held[link] != nil { return .release(link) }
      chain.insert(link, at: 0)
      name = parents[link]
    }
    throw .unsatisfiable(dependency: obligation.dependency, chain: chain, candidates: candidates)
  }

  private func conclude() throws(DebianError) -> Outcome {
    let packages = selected.values.sorted { $0.name < $1.name }
    for (index, one) in packages.enumerated() {
      for other in packages[(index + 1)...] {
        guard let (first, second, relation) = Self.exclusion(one, other) else { continue }
        if let name = [first, second].first(where: { held[$0] != nil }) { return .release(name) }
        throw .conflict(first, with: second, relation: relation)
      }
    }
    return .done(
      packages.map { package in
        DebianPin(
          package,
          dependencies: Set(package.dependencies.compactMap { satisfier(of: $0) }).subtracting([package.name]).sorted())
      })
  }
}
