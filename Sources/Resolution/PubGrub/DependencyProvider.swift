import Versions

/// Is a version that the solver can reason about: it has a place in an order.
protocol SolverVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Is a place between versions.
  associatedtype Cut: Comparable & Hashable & Sendable

  /// The place just before the version.
  var lowerCut: Cut { get }

  /// The place just after it.
  var upperCut: Cut { get }

  /// Whether what lies between two cuts counts as one version when it is decided what to decide first.
  static func spansOneVersion(from lower: Cut, to upper: Cut) -> Bool
}

/// Is something that the solver selects a version of.
protocol SolverPackage: Hashable, Sendable {
  /// Is what several packages of the solver have in common that are one thing to the user.
  associatedtype Family: Hashable & Sendable

  /// The family, or `nil` for the root.
  ///
  /// Members of a family are decided together, in the place of the one that was seen first.
  var family: Family? { get }
}

/// Answers the solver's questions about packages.
///
/// This is the solver's only door to the world and its only suspension point.
protocol DependencyProvider {
  /// The packages.
  associatedtype Package: SolverPackage
  /// Their versions.
  associatedtype Version: SolverVersion
  /// Says why something can't be used.
  associatedtype Reason: Hashable & Sendable

  /// A set of versions.
  typealias VersionSet = VersionRanges<Version.Cut>

  /// Returns the version to try next, given that it has to be in a set.
  func choice(of package: Package, in versions: VersionSet) async throws -> VersionChoice<Version, Reason>

  /// Returns what a version needs.
  func dependencies(of package: Package, at version: Version) async throws -> VersionDependencies<
    Package, Version, Reason
  >

  /// Starts to fetch what will be asked soon: packages that must be selected, with the versions still possible.
  func prefetch(_ candidates: [(package: Package, versions: VersionSet)])
}

/// Is a provider's answer to what to try next.
enum VersionChoice<Version: SolverVersion, Reason: Hashable & Sendable>: Sendable {
  /// This version.
  case version(Version)
  /// Those that would be next can't be used.
  case unavailable(VersionRanges<Version.Cut>, Reason)
  /// No version is in the set.
  case none
  /// The package can't be used at all.
  case unavailablePackage(Reason)
}

/// Is a provider's answer to what a version needs.
enum VersionDependencies<Package: SolverPackage, Version: SolverVersion, Reason: Hashable & Sendable>: Sendable {
  /// These packages in these versions; the order is the order of first sight.
  case known([(package: Package, versions: VersionRanges<Version.Cut>)])
  /// The version turns out to be of no use.
  case unavailable(Reason)
}

extension SolverVersion {
  /// The set of this version alone.
  var singleton: VersionRanges<Cut> { VersionRanges(from: lowerCut, to: upperCut) }

  /// Whether a set leaves one version, local labels and the like aside.
  static func isOneVersion(_ set: VersionRanges<Cut>) -> Bool {
    guard set.intervals.count == 1, let lower = set.intervals[0].lower, let upper = set.intervals[0].upper else {
      return false
    }
    return spansOneVersion(from: lower, to: upper)
  }
}
