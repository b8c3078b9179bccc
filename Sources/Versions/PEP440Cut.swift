/// Is a place between two neighbouring versions in PEP 440's order.
///
/// Three kinds of place are enough for every specifier. "After a version and all its local labels" needs none of its
/// own: the next public version is known (`1.0` is followed by `1.0.post0.dev0`), so two specifiers that mean the same
/// make the same cut.
public enum PEP440Cut: Hashable, Sendable {
  /// Just before the version.
  case before(PEP440Version)
  /// Just after the version, before any version with a longer local label.
  case after(PEP440Version)
  /// After the version, its local labels and all its post-releases.
  case afterPostReleases(PEP440Version)

  /// The version that the cut is next to.
  public var version: PEP440Version {
    switch self {
    case .before(let version), .after(let version), .afterPostReleases(let version): version
    }
  }

  /// Returns the cut just before every pre-release and development release of `version`.
  static func beforeDevelopment(of version: PEP440Version) -> PEP440Cut {
    .before(
      PEP440Version(
        epoch: version.epoch, release: version.release, preRelease: version.preRelease,
        postRelease: version.postRelease,
        developmentRelease: 0))
  }

  /// Returns the cut just after every local label of `version`.
  public static func afterLocalLabels(of version: PEP440Version) -> PEP440Cut {
    let next: PEP440Version
    if let development = version.developmentRelease {
      next = PEP440Version(
        epoch: version.epoch, release: version.release, preRelease: version.preRelease,
        postRelease: version.postRelease,
        developmentRelease: development + 1)
    } else {
      next = PEP440Version(
        epoch: version.epoch, release: version.release, preRelease: version.preRelease,
        postRelease: version.postRelease.map { $0 + 1 } ?? 0, developmentRelease: 0)
    }
    return .before(next)
  }
}

extension PEP440Cut: Comparable {
  /// Whether `left` lies before `right` in the version order.
  public static func < (left: PEP440Cut, right: PEP440Cut) -> Bool {
    switch (left, right) {
    case (.afterPostReleases(let first), .afterPostReleases(let second)):
      return first.compareBase(second) < 0
    case (.afterPostReleases(let first), _):
      return first.compareBase(right.version) < 0
    case (_, .afterPostReleases(let second)):
      return left.version.compareBase(second) <= 0
    default:
      let order = left.version.compare(right.version)
      if order != 0 { return order < 0 }
      guard case .before = left, case .after = right else { return false }
      return true
    }
  }
}
