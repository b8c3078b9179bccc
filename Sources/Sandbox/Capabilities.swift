/// Capabilities of a superuser (man 7 capabilities), which in a sandbox hold against its own namespaces only.
public struct Capabilities: OptionSet, Sendable, Hashable {
  /// One bit a capability, by its number in `linux/capability.h`.
  public let rawValue: UInt64

  /// Takes a set of bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  private init(number: Int) { rawValue = 1 << UInt64(number) }

  /// Changes owners of files.
  public static let changeOwner = Capabilities(number: 0)
  /// Passes by the permissions of files.
  public static let overrideAccess = Capabilities(number: 1)
  /// Acts as the owner of any file.
  public static let actAsOwner = Capabilities(number: 3)
  /// Keeps set-user-id bits when a file changes.
  public static let keepSetID = Capabilities(number: 4)
  /// Signals processes of other users.
  public static let kill = Capabilities(number: 5)
  /// Becomes another group.
  public static let setGroup = Capabilities(number: 6)
  /// Becomes another user.
  public static let setUser = Capabilities(number: 7)
  /// Gives capabilities away.
  public static let setCapabilities = Capabilities(number: 8)
  /// Listens on ports below 1024.
  public static let lowPorts = Capabilities(number: 10)
  /// Administers the network of the sandbox.
  public static let administerNetwork = Capabilities(number: 12)
  /// Opens raw sockets.
  public static let rawSockets = Capabilities(number: 13)
  /// Changes its root directory.
  public static let changeRoot = Capabilities(number: 18)
  /// Mounts, and much else.
  public static let administer = Capabilities(number: 21)
  /// Sets capabilities of files.
  public static let setFileCapabilities = Capabilities(number: 31)

  /// None.
  public static let none: Capabilities = []

  /// What container engines grant by default, without making device nodes and writing audit records, which a user
  /// namespace refuses anyway.
  ///
  /// Debian's maintainer scripts need no more: they change owners and users, set file capabilities, and call `chroot`.
  public static let container: Capabilities = [
    .changeOwner, .overrideAccess, .actAsOwner, .keepSetID, .kill, .setGroup, .setUser, .setCapabilities, .lowPorts,
    .rawSockets, .changeRoot, .setFileCapabilities,
  ]
}
