public import OCI
public import Resolution

/// The pins of one platform, and what installing them does to the Python packages of the base.
public struct PlatformPins: Sendable {
  /// The lock.
  public let lock: Lock
  /// The packages of the base that get another version.
  public let moves: [PythonInstallation.Move]
  /// The needs of the base's packages that are met in the base and not in the image.
  public let breaks: [PythonInstallation.Problem]
}

/// The pins of all platforms of a specification.
public struct Pinned: Sendable {
  /// Each platform's, the one that image.yaml names first in front; never empty.
  public let platforms: [PlatformPins]
  /// The lock of all of them.
  public let lock: LockFile

  init(_ platforms: [PlatformPins]) {
    self.platforms = platforms
    lock = LockFile(platforms[0].lock, platforms.dropFirst().map(\.lock))
  }
}

/// What went wrong on one of several platforms.
public struct PlatformFailure: Error, Sendable {
  /// The platform.
  public let platform: Platform
  /// What went wrong there.
  public let cause: any Error

  /// Says where something went wrong.
  public init(platform: Platform, cause: any Error) {
    self.platform = platform
    self.cause = cause
  }
}
