import Versions

/// Is what the solver selects versions of when it resolves Python requirements.
///
/// An optional feature is a package of its own, so that its requirements take part only where it is asked for. A
/// request for `name[feature]` first settles one version for both, then asks for the project and for the feature at
/// that version.
enum PythonPackage: SolverPackage {
  /// What the user asked for.
  case root
  /// A project without optional features.
  case project(PackageName)
  /// A project together with a feature, before their common version is settled.
  case projectWithExtra(PackageName, PackageName)
  /// A feature alone.
  case extra(PackageName, PackageName)

  var family: PackageName? {
    switch self {
    case .root: nil
    case .project(let name), .projectWithExtra(let name, _), .extra(let name, _): name
    }
  }

  var extra: PackageName? {
    switch self {
    case .root, .project: nil
    case .projectWithExtra(_, let extra), .extra(_, let extra): extra
    }
  }
}

extension PEP440Version: SolverVersion {
  /// The cut before the version, where those with its local labels are not yet reached.
  var lowerCut: PEP440Cut { .before(self) }

  /// The cut after the version, before those with its local labels.
  var upperCut: PEP440Cut { .after(self) }

  /// Whether the cuts enclose one version with or without its local labels, as `==` does.
  static func spansOneVersion(from lower: PEP440Cut, to upper: PEP440Cut) -> Bool {
    guard case .before(let version) = lower else { return false }
    return upper == .after(version) || upper == .afterLocalLabels(of: version)
  }
}
