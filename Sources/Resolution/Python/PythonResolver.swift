public import Packages
import Versions

/// Selects the versions of Python packages that satisfy a request.
public struct PythonResolver: Sendable {
  private let index: any PythonIndex
  private let sourceMetadata: PythonRequest.SourceMetadata

  /// Creates a resolver over an index.
  ///
  /// - Parameter sourceMetadata: returns the metadata of a source distribution; it is only asked where a version has
  ///   no wheel for the platform, because the answer may take a build.
  public init(index: any PythonIndex, sourceMetadata: @escaping PythonRequest.SourceMetadata) {
    self.index = index
    self.sourceMetadata = sourceMetadata
  }

  /// Resolves a request.
  ///
  /// - Throws: `PythonResolutionError` if there is no solution, else what the index throws.
  public func resolve(_ request: PythonRequest) async throws -> PythonResolution {
    for requirement in request.requirements + request.constraints {
      if case .url = requirement.source { throw PythonResolutionError(unsupported: requirement) }
    }
    let provider = PythonProvider(index: index, request: request, sourceMetadata: sourceMetadata)
    defer { provider.cancel() }
    do {
      let selection = try await Solver.solve(
        root: PythonPackage.root, version: PythonProvider.rootVersion, provider: provider)
      return try await provider.resolution(of: selection)
    } catch let error as UnsolvableError<PythonProvider> {
      throw PythonResolutionError(error.graph, provider: provider, platform: request.platform)
    }
  }
}

extension PythonProvider {
  /// Collects what is known about the selected versions.
  func resolution(of selection: [PythonPackage: PEP440Version]) async throws -> PythonResolution {
    var dependencies: [PackageName: Set<PackageName>] = [:]
    var requirers: [PackageName: Set<PythonResolution.Requirer>] = [:]
    var extras: [PackageName: Set<PackageName>] = [:]
    var missingExtras: [PackageName: Set<PackageName>] = [:]
    for (package, version) in selection {
      if case .extra(let project, let extra) = package {
        let known = try await metadata(of: project, at: version).get().extras
        if known.contains(extra) {
          extras[project, default: []].insert(extra)
        } else {
          missingExtras[project, default: []].insert(extra)
        }
      }
      if case .projectWithExtra = package { continue }
      guard case .known(let needs) = try await self.dependencies(of: package, at: version) else { continue }
      for target in needs.compactMap(\.package.family) {
        if let project = package.family {
          dependencies[project, default: []].insert(target)
          requirers[target, default: []].insert(.package(project))
        } else {
          requirers[target, default: []].insert(.request)
        }
      }
    }
    var packages: [PythonResolution.Package] = []
    for case (.project(let name), let version) in selection {
      guard case .known(let candidates) = try await page(of: name), let place = candidates.place(of: version),
        let chosen = chosenFile(of: name, at: version, candidates)
      else { continue }
      packages.append(
        PythonResolution.Package(
          name: name, version: candidates.versions[place], extras: (extras[name] ?? []).sorted(), chosen: chosen,
          files: candidates.files(at: place), dependencies: (dependencies[name] ?? []).sorted(),
          requiredBy: (requirers[name] ?? []).sorted()))
    }
    return PythonResolution(
      packages: packages.sorted { $0.name < $1.name }, environment: environment, skipped: skipped,
      missingExtras: missingExtras.mapValues { $0.sorted() })
  }
}
