import Packages
import Synchronization
import Versions

/// Keeps what the index answered during a resolution, however many parts that has.
final class PythonCatalog: Sendable {
  /// Is a project as the index answered.
  enum Page: Sendable {
    case known(PythonCandidates)
    case unknown
  }

  typealias Metadata = Result<PythonMetadata, PythonUnavailability.Refusal>

  private struct State {
    var pages: [PackageName: Task<Page, any Error>] = [:]
    var loaded: [PackageName: PythonCandidates] = [:]
    var metadata: [Described: Task<Metadata, any Error>] = [:]
    var isClosed = false
  }

  /// What one text of metadata is for: all wheels of a version, whichever of them a part of the environments takes, as uv
  /// and Poetry have it too; or one source distribution.
  private enum Described: Hashable {
    case wheels(PackageName, PEP440Version)
    case source(url: String)
  }

  private let index: any PythonIndex
  private let sourceMetadata: PythonRequest.SourceMetadata
  private let direct: [PackageName: PythonFile]
  private let excludeNewer: String?
  private let state = Mutex(State())

  init(index: any PythonIndex, request: PythonRequest, sourceMetadata: @escaping PythonRequest.SourceMetadata) {
    self.index = index
    self.sourceMetadata = sourceMetadata
    direct = request.direct
    excludeNewer = request.excludeNewer
  }

  /// What is known of a project by now.
  func loaded(_ project: PackageName) -> PythonCandidates? { state.withLock { $0.loaded[project] } }

  /// Asks for a project's page, once.
  @discardableResult
  func page(of project: PackageName) -> Task<Page, any Error> {
    state.withLock { state in
      if let task = state.pages[project] { return task }
      let task = Task { try await self.loadPage(of: project) }
      if state.isClosed { task.cancel() }
      state.pages[project] = task
      return task
    }
  }

  /// Asks for a file's metadata, once.
  @discardableResult
  func metadata(of file: PythonFile, _ project: PackageName) -> Task<Metadata, any Error> {
    let described: Described =
      file.isSourceDistribution ? .source(url: file.url) : .wheels(project, file.version)
    return state.withLock { state in
      if let task = state.metadata[described] { return task }
      let task = Task { try await self.loadMetadata(of: file, project) }
      if state.isClosed { task.cancel() }
      state.metadata[described] = task
      return task
    }
  }

  /// Stops whatever is still being fetched, and whatever is asked for from now on.
  func cancel() {
    state.withLock { state in
      state.isClosed = true
      for task in state.pages.values { task.cancel() }
      for task in state.metadata.values { task.cancel() }
    }
  }

  @concurrent
  private func loadPage(of project: PackageName) async throws -> Page {
    let candidates: PythonCandidates
    if let file = direct[project] {
      candidates = PythonCandidates(PythonListing([file]))
    } else {
      do {
        let listing = try await index.listing(of: project)
        if let excludeNewer, !listing.isEmpty, listing.files.allSatisfy({ $0.uploadTime == nil }) {
          throw PythonResolutionError(noUploadTimes: project, limit: excludeNewer)
        }
        candidates = PythonCandidates(listing, excludingNewerThan: excludeNewer)
      } catch PythonIndexError.unknownProject {
        return .unknown
      }
    }
    state.withLock { $0.loaded[project] = candidates }
    return .known(candidates)
  }

  @concurrent
  private func loadMetadata(of file: PythonFile, _ project: PackageName) async throws -> Metadata {
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
}
