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

  private struct Release: Hashable {
    let project: PackageName
    let version: PEP440Version
  }

  /// What asks for something: a project or one of its features at a version.
  private struct Asker: Hashable {
    let release: Release
    let extra: PackageName?
  }

  private struct State {
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

  private let catalog: PythonCatalog
  private let request: PythonRequest
  private let rules: PythonFileRules
  private let requirements: PythonRequirements
  /// Projects that the request names with a pre-release.
  private let namedPreReleases: Set<PackageName>
  /// Projects that the request asks for by name.
  private let named: Set<PackageName>
  /// Versions that other parts of the same resolution chose, which are kept where they do.
  private let earlier: [PackageName: [PEP440Version]]
  private let state = Mutex(State())

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
  private func needs(of asker: Asker, _ metadata: PythonMetadata) throws(PythonUnavailability.Refusal) -> [PythonNeed] {
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

  // MARK: Choosing

  /// Returns the version to try next: the preferred one if it will do, else the newest that can be used.
  ///
  /// One whose `Requires-Python` ends below the platform's Python comes after all others.
  private func choice(of project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) -> Choice {
    if let pinned = request.pinned[project] {
      guard versions.contains(from: pinned.lowerCut), let place = candidates.place(of: pinned) else { return .none }
      switch judgement(of: project, candidates, at: place) {
      case .success: return .version(pinned)
      case .failure(let refusal): return .unavailable(pinned.singleton, refusal.reason)
      }
    }
    let preferred = (request.preferences[project].map { [$0] } ?? []) + (earlier[project] ?? [])
    for version in preferred where versions.contains(from: version.lowerCut) {
      guard let place = candidates.place(of: version), case .success = judgement(of: project, candidates, at: place)
      else { continue }
      return .version(version)
    }
    var refused: (versions: VersionSet, reason: PythonUnavailability)?
    var outdated: PEP440Version?
    for place in places(of: project, candidates, in: versions) {
      let version = candidates.versions[place]
      switch judgement(of: project, candidates, at: place) {
      case .success(let file):
        if let refused { return .unavailable(refused.versions, refused.reason) }
        if let text = file.requiresPython, !rules.python(isWithin: text) {
          outdated = outdated ?? version
          continue
        }
        return .version(version)
      case .failure(let refusal):
        // Neighbours refused for the same reason make one fact, which is also one clause of an explanation.
        if let sofar = refused {
          guard sofar.reason == refusal.reason else { return .unavailable(sofar.versions, sofar.reason) }
          refused = (sofar.versions.union(version.singleton), sofar.reason)
        } else {
          refused = (version.singleton, refusal.reason)
        }
      }
    }
    if let refused { return .unavailable(refused.versions, refused.reason) }
    return outdated.map(Choice.version) ?? .none
  }

  /// The places of the versions to try, in the order in which they are.
  private func places(
    of project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet
  ) -> some Sequence<Int> {
    let use: PythonCandidates.PreReleaseUse =
      switch request.preReleases {
      case .disallow: .none
      case .allow: .mixed
      case .ifNecessary: candidates.hasFinalRelease ? .none : .last
      case .explicit: namedPreReleases.contains(project) ? .last : .none
      case .ifNecessaryOrExplicit: .last
      }
    let isOldestFirst =
      switch request.strategy {
      case .highest: false
      case .lowest: true
      case .lowestDirect: named.contains(project)
      }
    return candidates.places(in: versions, preReleases: use, isOldestFirst: isOldestFirst)
  }

  /// Returns the file to install of a version, or why there is none; each version is judged once.
  private func judgement(
    of project: PackageName, _ candidates: PythonCandidates, at place: Int
  ) -> Result<PythonFile, PythonUnavailability.Refusal> {
    let release = Release(project: project, version: candidates.versions[place])
    if let known = state.withLock({ $0.judgements[release] }) { return known }
    let judgement = rules.choose(from: candidates.files(at: place), of: project, at: release.version)
    state.withLock { $0.judgements[release] = judgement }
    return judgement
  }

  // MARK: Fetching

  /// Returns what the index says about a project.
  func page(of project: PackageName) async throws -> Page {
    try await startPage(of: project).value
  }

  /// Returns the metadata of a version that can be used.
  func metadata(of project: PackageName, at version: PEP440Version) async throws -> PythonCatalog.Metadata {
    if let present = request.installed[project]?.metadata, present.version == version { return .success(present) }
    guard case .known(let candidates) = try await page(of: project),
      let file = chosenFile(of: project, at: version, candidates)
    else { return .failure(.init(.unknownProject)) }
    return try await catalog.metadata(of: file, project).value
  }

  /// Returns the file to install of a version.
  func chosenFile(of project: PackageName, at version: PEP440Version, _ candidates: PythonCandidates) -> PythonFile? {
    guard let place = candidates.place(of: version) else { return nil }
    return try? judgement(of: project, candidates, at: place).get()
  }

  @discardableResult
  private func startPage(of project: PackageName) -> Task<Page, any Error> {
    state.withLock { state in
      if let task = state.pages[project] { return task }
      let task = Task { try await self.loadPage(of: project) }
      state.pages[project] = task
      return task
    }
  }

  @concurrent
  private func loadPage(of project: PackageName) async throws -> Page {
    let page = try await catalog.page(of: project).value
    if case .known(let candidates) = page {
      let expected = state.withLock { $0.expected[project] ?? [] }
      for versions in expected { fetchMetadataOfNext(project, candidates, in: versions) }
    }
    return page
  }

  /// Starts to fetch the metadata of the version that would be chosen now; source distributions may need a build, so
  /// they wait.
  private func fetchMetadataOfNext(_ project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) {
    guard case .version(let version) = choice(of: project, candidates, in: versions),
      let file = chosenFile(of: project, at: version, candidates), !file.isSourceDistribution
    else { return }
    foresee(Release(project: project, version: version), catalog.metadata(of: file, project))
  }

  /// Fetches what a version asks for that would be chosen now, before the solver comes to it.
  private func foresee(_ release: Release, _ metadata: Task<PythonCatalog.Metadata, any Error>) {
    let askers = state.withLock { state in
      ([nil] + Array(state.extras[release.project] ?? [])).map { Asker(release: release, extra: $0) }
        .filter { state.foreseen.insert($0).inserted }
    }
    guard !askers.isEmpty else { return }
    Task { @concurrent [self] in
      guard let metadata = try? await metadata.value.get() else { return }
      for asker in askers {
        for need in (try? needs(of: asker, metadata)) ?? [] where installed(need.name) == nil {
          // A range that others narrow is no news about what will be chosen.
          let isNew = state.withLock { state in
            state.extras[need.name, default: []].formUnion(need.extras)
            guard state.expected[need.name] == nil else { return false }
            state.expected[need.name] = [need.versions]
            return true
          }
          guard isNew else { continue }
          startPage(of: need.name)
          if let known = catalog.loaded(need.name) { fetchMetadataOfNext(need.name, known, in: need.versions) }
        }
      }
    }
  }

  /// Once a project has needed several attempts it will need more: fetches the next versions' metadata together.
  private func fetchOlder(of project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) {
    if PEP440Version.isOneVersion(versions) { return }
    let attempts = state.withLock { state in
      state.attempts[project, default: 0] += 1
      return state.attempts[project]!
    }
    guard attempts % 5 == 3 else { return }
    for place in places(of: project, candidates, in: versions).prefix(min(attempts * 4, 50)) {
      if case .success(let file) = judgement(of: project, candidates, at: place), !file.isSourceDistribution {
        catalog.metadata(of: file, project)
      }
    }
  }
}
