public import Packages
public import Versions

/// What an index offers between two versions of a package.
public enum AvailableVersions {
  /// The final releases above one version and up to another that a platform can use, lowest first.
  public static func of(
    _ project: PackageName, above low: PEP440Version, upTo high: PEP440Version, on platform: PythonPlatform,
    in index: any PythonIndex
  ) async throws -> [PEP440Version] {
    let rules = PythonFileRules(PythonRequest(requirements: [], platform: platform), allowedYanks: [:])
    let candidates = PythonCandidates(try await index.listing(of: project))
    var versions: [PEP440Version] = []
    for (place, version) in candidates.versions.enumerated().reversed() {
      guard version > low, version <= high, !version.isPreRelease || version == high else { continue }
      guard case .success(let file) = rules.choose(from: candidates.files(at: place), of: project, at: version),
        file.requiresPython.map(rules.python(isWithin:)) ?? true
      else { continue }
      versions.append(version)
    }
    return versions
  }
}
