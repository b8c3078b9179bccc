/// Everything that decides how a process is closed in: a value, made and compared without starting anything.
public struct SandboxPlan: Sendable, Hashable {
  /// The tree that becomes `/`.
  public var root: Root
  /// What is mounted below it, in this order, after `/proc`, `/dev`, `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf`.
  public var mounts: [Mount]
  /// The hostname, also resolved by the sandbox's hosts file.
  public var hostname: String
  /// The contents of `/etc/hosts`; nil for loopback and the hostname alone.
  public var hosts: String?
  /// The contents of `/etc/resolv.conf`, empty by default: the host's is never seen.
  public var resolver: String
  /// Which network there is.
  public var network: Network
  /// A port of the sandbox's own loopback on which the caller listens, where it has a network of its own.
  public var listeningPort: UInt16?
  /// Which process is number 1.
  public var firstProcess: FirstProcess
  /// The most memory of all its processes together in bytes, which needs control groups that may be written to.
  public var memoryLimit: Int?
  /// The most processes and threads at a time, which needs control groups that may be written to.
  public var processLimit: Int?
  /// Whether the command may make namespaces and mounts of its own, which its capabilities must allow as well.
  public var allowsNesting: Bool
  /// The command to start.
  public var command: SandboxCommand

  /// Plans a sandbox without network, whose first process reaps and forwards signals.
  public init(root: Root, command: SandboxCommand) {
    self.root = root
    self.command = command
    mounts = []
    hostname = "sandbox"
    hosts = nil
    resolver = ""
    network = .none
    firstProcess = .supervisor
    allowsNesting = false
  }

  /// A tree that becomes `/`.
  public enum Root: Sendable, Hashable {
    /// A directory; what the command writes stays in it unless it is mounted read-only.
    case directory(String, writable: Bool = true)
    /// Directories, the uppermost first, that are read only, with all changes kept apart.
    case overlay(lower: [String], changes: Changes)
  }

  /// Where an overlay keeps what the command changes.
  public enum Changes: Sendable, Hashable {
    /// In memory, gone with the sandbox; the limit is in bytes. Kernels before 6.6 can't replace a directory of the lower
    /// tree there, as their memory file system has no user attributes.
    case memory(limit: Int?)
    /// In a directory, below `upper`; where overlays are refused, a full copy below `copy` takes their place.
    case directory(String)
  }

  /// Which network a sandbox has.
  public enum Network: String, Sendable, Hashable {
    /// A network of its own with nothing but loopback.
    case none
    /// The host's.
    case host
  }

  /// Which process is number 1 of the sandbox.
  public enum FirstProcess: String, Sendable, Hashable {
    /// Drydock's own, which reaps orphans, forwards signals and outlives no parent.
    case supervisor
    /// The command itself, for one that is an init; the supervisor stays outside of its process namespace.
    case command
  }

  /// The hosts file of the sandbox.
  ///
  /// Java and Spark look their own hostname up and give up without an answer.
  public var hostsFile: String {
    hosts ?? """
      127.0.0.1\tlocalhost \(hostname)
      ::1\tlocalhost ip6-localhost ip6-loopback

      """
  }
}

extension SandboxPlan {
  /// Something mounted at a place of the sandbox; missing places are made, and go when the sandbox ends.
  public struct Mount: Sendable, Hashable {
    /// The absolute path inside; its symbolic links and `..` never lead out of the root.
    public let target: String
    /// What is mounted.
    public let kind: Kind

    /// Places something at a path inside.
    public init(_ target: String, _ kind: Kind) {
      self.target = target
      self.kind = kind
    }

    /// What can be mounted.
    public enum Kind: Sendable, Hashable {
      /// A file or directory of the host, with all that is mounted below it.
      case bind(String, writable: Bool = false)
      /// An empty file system in memory; the limit is in bytes.
      case memory(limit: Int? = nil, mode: UInt32 = 0o755)
      /// A small file that exists in memory only.
      case file(String, mode: UInt32 = 0o644)
      /// The processes of the sandbox, with what would show or change the host's kernel hidden or read-only.
      case processes
      /// Null, zero, full, random, urandom, tty, terminals of its own, and shared memory.
      case devices
    }
  }

  /// All mounts in their order.
  var allMounts: [Mount] {
    [
      Mount("/proc", .processes), Mount("/dev", .devices), Mount("/etc/hosts", .file(hostsFile)),
      Mount("/etc/hostname", .file(hostname + "\n")), Mount("/etc/resolv.conf", .file(resolver)),
    ] + mounts
  }
}
