import Packages
import Synchronization
import Versions

/// Fetching ahead of the solver, so that it finds its answers waiting.
extension PythonProvider {
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
  func startPage(of project: PackageName) -> Task<Page, any Error> {
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
  func fetchMetadataOfNext(_ project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) {
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
  func fetchOlder(of project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) {
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
