public import Packages
import Versions

/// Selects the versions of Python packages that satisfy a request.
public struct PythonResolver: Sendable {
  /// The most parts that environments are split into; what needs more has no use for people either.
  private static let partLimit = 512

  private let index: any PythonIndex
  private let sourceMetadata: PythonRequest.SourceMetadata

  /// Creates a resolver over an index.
  ///
  /// - Parameter sourceMetadata: returns the metadata of a source distribution; it is only asked where a version has
  ///   no wheel that fits, because the answer may take a build.
  public init(index: any PythonIndex, sourceMetadata: @escaping PythonRequest.SourceMetadata) {
    self.index = index
    self.sourceMetadata = sourceMetadata
  }

  /// Resolves a request.
  ///
  /// For several environments there is one selection for all of them, unless needs differ between them: then they are
  /// split there, and each part has a selection of its own, which keeps to those of the parts before where it can.
  ///
  /// - Throws: `PythonResolutionError` if there is no solution, else what the index throws.
  public func resolve(_ request: PythonRequest) async throws -> PythonResolution {
    for requirement in request.requirements + request.constraints + request.overrides {
      if case .url(let address) = requirement.source, request.direct[requirement.name]?.isAt(address) != true {
        throw PythonResolutionError(unsupported: requirement)
      }
    }
    let catalog = PythonCatalog(index: index, request: request, sourceMetadata: sourceMetadata)
    defer { catalog.cancel() }
    var waiting = [request.target.environments]
    var (parts, earlier): ([PythonResolution], [PackageName: [PEP440Version]]) = ([], [:])
    while let environments = waiting.popLast() {
      var request = request
      if case .environments = request.target { request.target = .environments(environments) }
      do {
        let part = try await solve(request, catalog, earlier: earlier)
        for package in part.packages where earlier[package.name]?.contains(package.version) != true {
          earlier[package.name, default: []].append(package.version)
        }
        parts.append(part)
      } catch let fork as PythonFork {
        guard waiting.count + parts.count + fork.environments.count <= Self.partLimit else {
          throw PythonResolutionError(tooManyParts: Self.partLimit)
        }
        waiting += fork.environments.reversed()
      }
    }
    return parts.count == 1 ? parts[0] : PythonResolution(joining: parts)
  }

  private func solve(
    _ request: PythonRequest, _ catalog: PythonCatalog, earlier: [PackageName: [PEP440Version]]
  ) async throws -> PythonResolution {
    let provider = PythonProvider(catalog: catalog, request: request, earlier: earlier)
    do {
      let selection = try await Solver.solve(
        root: PythonPackage.root, version: PythonProvider.rootVersion, provider: provider)
      return try await provider.resolution(of: selection)
    } catch let error as UnsolvableError<PythonProvider> {
      throw PythonResolutionError(error.graph, provider: provider, target: request.target)
    }
  }
}

extension PythonProvider {
  /// Is what needs what among selected packages, and where.
  private typealias Edges = [PythonPackage: [(target: PythonPackage, environments: EnvironmentSet)]]

  /// Collects what is known about the selected versions.
  func resolution(of selection: [PythonPackage: PEP440Version]) async throws -> PythonResolution {
    var dependencies: [PackageName: Set<PackageName>] = [:]
    var requirers: [PackageName: Set<PythonResolution.Requirer>] = [:]
    var extras: [PackageName: Set<PackageName>] = [:]
    var missingExtras: [PackageName: Set<PackageName>] = [:]
    var edges: Edges = [:]
    for (package, version) in selection {
      if case .extra(let project, let extra) = package {
        let known = try await metadata(of: project, at: version).get().extras
        if known.contains(extra) {
          extras[project, default: []].insert(extra)
        } else {
          missingExtras[project, default: []].insert(extra)
        }
      }
      if case .projectWithExtra(let project, let extra) = package {
        edges[package] = [(.project(project), .full), (.extra(project, extra), .full)]
        continue
      }
      let needs = try await needs(of: package, at: version)
      edges[package] = needs.flatMap { need in need.packages.map { ($0, need.environments) } }
      for target in needs.map(\.name) {
        if let project = package.family {
          dependencies[project, default: []].insert(target)
          requirers[target, default: []].insert(.package(project))
        } else {
          requirers[target, default: []].insert(.request)
        }
      }
    }
    let reached = reach(edges)
    var packages: [PythonResolution.Package] = []
    for case (.project(let name), let version) in selection {
      guard let environments = reached[name], !environments.isEmpty else { continue }
      let (chosen, files, known) = try await files(of: name, at: version)
      packages.append(
        PythonResolution.Package(
          name: name, version: known, extras: (extras[name] ?? []).sorted(), environments: environments,
          chosen: chosen, files: files, dependencies: (dependencies[name] ?? []).sorted(),
          requiredBy: (requirers[name] ?? []).sorted()))
    }
    return PythonResolution(
      packages: packages.sorted { $0.name < $1.name }, environments: target.environments, skipped: skipped,
      missingExtras: missingExtras.mapValues { $0.sorted() })
  }

  /// The files of a selected version; none of what is there already.
  private func files(
    of name: PackageName, at version: PEP440Version
  ) async throws -> (chosen: PythonFile?, all: [PythonFile], version: PEP440Version) {
    if installed(name) == version { return (nil, [], version) }
    guard case .known(let candidates) = try await page(of: name), let place = candidates.place(of: version) else {
      return (nil, [], version)
    }
    let files = candidates.files(at: place)
    return (
      chosenFile(of: name, at: version, candidates), files.filter { isAllowed($0, of: name) },
      candidates.versions[place]
    )
  }

  /// Where each project is needed: wherever something that needs it is.
  private func reach(_ edges: Edges) -> [PackageName: EnvironmentSet] {
    var reached: [PythonPackage: EnvironmentSet] = [.root: target.environments]
    var open = [PythonPackage.root]
    while let package = open.popLast() {
      let own = reached[package] ?? .empty
      for (next, environments) in edges[package] ?? [] {
        let known = reached[next] ?? .empty
        let more = known.union(own.intersection(environments))
        guard more != known else { continue }
        reached[next] = more
        open.append(next)
      }
    }
    return reached.reduce(into: [:]) { projects, entry in
      if case .project(let name) = entry.key { projects[name] = entry.value }
    }
  }
}
