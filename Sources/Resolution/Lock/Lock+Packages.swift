public import Packages

extension Lock {
  /// The RPM part.
  public struct RPM: Sendable, Hashable {
    /// What `$releasever` stood for.
    public let release: String
    /// The repositories that the packages were chosen from.
    public let repositories: [RPMRepositoryEvidence]
    /// The packages, sorted by name.
    public let packages: [RPMPin]

    /// Joins evidence and packages.
    public init(release: String, repositories: [RPMRepositoryEvidence], packages: [RPMPin]) {
      self.release = release
      self.repositories = repositories
      self.packages = packages
    }
  }

  /// The part from Maven repositories.
  public struct Jars: Sendable, Hashable {
    /// The files, sorted by name.
    public let artifacts: [MavenPin]
    /// The POMs that decided, sorted by name.
    public let poms: [MavenEvidence]

    /// Joins files and evidence.
    public init(artifacts: [MavenPin], poms: [MavenEvidence]) {
      self.artifacts = artifacts
      self.poms = poms
    }
  }
}
