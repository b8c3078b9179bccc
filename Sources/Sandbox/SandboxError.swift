internal import Glibc

/// A sandbox that could not be made, or a command that could not be started in it.
public struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was being set up.
  public enum Stage: String, Sendable, Hashable {
    /// The namespaces themselves.
    case namespaces
    /// The users and groups of the user namespace.
    case identities
    /// The tree that becomes `/`.
    case root
    /// A mount below it.
    case mount
    /// Hostname and loopback.
    case isolation
    /// User, capabilities, limits, filters.
    case privileges
    /// Limits on all processes together.
    case limits
    /// The command itself.
    case command
    /// What the two halves of the sandbox say to each other.
    case exchange
  }

  /// What was being set up.
  public let stage: Stage
  /// What was tried, as a verb with its object.
  public let operation: String
  /// The file or name it was tried on.
  public let path: String?
  /// The system's error number, if it was a system call.
  public let code: Int32?

  /// States what failed.
  public init(_ stage: Stage, _ operation: String, _ path: String? = nil, code: Int32? = nil) {
    self.stage = stage
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// What failed, on what and why, in one sentence.
  public var description: String {
    let object = path.map { " \($0)" } ?? ""
    let reason = code.map { ": \(String(cString: strerror($0)))" } ?? ""
    return "cannot \(operation)\(object)\(reason)"
  }

  /// What to do about it, where that is known.
  public var hint: String? {
    if code == EPERM, [.root, .mount, .isolation].contains(stage), let remedy = NamespacePolicy.remedy() {
      return remedy
    }
    return switch (stage, code) {
    case (.namespaces, ENOSPC):
      NamespacePolicy.remedy() ?? "user namespaces are used up: see sysctl user.max_user_namespaces"
    // Docker's filter of system calls answers clone3 as a kernel that has none.
    case (.namespaces, EPERM), (.namespaces, ENOSYS):
      NamespacePolicy.remedy()
        ?? "user namespaces are not allowed here: start the container around with --security-opt seccomp=unconfined, or "
        + "run it as root"
    case (.identities, _): Self.singleUserHint
    case (.limits, _):
      "limits on memory and processes need control groups that may be written to: run as root, or without the limits"
    case (.root, EWOULDBLOCK) where operation == Self.lockRoot:
      "another sandbox writes to it: wait for its end, or lay an overlay over it"
    case (.root, EINVAL), (.root, EPERM):
      "the file system of the changes may not carry overlays: give a directory on ext4, xfs, btrfs or tmpfs"
    case (.mount, EROFS):
      "the place does not exist in a root that is mounted read-only: make it first"
    case (.command, ENOENT):
      "no such program in the sandbox's PATH, or the interpreter that it names is missing"
    default: nil
    }
  }

  /// How an ordinary user gets more users than one.
  public static var singleUserHint: String {
    let reason = UserNamespace.limitation.map { " (\($0))" } ?? ""
    return
      "root is the only user here\(reason); for others the uidmap package has to be installed, and /etc/subuid and "
      + "/etc/subgid need a line for you: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER"
  }

  static let lockRoot = "use the root for itself:"
}

/// Turns the negated error numbers of `CLinux` into errors.
@discardableResult
func check(
  _ code: Int32, _ stage: SandboxError.Stage, _ operation: @autoclosure () -> String,
  _ path: @autoclosure () -> String? = nil
) throws(SandboxError) -> Int32 {
  if code < 0 { throw SandboxError(stage, operation(), path(), code: -code) }
  return code
}

/// Turns a -1 of the C library into an error with the thread's error number.
@discardableResult
func checkErrno(
  _ value: Int32, _ stage: SandboxError.Stage, _ operation: @autoclosure () -> String,
  _ path: @autoclosure () -> String? = nil
) throws(SandboxError) -> Int32 {
  if value == -1 { throw SandboxError(stage, operation(), path(), code: errno) }
  return value
}
