import Packages
import Synchronization
import Versions

/// Answers the solver from an index, and fetches ahead of its questions.
///
/// Pages of projects are asked for as soon as anything names them; as soon as a page is there, so is the metadata of
/// the version that would be chosen. The solver then mostly finds its answers waiting.
final class PythonProvider: DependencyProvider, Sendable {
  typealias VersionSet = VersionRanges<PEP440Cut>
  typealias Choice = VersionChoice<PEP440Version, PythonUnavailability>
  typealias Needs = VersionDependencies<PythonPackage, PEP440Version, PythonUnavailability>

  /// Is a project as the index answered.
  enum Page: Sendable {
    case known(PythonCandidates)
    case unknown
  }

  private struct Release: Hashable {
    let project: PackageName
    let version: PEP440Version
  }

  private struct State {
    var pages: [PackageName: Task<Page, any Error>] = [:]
    var loaded: [PackageName: PythonCandidates] = [:]
    var metadata: [Release: Task<Result<PythonMetadata, PythonUnavailability.Refusal>, any Error>] = [:]
    var expected: [PackageName: Set<VersionRanges<PEP440Cut>>] = [:]
    var attempts: [PackageName: Int] = [:]
    var judgements: [Release: Result<PythonFile, PythonUnavailability.Refusal>] = [:]
    var skipped: [Release: PythonUnavailability] = [:]
  }

  /// The version of the root, which has only one.
  static let rootVersion = PEP440Version(release: 0)

  private let index: any PythonIndex
  private let request: PythonRequest
  private let sourceMetadata: PythonRequest.SourceMetadata
  private let rules: PythonFileRules
  private let requirements: PythonRequirements
  private let state = Mutex(State())

  init(index: any PythonIndex, request: PythonRequest, sourceMetadata: @escaping PythonRequest.SourceMetadata) {
    self.index = index
    self.request = request
    self.sourceMetadata = sourceMetadata
    var allowedYanks: [PackageName: Set<PEP440Version>] = request.pinned.mapValues { [$0] }
    for requirement in request.requirements + request.constraints {
      // PEP 592: "an exact version … without modifications that make it a range".
      if requirement.specifiers.clauses.count == 1, let version = requirement.specifiers.pinnedVersion {
        allowedYanks[requirement.name, default: []].insert(version)
      }
    }
    rules = PythonFileRules(
      platform: request.platform, allowedYanks: allowedYanks, noWheels: request.noWheels, noBuilds: request.noBuilds)
    requirements = PythonRequirements(
      environment: request.platform.markerEnvironment, constraints: request.constraints)
  }

  /// The environment that markers are judged for.
  var environment: MarkerEnvironment { request.platform.markerEnvironment }

  /// The versions that were to be selected until their metadata was seen.
  var skipped: [PythonResolution.Skipped] {
    state.withLock { state in
      state.skipped.map { PythonResolution.Skipped(name: $0.key.project, version: $0.key.version, reason: $0.value) }
    }.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
  }

  /// The versions of a project that the index has, as far as it was asked, oldest first.
  func knownVersions(of project: PackageName) -> [PEP440Version] {
    state.withLock { $0.loaded[project]?.versions.reversed() ?? [] }
  }

  // MARK: The solver's questions

  func choice(of package: PythonPackage, in versions: VersionSet) async throws -> Choice {
    guard let project = package.family else { return .version(Self.rootVersion) }
    guard case .known(let candidates) = try await page(of: project) else {
      return .unavailablePackage(.unknownProject)
    }
    let choice = choice(of: project, candidates, in: versions)
    if case .version = choice { fetchOlder(of: project, candidates, in: versions) }
    return choice
  }

  func dependencies(of package: PythonPackage, at version: PEP440Version) async throws -> Needs {
    switch package {
    case .root:
      return .known(requirements.dependencies(of: request.requirements))
    case .projectWithExtra(let project, let extra):
      return .known([(.project(project), version.singleton), (.extra(project, extra), version.singleton)])
    case .project(let project), .extra(let project, _):
      do {
        let metadata = try await metadata(of: project, at: version).get()
        if let supported = metadata.requiresPython, !rules.python(isInReachOf: supported) {
          return .unavailable(.requiresPython(supported.description))
        }
        return .known(try requirements.dependencies(of: metadata, extra: package.extra))
      } catch let refusal as PythonUnavailability.Refusal {
        state.withLock { $0.skipped[Release(project: project, version: version)] = refusal.reason }
        return .unavailable(refusal.reason)
      }
    }
  }

  func prefetch(_ candidates: [(package: PythonPackage, versions: VersionSet)]) {
    let (missing, narrowed) = state.withLock { state in
      var missing: [PackageName] = []
      var narrowed: [(PackageName, PythonCandidates, VersionSet)] = []
      for (package, versions) in candidates {
        guard let project = package.family else { continue }
        if state.pages[project] == nil { missing.append(project) }
        if case .extra = package { continue }
        guard state.expected[project, default: []].insert(versions).inserted else { continue }
        if let known = state.loaded[project] { narrowed.append((project, known, versions)) }
      }
      return (missing, narrowed)
    }
    for project in missing { startPage(of: project) }
    for (project, known, versions) in narrowed { fetchMetadataOfNext(project, known, in: versions) }
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
    if let preferred = request.preferences[project], versions.contains(from: preferred.lowerCut),
      let place = candidates.place(of: preferred),
      case .success = judgement(of: project, candidates, at: place)
    {
      return .version(preferred)
    }
    var refused: (versions: VersionSet, reason: PythonUnavailability)?
    var outdated: PEP440Version?
    for place in candidates.places(in: versions) {
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
  func metadata(
    of project: PackageName, at version: PEP440Version
  ) async throws -> Result<PythonMetadata, PythonUnavailability.Refusal> {
    guard case .known(let candidates) = try await page(of: project),
      let file = chosenFile(of: project, at: version, candidates)
    else { return .failure(.init(.unknownProject)) }
    return try await startMetadata(of: project, at: version, file).value
  }

  /// Returns the file to install of a version.
  func chosenFile(of project: PackageName, at version: PEP440Version, _ candidates: PythonCandidates) -> PythonFile? {
    guard let place = candidates.place(of: version) else { return nil }
    return try? judgement(of: project, candidates, at: place).get()
  }

  /// Stops whatever is still being fetched.
  func cancel() {
    state.withLock { state in
      for task in state.pages.values { task.cancel() }
      for task in state.metadata.values { task.cancel() }
    }
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
    let files: [PythonFile]
    do {
      files = try await index.files(of: project)
    } catch PythonIndexError.unknownProject {
      return .unknown
    }
    let candidates = PythonCandidates(files, excludingNewerThan: request.excludeNewer)
    let expected = state.withLock { state in
      state.loaded[project] = candidates
      return state.expected[project] ?? []
    }
    for versions in expected { fetchMetadataOfNext(project, candidates, in: versions) }
    return .known(candidates)
  }

  @discardableResult
  private func startMetadata(
    of project: PackageName, at version: PEP440Version, _ file: PythonFile
  ) -> Task<Result<PythonMetadata, PythonUnavailability.Refusal>, any Error> {
    state.withLock { state in
      let release = Release(project: project, version: version)
      if let task = state.metadata[release] { return task }
      let task = Task { try await self.loadMetadata(of: file, project) }
      state.metadata[release] = task
      return task
    }
  }

  @concurrent
  private func loadMetadata(
    of file: PythonFile, _ project: PackageName
  ) async throws -> Result<PythonMetadata, PythonUnavailability.Refusal> {
    do {
      return .success(
        file.isSourceDistribution
          ? try await sourceMetadata(file, project) : try await index.metadata(of: file, project: project))
    } catch PythonIndexError.unusableMetadata(_, let reason) {
      return .failure(.init(.unusableMetadata(reason)))
    } catch let error as PythonMetadataError {
      return .failure(.init(.unusableMetadata(error.description)))
    }
  }

  /// Starts to fetch the metadata of the version that would be chosen now; source distributions may need a build, so
  /// they wait.
  private func fetchMetadataOfNext(_ project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) {
    guard case .version(let version) = choice(of: project, candidates, in: versions),
      let file = chosenFile(of: project, at: version, candidates), !file.isSourceDistribution
    else { return }
    startMetadata(of: project, at: version, file)
  }

  /// Once a project has needed several attempts it will need more: fetches the next versions' metadata together.
  private func fetchOlder(of project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) {
    if PEP440Version.isOneVersion(versions) { return }
    let attempts = state.withLock { state in
      state.attempts[project, default: 0] += 1
      return state.attempts[project]!
    }
    guard attempts % 5 == 3 else { return }
    for place in candidates.places(in: versions).prefix(min(attempts * 4, 50)) {
      let version = candidates.versions[place]
      if case .success(let file) = judgement(of: project, candidates, at: place),
        !file.isSourceDistribution
      {
        startMetadata(of: project, at: version, file)
      }
    }
  }
}
