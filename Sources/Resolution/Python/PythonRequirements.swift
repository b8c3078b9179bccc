import Packages
import Versions

/// Turns requirements as they are written into what the solver has to select.
struct PythonRequirements: Sendable {
  typealias Dependencies = [(package: PythonPackage, versions: VersionRanges<PEP440Cut>)]

  private let environment: MarkerEnvironment
  private let constraints: [PackageName: [Requirement]]

  init(environment: MarkerEnvironment, constraints: [Requirement]) {
    self.environment = environment
    self.constraints = Dictionary(
      grouping: constraints.filter { $0.marker?.holds(in: environment) ?? true }, by: \.name)
  }

  /// Returns what the user's own requirements ask for.
  func dependencies(of requirements: [Requirement]) -> Dependencies {
    requirements.filter { holds($0, extra: nil) }.flatMap(dependencies)
  }

  /// Returns what a project, or one of its optional features, asks for at a version.
  ///
  /// - Throws: the reason if it asks for a version of itself that it isn't.
  func dependencies(
    of metadata: PythonMetadata, extra: PackageName?
  ) throws(PythonUnavailability.Refusal) -> Dependencies {
    let all = metadata.requirements
    var own = all.filter { holds($0, extra: extra) }
    // A feature may ask for other features of its own project: their requirements are taken in here.
    var seen: Set<PackageName> = []
    var place = 0
    while place < own.count {
      let requirement = own[place]
      place += 1
      guard requirement.name == metadata.name else { continue }
      for other in requirement.extras where other != extra && seen.insert(other).inserted {
        own += all.filter { holds($0, extra: other) }
      }
    }
    for requirement in own where requirement.name == metadata.name && !requirement.specifiers.contains(metadata.version)
    {
      throw .init(.contradictsItself(requirement.description))
    }
    return own.filter { $0.name != metadata.name }.flatMap(dependencies)
  }

  /// The extras of one requirement, or the project itself, and the constraints on it.
  private func dependencies(of requirement: Requirement) -> Dependencies {
    let versions = requirement.specifiers.ranges
    var list: Dependencies =
      requirement.extras.isEmpty
      ? [(.project(requirement.name), versions)]
      : requirement.extras.map { (.projectWithExtra(requirement.name, $0), versions) }
    for constraint in constraints[requirement.name] ?? [] {
      list.append((.project(constraint.name), constraint.specifiers.ranges))
    }
    return list
  }

  /// Whether a requirement applies; with an extra, whether it applies because of it.
  private func holds(_ requirement: Requirement, extra: PackageName?) -> Bool {
    guard let marker = requirement.marker else { return extra == nil }
    guard let extra else { return marker.holds(in: environment) }
    return marker.mentionsExtra && !marker.holds(in: environment) && marker.holds(in: environment, extras: [extra])
  }
}
