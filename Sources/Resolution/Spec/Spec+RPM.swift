extension Spec {
  /// The packages of an RPM distribution.
  public struct RPM: Sendable, Hashable {
    /// What `$releasever` stands for, for example `2023.6.20250317`: a dated release never changes.
    public let release: String
    /// The repositories by their names in the configuration; empty for all that are enabled.
    public let repositories: [String]
    /// The topics of Amazon Linux 2 whose repositories count too, for example `corretto8`.
    public let extras: [String]
    /// The packages that are asked for by name; what they need follows.
    public let packages: [String]
    /// Globs of packages that are never chosen.
    public let exclude: [String]
  }
}
