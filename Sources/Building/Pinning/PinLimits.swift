public import Versions

/// Bounds on a resolution that stand in no specification: what an update tries.
public struct PinLimits: Sendable, Hashable {
  /// The highest version that a Python package may have.
  public var python: [PackageName: PEP440Version]
  /// Debian packages that stay as the lock has them.
  public var debian: Set<String>
  /// The time, in RFC 3339 with the zone `Z`, after which uploads to the Python index are left out.
  public var excludeNewer: String?

  /// Bounds nothing unless told.
  public init(
    python: [PackageName: PEP440Version] = [:], debian: Set<String> = [], excludeNewer: String? = nil
  ) {
    self.python = python
    self.debian = debian
    self.excludeNewer = excludeNewer
  }

  /// The Python bounds as constraints.
  var constraints: [Requirement] {
    python.sorted { $0.key < $1.key }.compactMap { name, version in
      try? Requirement(parsing: "\(name)<=\(version)")
    }
  }
}
