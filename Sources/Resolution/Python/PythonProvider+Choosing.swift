import Packages
import Synchronization
import Versions

extension PythonProvider {
  /// Returns the version to try next: the preferred one if it will do, else the newest that can be used.
  ///
  /// One whose `Requires-Python` ends below the platform's Python comes after all others.
  func choice(of project: PackageName, _ candidates: PythonCandidates, in versions: VersionSet) -> Choice {
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
  func places(
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
  func judgement(
    of project: PackageName, _ candidates: PythonCandidates, at place: Int
  ) -> Result<PythonFile, PythonUnavailability.Refusal> {
    let release = Release(project: project, version: candidates.versions[place])
    if let known = state.withLock({ $0.judgements[release] }) { return known }
    let judgement = rules.choose(from: candidates.files(at: place), of: project, at: release.version)
    state.withLock { $0.judgements[release] = judgement }
    return judgement
  }
}
