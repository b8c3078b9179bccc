/// What a dependency leaves out of what it brings along (POM reference, "Exclusions").
public struct MavenExclusion: Sendable, Hashable, CustomStringConvertible {
  /// The group, or `*` for any.
  public let group: String
  /// The artifact, or `*` for any.
  public let artifact: String

  /// Joins the parts; nil when one of them is neither a name nor `*`.
  public init?(group: String, artifact: String) {
    guard [group, artifact].allSatisfy({ $0 == "*" || MavenName.isPart($0) }) else { return nil }
    self.group = group
    self.artifact = artifact
  }

  /// Reads `group:artifact`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { return nil }
    self.init(group: parts[0], artifact: parts[1])
  }

  /// Whether it means an artifact.
  public func matches(_ name: MavenName) -> Bool {
    (group == "*" || group == name.group) && (artifact == "*" || artifact == name.artifact)
  }

  /// `group:artifact`.
  public var description: String { "\(group):\(artifact)" }
}
