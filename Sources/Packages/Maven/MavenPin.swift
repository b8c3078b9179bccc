public import OCI

/// One file of a locked set from Maven repositories: everything a build needs, and no host.
public struct MavenPin: Sendable, Hashable {
  /// What it is; the version is exact.
  public let coordinate: MavenCoordinate
  /// The file's size in bytes.
  public let size: Int
  /// The file's digest.
  public let digest: Digest
  /// Whether the specification asks for it by name.
  public let isDirect: Bool
  /// The names of the locked artifacts that it needs, sorted.
  public let dependencies: [MavenName]

  /// Makes a pin, for example from a lock.
  public init(
    coordinate: MavenCoordinate, size: Int, digest: Digest, isDirect: Bool, dependencies: [MavenName]
  ) {
    self.coordinate = coordinate
    self.size = size
    self.digest = digest
    self.isDirect = isDirect
    self.dependencies = dependencies
  }
}

/// A file that decided what was chosen: a POM, by its digest.
public struct MavenEvidence: Sendable, Hashable {
  /// What it is.
  public let coordinate: MavenCoordinate
  /// The file's digest.
  public let digest: Digest

  /// States what was read.
  public init(coordinate: MavenCoordinate, digest: Digest) {
    self.coordinate = coordinate
    self.digest = digest
  }
}
