public import Versions

/// Bounds on a resolution that stand in no specification: what an update tries.
public struct PinLimits: Sendable, Hashable {
  /// The highest version that a Python package may have.
  public var python: [PackageName: PEP440Version]
  /// Debian packages that stay as the lock has them.
  public var debian: Set<String>
  /// The time, in RFC 3339 with the zone `Z`, after which uploads to the Python index are left out.
  public var excludeNewer: String?
  /// Whether what is asked for keeps the version that the base has of it, as long as that will do.
  ///
  /// A pin keeps it: Spark was tested with it. Whoever looks for the newest set that passes tests does not.
  public var keepsBase: Bool

  /// Bounds nothing unless told.
  public init(
    python: [PackageName: PEP440Version] = [:], debian: Set<String> = [], excludeNewer: String? = nil,
    keepsBase: Bool = true
  ) {
    self.python = python
    self.debian = debian
    self.excludeNewer = excludeNewer
    self.keepsBase = keepsBase
  }

  /// The Python bounds as constraints.
  var constraints: [Requirement] {
    python.sorted { $0.key < $1.key }.compactMap { name, version in
      try? Requirement(parsing: "\(name)<=\(version)")
    }
  }
}
