public import Packages
public import Versions

/// Bounds on a resolution that stand in no specification: what an update tries.
public struct PinLimits: Sendable, Hashable {
  /// The highest version that a Python package may have.
  public var python: [PackageName: PEP440Version]
  /// Debian packages that stay as the lock has them.
  public var debian: Set<String>
  /// The highest version that an RPM package may have.
  public var rpm: [String: RPMVersion]
  /// The highest version of an artifact that may be chosen where a range leaves a choice.
  public var jars: [MavenName: MavenVersion]
  /// The time, in seconds since 1970, after which uploads to the Python index are left out, and RPM packages that were built
  /// later, where there are older ones.
  public var notAfter: Int?
  /// Whether what is asked for keeps the version that the base has of it, as long as that will do.
  ///
  /// A pin keeps it: Spark was tested with it. Whoever looks for the newest set that passes tests does not.
  public var keepsBase: Bool

  /// Bounds nothing unless told.
  public init(
    python: [PackageName: PEP440Version] = [:], debian: Set<String> = [], rpm: [String: RPMVersion] = [:],
    jars: [MavenName: MavenVersion] = [:], notAfter: Int? = nil, keepsBase: Bool = true
  ) {
    self.python = python
    self.debian = debian
    self.rpm = rpm
    self.jars = jars
    self.notAfter = notAfter
    self.keepsBase = keepsBase
  }

  /// The Python bounds as constraints.
  var constraints: [Requirement] {
    python.sorted { $0.key < $1.key }.compactMap { name, version in
      try? Requirement(parsing: "\(name)<=\(version)")
    }
  }
}
