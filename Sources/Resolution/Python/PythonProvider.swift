import Packages
import Synchronization
import Versions

/// Answers the solver from an index, and fetches ahead of its questions.
///
/// Pages of projects are asked for as soon as anything names them; as soon as a page is there, so is the metadata of
/// the version that would be chosen, and what that asks for in its turn. The solver then mostly finds its answers waiting.
final class PythonProvider: DependencyProvider, Sendable {
  typealias VersionSet = VersionRanges<PEP440Cut>
  typealias Choice = VersionChoice<PEP440Version, PythonUnavailability>
  typealias Needs = VersionDependencies<PythonPackage, PEP440Version, PythonUnavailability>

  typealias Page = PythonCatalog.Page

  struct Release: Hashable {
    let project: PackageName
    let version: PEP440Version
  }

  /// What asks for something: a project or one of its features at a version.
  struct Asker: Hashable {
    let release: Release
    let extra: PackageName?
  }

  struct State {
    var pages: [PackageName: Task<Page, any Error>] = [:]
    var expected: [PackageName: Set<VersionRanges<PEP440Cut>>] = [:]
    var extras: [PackageName: Set<PackageName>] = [:]
    var foreseen: Set<Asker> = []
    var needs: [Asker: Result<[PythonNeed], PythonUnavailability.Refusal>] = [:]
    var attempts: [PackageName: Int] = [:]
    var judgements: [Release: Result<PythonFile, PythonUnavailability.Refusal>] = [:]
    var skipped: [Release: PythonUnavailability] = [:]
  }

  /// The version of the root, which has only one.
  static let rootVersion = PEP440Version(release: 0)

  let catalog: PythonCatalog
  let request: PythonRequest
  let rules: PythonFileRules
  private let requirements: PythonRequirements
  /// Projects that the request names with a pre-release.
  let namedPreReleases: Set<PackageName>
  /// Projects that the request asks for by name.
  let named: Set<PackageName>
  /// Versions that other parts of the same resolution chose, which are kept where they do.
  let earlier: [PackageName: [PEP440Version]]
  let state = Mutex(State())

  init(catalog: PythonCatalog, request: PythonRequest, earlier: [PackageName: [PEP440Version]] = [:]) {
    self.catalog = catalog
    self.request = request
    // Who wants the oldest versions wants them in each part, as uv has it.
    self.earlier = request.strategy == .highest ? earlier : [:]
    var allowedYanks: [PackageName: Set<PEP440Version>] = request.pinned.mapValues { [$0] }
    let written = request.requirements + request.constraints + request.overrides
    for requirement in written {
      // PEP 592: "an exact version … without modifications that make it a range".
      if requirement.specifiers.clauses.count == 1, let version = requirement.specifiers.pinnedVersion {
        allowedYanks[requirement.name, default: []].insert(version)
      }
    }
    named = Set(request.requirements.filter { !request.target.environments(of: $0.marker).isEmpty }.map(\.name))
    namedPreReleases = Set(written.filter(\.specifiers.namesPreRelease).map(\.name))
    rules = PythonFileRules(request, allowedYanks: allowedYanks)
    requirements = PythonRequirements(request)
  }

  /// The versions that were to be selected until their metadata was seen.
  var skipped: [PythonResolution.Skipped] {
    state.withLock { state in
      state.skipped.map { PythonResolution.Skipped(name: $0.key.project, version: $0.key.version, reason: $0.value) }
    }.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
  }

  /// The versions of a project that the index has, as far as it was asked, oldest first.
  func knownVersions(of project: PackageName) -> [PEP440Version] {
    catalog.loaded(project)?.versions.reversed() ?? []
  }

  // MARK: The solver's questions

  func choice(of package: PythonPackage, in versions: VersionSet) async throws -> Choice {
    guard let project = package.family else { return .version(Self.rootVersion) }
    if let present = installed(project), versions.contains(from: present.lowerCut) { return .version(present) }
    guard case .known(let candidates) = try await page(of: project) else {
      // What is there already has one version, though no index has any.
      return installed(project) == nil ? .unavailablePackage(.unknownProject) : .none
    }
    let choice = choice(of: project, candidates, in: versions)
    if case .version(let version) = choice {
      try requireOnePython(for: project, candidates, version)
      fetchOlder(of: project, candidates, in: versions)
    }
    return choice
  }

  /// Splits the environments where a version does for some Pythons of theirs and not for others.
  private func requireOnePython(
    for project: PackageName, _ candidates: PythonCandidates, _ version: PEP440Version
  ) throws {
    guard case .environments(let environments) = request.target,
      let text = chosenFile(of: project, at: version, candidates)?.requiresPython,
      let boundary = rules.boundary(of: text), let fork = PythonFork(atPython: boundary, in: environments)
    else { return }
    throw fork
  }

  func dependencies(of package: PythonPackage, at version: PEP440Version) async throws -> Needs {
    if case .projectWithExtra(let project, let extra) = package {
      return .known([(.project(project), version.singleton), (.extra(project, extra), version.singleton)])
    }
    do {
      let needs = try await needs(of: package, at: version)
      if case .environments(let environments) = request.target, let fork = PythonFork(needs, in: environments) {
        throw fork
      }
      return .known(needs.flatMap { need in need.packages.map { ($0, need.versions) } })
    } catch let refusal as PythonUnavailability.Refusal {
      if let project = package.family {
        state.withLock { $0.skipped[Release(project: project, version: version)] = refusal.reason }
      }
      return .unavailable(refusal.reason)
    }
  }

  /// What a package asks for at a version, with the environments in which it does.
  func needs(of package: PythonPackage, at version: PEP440Version) async throws -> [PythonNeed] {
    guard let project = package.family else { return try requirements.needs(of: request.requirements) }
    let metadata = try await metadata(of: project, at: version).get()
    if let supported = metadata.requiresPython, installed(project) != version,
      !rules.python(isInReachOf: supported)
    {
      throw PythonUnavailability.Refusal(.requiresPython(supported.description))
    }
    return try needs(of: Asker(release: Release(project: project, version: version), extra: package.extra), metadata)
  }

  /// What metadata says of needs, understood once: the solver asks, and whoever collects the outcome asks again.
  func needs(of asker: Asker, _ metadata: PythonMetadata) throws(PythonUnavailability.Refusal) -> [PythonNeed] {
    if let known = state.withLock({ $0.needs[asker] }) { return try known.get() }
    let needs = Result { () throws(PythonUnavailability.Refusal) in
      try requirements.needs(of: metadata, extra: asker.extra)
    }
    state.withLock { $0.needs[asker] = needs }
    return try needs.get()
  }

  /// Where the selection has to hold.
  var target: PythonTarget { request.target }

  /// Whether the request admits a file, whatever runs it.
  func isAllowed(_ file: PythonFile, of project: PackageName) -> Bool { rules.admits(file, of: project) }

  /// The version that is there already.
  func installed(_ project: PackageName) -> PEP440Version? { request.installed[project]?.metadata.version }

  func prefetch(_ candidates: [(package: PythonPackage, versions: VersionSet)]) {
    let (missing, expected) = state.withLock { state in
      var missing: [PackageName] = []
      var expected: [(PackageName, VersionSet)] = []
      for (package, versions) in candidates {
        guard let project = package.family else { continue }
        if state.pages[project] == nil { missing.append(project) }
        if let extra = package.extra { state.extras[project, default: []].insert(extra) }
        if case .extra = package { continue }
        guard state.expected[project, default: []].insert(versions).inserted else { continue }
        expected.append((project, versions))
      }
      return (missing, expected)
    }
    for project in missing { startPage(of: project) }
    for (project, versions) in expected {
      if let known = catalog.loaded(project) { fetchMetadataOfNext(project, known, in: versions) }
    }
  }
}
