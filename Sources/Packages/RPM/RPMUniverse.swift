import OCI

/// All packages of some repositories for one architecture, to choose from.
public struct RPMUniverse: Sendable {
  /// The processor architecture, in RPM's word.
  public let architecture: String
  /// How the indexes became known, one for each repository.
  public let evidence: [RPMRepositoryEvidence]
  /// The packages; a place in this list names one while choosing.
  let packages: [Member]
  /// The places of those that are there already.
  let installed: [Int]
  private let byName: [String: [Int]]
  private let providers: [String: [Int]]
  private var owners: [String: [Int]]

  /// A package with the repository that lists it.
  struct Member: Sendable {
    let package: RPMPackage
    let repository: String
    /// How much the repository counts; less is more, as in its configuration.
    let priority: Int
    /// Whether it is there already, and so in no repository.
    var isInstalled = false
  }

  /// Joins repositories; what another architecture, an exclusion or a limit rules out is left out.
  init(
    architecture: String, repositories: [Repository], exclude: [String] = [], within limits: RPMLimits = RPMLimits(),
    installed: [RPMInstalled] = []
  ) {
    self.architecture = architecture
    evidence = repositories.map(\.evidence)
    var packages: [Member] = []
    for repository in repositories {
      let globs = (exclude + repository.exclude).map { Glob($0) }
      for package in repository.packages
      where package.architecture == architecture || package.architecture == "noarch" {
        if globs.contains(where: { $0.matches(package.name) || $0.matches(package.description) }) { continue }
        packages.append(
          Member(package: package, repository: repository.evidence.repository, priority: repository.priority))
      }
    }
    packages = limits.applied(to: packages)
    packages += RPMInstalled.members(installed, listed: repositories.flatMap(\.packages))
    self.packages = packages
    self.installed = packages.indices.filter { packages[$0].isInstalled }
    var byName: [String: [Int]] = [:]
    var providers: [String: [Int]] = [:]
    var owners: [String: [Int]] = [:]
    for (index, member) in packages.enumerated() {
      byName[member.package.name, default: []].append(index)
      for provided in member.package.provides where providers[provided.name]?.last != index {
        providers[provided.name, default: []].append(index)
      }
      for path in member.package.files { owners[path, default: []].append(index) }
    }
    self.byName = byName
    self.providers = providers
    self.owners = owners
  }

  /// One repository's part.
  struct Repository: Sendable {
    let evidence: RPMRepositoryEvidence
    let packages: [RPMPackage]
    var priority = 99
    var exclude: [String] = []
  }

  /// The number of packages.
  public var count: Int { packages.count }

  /// The newest date of an index, in seconds since 1970.
  public var date: Int { evidence.map(\.date).max() ?? 0 }

  /// All versions of a package, those of the repositories that count most first and then the highest.
  public func versions(of name: String) -> [RPMPackage] {
    let members = named(name).map { packages[$0] }.filter { !$0.isInstalled }
    return members.sorted { one, other in
      if one.priority != other.priority { return one.priority < other.priority }
      return other.package.version < one.package.version
    }.map(\.package)
  }

  /// The packages of a name, in no order.
  func named(_ name: String) -> [Int] { byName[name] ?? [] }

  /// The packages that provide a relation: by a capability, or by a file that it names.
  func providers(of relation: RPMRelation) -> [Int] {
    var found = (providers[relation.name] ?? []).filter { packages[$0].package.provides(relation) }
    if relation.name.hasPrefix("/") { found += (owners[relation.name] ?? []).filter { !found.contains($0) } }
    return found
  }

  /// The paths that some package requires and no index so far says who has them.
  var unknownPaths: Set<String> {
    var paths: Set<String> = []
    func collect(_ requirement: RPMRequirement) {
      switch requirement {
      case .relation(let relation):
        if relation.name.hasPrefix("/"), owners[relation.name] == nil, providers[relation.name] == nil {
          paths.insert(relation.name)
        }
      case .and(let parts), .or(let parts), .with(let parts): parts.forEach(collect)
      case .without(let one, let other): [one, other].forEach(collect)
      case .conditional(let one, let two, let three), .unless(let one, let two, let three):
        [one, two].forEach(collect)
        three.map(collect)
      }
    }
    for member in packages where !member.isInstalled { member.package.requires.forEach(collect) }
    return paths
  }

  /// The universe with owners of further files, by repository and digest of the package.
  func adding(owners more: [String: [(path: String, digests: Set<String>)]]) -> RPMUniverse {
    var universe = self
    for (index, member) in packages.enumerated() {
      for (path, digests) in more[member.repository] ?? [] where digests.contains(member.package.digest.hex) {
        universe.owners[path, default: []].append(index)
      }
    }
    return universe
  }

  /// The names most like one that does not exist, at most three.
  func nearest(to name: String) -> [String] { EditDistance.nearest(to: name, in: byName.keys) }
}
