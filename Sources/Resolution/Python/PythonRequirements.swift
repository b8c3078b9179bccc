import Packages
import Versions

/// Asks for versions of a project in some environments.
struct PythonNeed: Sendable {
  let name: PackageName
  let extras: [PackageName]
  let versions: VersionRanges<PEP440Cut>
  /// The environments of the target in which it is asked for.
  let environments: EnvironmentSet

  /// The packages of the solver that stand for the need.
  var packages: [PythonPackage] {
    extras.isEmpty ? [.project(name)] : extras.map { .projectWithExtra(name, $0) }
  }
}

/// Turns requirements as they are written into what the solver has to select.
struct PythonRequirements: Sendable {
  private let target: PythonTarget
  private let constraints: [PackageName: [Requirement]]
  private let overrides: [PackageName: [Requirement]]
  private let direct: [PackageName: PythonFile]

  init(_ request: PythonRequest) {
    target = request.target
    constraints = Dictionary(grouping: request.constraints, by: \.name)
    overrides = Dictionary(grouping: request.overrides, by: \.name)
    direct = request.direct
  }

  /// Is a requirement with the environments in which it applies.
  private typealias Applied = (requirement: Requirement, environments: EnvironmentSet)

  /// Returns what the user's own requirements ask for.
  func needs(of requirements: [Requirement]) throws(PythonUnavailability.Refusal) -> [PythonNeed] {
    try needs(of: overridden(requirements).compactMap { applied($0, extra: nil) })
  }

  /// Returns what a project, or one of its optional features, asks for at a version.
  ///
  /// - Throws: the reason if it asks for a version of itself that it isn't, or for an address that the request does not
  ///   name.
  func needs(
    of metadata: PythonMetadata, extra: PackageName?
  ) throws(PythonUnavailability.Refusal) -> [PythonNeed] {
    let all = metadata.requirements
    var own = overridden(all).compactMap { applied($0, extra: extra) }
    // A feature may ask for other features of its own project: their requirements are taken in here.
    var seen: Set<PackageName> = []
    var place = 0
    while place < own.count {
      let (requirement, environments) = own[place]
      place += 1
      guard requirement.name == metadata.name else { continue }
      for other in requirement.extras where other != extra && seen.insert(other).inserted {
        own += overridden(all).compactMap { applied($0, extra: other) }.map {
          ($0.requirement, $0.environments.intersection(environments))
        }
      }
    }
    for (requirement, _) in own
    where requirement.name == metadata.name && !requirement.specifiers.contains(metadata.version) {
      throw .init(.contradictsItself(requirement.description))
    }
    return try needs(of: own.filter { $0.requirement.name != metadata.name })
  }

  private func needs(of applied: [Applied]) throws(PythonUnavailability.Refusal) -> [PythonNeed] {
    var needs: [PythonNeed] = []
    for (requirement, environments) in applied {
      needs.append(
        PythonNeed(
          name: requirement.name, extras: requirement.extras, versions: try versions(of: requirement),
          environments: environments))
      for constraint in constraints[requirement.name] ?? [] {
        let common = target.environments(of: constraint.marker).intersection(environments)
        guard !common.isEmpty else { continue }
        needs.append(
          PythonNeed(name: constraint.name, extras: [], versions: try versions(of: constraint), environments: common))
      }
    }
    return needs
  }

  /// The versions that a requirement admits; one by address admits that of its file alone.
  private func versions(of requirement: Requirement) throws(PythonUnavailability.Refusal) -> VersionRanges<PEP440Cut> {
    guard case .url(let address) = requirement.source else { return requirement.specifiers.ranges }
    guard let file = direct[requirement.name], file.isAt(address) else { throw .init(.addressNotRequested(address)) }
    return file.version.singleton
  }

  /// Puts overrides in the place of what they override; the extra on which a requirement depends stays its condition.
  private func overridden(_ requirements: [Requirement]) -> [Requirement] {
    if overrides.isEmpty { return requirements }
    return requirements.flatMap { requirement in
      guard let others = overrides[requirement.name] else { return [requirement] }
      guard let marker = requirement.marker, marker.mentionsExtra else { return others }
      return others.map { other in
        Requirement(
          name: other.name, extras: other.extras, source: other.source,
          marker: other.marker.map { .all([marker, $0]) } ?? marker)
      }
    }
  }

  /// A requirement with where it applies, if it does anywhere; with an extra, if it does because of that.
  private func applied(_ requirement: Requirement, extra: PackageName?) -> Applied? {
    guard let extra else {
      let environments = target.environments(of: requirement.marker)
      return environments.isEmpty ? nil : (requirement, environments)
    }
    guard let marker = requirement.marker, marker.mentionsExtra else { return nil }
    let environments = target.environments(of: marker, extras: [extra])
      .intersection(target.environments(of: marker).complement)
    return environments.isEmpty ? nil : (requirement, environments)
  }
}

extension PythonFile {
  /// Whether an address is the one of this file, whatever digest follows it.
  func isAt(_ address: String) -> Bool {
    url == address.prefix { $0 != "#" }
  }
}
