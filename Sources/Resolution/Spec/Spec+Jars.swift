public import Packages

extension Spec {
  /// The files from Maven repositories.
  public struct Jars: Sendable, Hashable {
    /// The directory in the image that they are put into.
    public let target: String
    /// What is asked for; what it needs follows.
    public let artifacts: [MavenCoordinate]
    /// Versions that count wherever something needs the artifact, as in `dependencyManagement`.
    public let managed: [MavenCoordinate]
    /// POMs whose managed versions count, as imported in `dependencyManagement`.
    public let boms: [MavenCoordinate]
    /// What is left out with everything below it, as `group:artifact`; `*` stands for any of either.
    public let exclude: [MavenExclusion]
  }
}
