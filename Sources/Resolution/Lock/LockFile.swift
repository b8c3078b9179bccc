public import OCI
internal import Trust

/// The content of `drydock.lock`: the pins of one platform, or of several.
///
/// Each platform's pins are a ``Lock`` of their own, which is all that an image of that platform is made from and what it
/// carries: other platforms never change its bytes. A file of one platform is that lock, to the byte.
public struct LockFile: Sendable, Hashable {
  /// The version of the format of a file with several platforms; a program that knows only one must not read it by half.
  public static let formatVersion = 2

  /// The lock of the platform that image.yaml names first.
  public let first: Lock
  /// The locks of the other platforms, sorted by the platforms' names.
  public let others: [Lock]

  /// Joins locks of one specification, each of another platform.
  public init(_ first: Lock, _ others: [Lock] = []) {
    self.first = first
    self.others = others.sorted { $0.platform.description < $1.platform.description }
  }

  /// The locks of all platforms, the first one in front.
  public var locks: [Lock] { [first] + others }
  /// All platforms.
  public var platforms: [Platform] { locks.map(\.platform) }
  /// Whether the file is about more than one platform.
  public var hasSeveralPlatforms: Bool { !others.isEmpty }

  /// The lock of a platform, nil if there is none.
  public subscript(platform: Platform) -> Lock? { locks.first { $0.platform == platform } }

  /// The lock of a platform that must be there.
  ///
  /// - Throws: ``LockError/noPlatform(_:has:)``.
  public func lock(of platform: Platform) throws(LockError) -> Lock {
    guard let lock = self[platform] else { throw .noPlatform(platform, has: platforms) }
    return lock
  }

  /// The lock of a machine's own platform if there is one, else of the first.
  ///
  /// - Parameter architecture: The machine's processor in Go's word.
  public func lock(preferring architecture: String) -> Lock {
    locks.first { $0.platform.os == "linux" && $0.platform.architecture == architecture } ?? first
  }

  /// The digest of the file.
  public var digest: Digest { SHA256.digest(of: text.utf8) }

  /// Refuses a lock that was made for another state of the specification.
  public func check(against spec: Spec) throws(LockError) { try first.check(against: spec) }
}
