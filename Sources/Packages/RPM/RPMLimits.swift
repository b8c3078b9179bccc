public import Versions

/// Bounds on the choice of RPM packages that stand in no configuration.
public struct RPMLimits: Sendable, Hashable {
  /// The highest version that a package may have.
  public let versions: [String: RPMVersion]
  /// The time in seconds since 1970 after which no package may be built, where there are older ones of its name.
  public let builtUntil: Int?

  /// Bounds nothing unless told.
  public init(versions: [String: RPMVersion] = [:], builtUntil: Int? = nil) {
    self.versions = versions
    self.builtUntil = builtUntil
  }

  /// The packages within the bounds.
  ///
  /// A repository that keeps only the newest says nothing of older times: then its oldest has to do.
  func applied(to members: [RPMUniverse.Member]) -> [RPMUniverse.Member] {
    var members = members
    if !versions.isEmpty {
      members.removeAll { member in versions[member.package.name].map { $0 < member.package.version } ?? false }
    }
    guard let builtUntil else { return members }
    var oldest: [String: Int] = [:]
    for package in members.lazy.map(\.package) {
      oldest[package.name] = min(oldest[package.name] ?? package.built, package.built)
    }
    return members.filter { $0.package.built <= max(builtUntil, oldest[$0.package.name] ?? 0) }
  }
}
