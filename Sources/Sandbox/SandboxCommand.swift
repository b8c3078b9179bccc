/// A command to run in a sandbox: the first one of a plan, or one that joins it later.
public struct SandboxCommand: Sendable, Hashable {
  /// The program, by path or by a name looked up in the environment's `PATH`, and its arguments.
  public var arguments: [String] {
    // A command that got a program is no longer the idle one.
    didSet { isIdle = false }
  }
  /// The whole environment; nothing of the host's is added.
  public var environment: [String: String]
  /// The directory inside in which it starts.
  public var directory: String
  /// Who runs it.
  public var user: User
  /// What root may do; another user has no capabilities at all.
  public var capabilities: Capabilities
  /// Standard input.
  public var input: Input
  /// Standard output.
  public var output: Output
  /// Standard error.
  public var errors: Output
  /// Limits on its resources.
  public var limits: [ResourceLimit]
  /// Whether what it flushes reaches the disk; if not, all flushes succeed at once without doing anything.
  ///
  /// dpkg flushes ten times a package, which is all for nothing in a root that is thrown away when it is not finished.
  public var flushes: Bool
  /// After this time it is killed, and the whole sandbox with it if it is the first command.
  public var timeout: Duration?

  /// Whether it is no program, but waits.
  private(set) var isIdle = false

  /// Describes a command of root with a plain environment, no input and captured output.
  public init(_ arguments: [String], environment: [String: String] = Self.plainEnvironment) {
    self.arguments = arguments
    self.environment = environment
    directory = "/"
    user = .root
    capabilities = .container
    input = .null
    output = .captured()
    errors = .captured()
    limits = [.coreFileSize(0)]
    flushes = true
    timeout = nil
  }

  /// A command without a program that waits until it is killed, in any root, for others to join it.
  ///
  /// An empty list of arguments is not enough for that: it is an image without an entrypoint, and an error.
  public static let idle = SandboxCommand(isIdle: true)

  init(isIdle: Bool) {
    self.init([])
    self.isIdle = isIdle
  }

  /// A search path, a home and a locale without surprises.
  public static let plainEnvironment = [
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
  ]

  /// A user by number, as names mean nothing outside of the root's own files.
  public struct User: Sendable, Hashable {
    /// The user.
    public let uid: UInt32
    /// The group.
    public let gid: UInt32
    /// Groups besides the first.
    public let groups: [UInt32]

    /// Names a user by numbers.
    public init(uid: UInt32, gid: UInt32, groups: [UInt32] = []) {
      self.uid = uid
      self.gid = gid
      self.groups = groups
    }

    /// The superuser of the sandbox.
    public static let root = User(uid: 0, gid: 0)
  }

  /// Where standard input comes from.
  public enum Input: Sendable, Hashable {
    /// Nothing.
    case null
    /// The caller's own.
    case inherited
    /// These bytes.
    case bytes([UInt8])
    /// A file of the host.
    case file(String)
  }

  /// Where an output goes.
  public enum Output: Sendable, Hashable {
    /// Nowhere.
    case null
    /// To the caller's own.
    case inherited
    /// Into the result, up to a number of bytes; what is more is read and dropped.
    case captured(limit: Int = 1 << 24)
    /// Into a file of the host, made or continued.
    case file(String)
    /// Standard error only: where standard output goes.
    case joined
  }
}

/// A limit on a process and each of its children (man 2 setrlimit).
public enum ResourceLimit: Sendable, Hashable {
  /// The size of a core file in bytes.
  case coreFileSize(UInt64)
  /// Processor time in seconds.
  case processorTime(UInt64)
  /// The size of a file in bytes.
  case fileSize(UInt64)
  /// Open files.
  case openFiles(UInt64)
  /// Processes of the user; root of the host is exempt.
  case processes(UInt64)
  /// The address space in bytes, which a Java machine reserves much more of than it uses.
  case addressSpace(UInt64)
}
