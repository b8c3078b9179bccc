internal import CLinux
internal import Glibc

extension RootDirectory {
  /// Mounts the tree of a plan's root where it can become `/`.
  static func make(_ root: SandboxPlan.Root) throws(SandboxError) -> RootDirectory {
    switch root {
    case .directory(let path, let writable):
      let tree = try MountTree.clone(path, attributes: .noDevices | .noSetID | (writable ? 0 : .readOnly))
      let lock = writable ? try lock(path) : nil
      let scaffold = try Scaffold(over: path)
      return RootDirectory(try scaffold.mount(tree, as: "root"), scaffold: scaffold, lock: lock)
    case .overlay(let lower, let changes):
      return try makeOverlay(lower, changes)
    }
  }

  /// Keeps others from using a root that is written to.
  ///
  /// Each sandbox removes what it made to mount on, and the kernel takes away what another one has mounted there.
  private static func lock(_ path: String) throws(SandboxError) -> Descriptor {
    let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, stage: .root, to: "open the root directory")
    try checkErrno(flock(directory.number, LOCK_EX | LOCK_NB), .root, SandboxError.lockRoot, path)
    return directory
  }

  private static func makeOverlay(
    _ paths: [String], _ changes: SandboxPlan.Changes
  ) throws(SandboxError) -> RootDirectory {
    guard let first = paths.first else { throw SandboxError(.root, "make a root of no directories") }
    var lower: [Descriptor] = []
    for path in paths {
      lower.append(try .open(path, clinux_open_place | O_DIRECTORY, stage: .root, to: "open the lower directory"))
    }
    let directory: Descriptor
    let scaffold: Scaffold
    switch changes {
    case .memory(let limit):
      scaffold = try Scaffold(over: first)
      directory = try scaffold.mount(try MountTree.memory(limit: limit, mode: 0o755, "changes"), as: "changes")
    case .directory(let path):
      directory = try .open(path, clinux_open_place | O_DIRECTORY, stage: .root, to: "open the directory of changes")
      scaffold = try Scaffold(over: first)
    }
    for name in ["upper", "work"] where mkdirat(directory.number, name, 0o755) != 0 && errno != EEXIST {
      throw SandboxError(.root, "create the directory of changes", name, code: errno)
    }
    do throws(SandboxError) {
      let tree = try overlay(lower, directory, first)
      return RootDirectory(try scaffold.mount(tree, as: "root"), scaffold: scaffold)
    } catch  where lower.count == 1 {
      guard case .directory = changes else { throw error }
      let copy = try TreeCopy(of: lower[0], into: directory, named: "copy").run()
      let tree = try MountTree.clone(copy, attributes: .noDevices | .noSetID, path: first)
      return RootDirectory(try scaffold.mount(tree, as: "root"), scaffold: scaffold)
    }
  }

  private static func overlay(
    _ lower: [Descriptor], _ changes: Descriptor, _ path: String
  ) throws(SandboxError) -> MountTree {
    // Named by descriptor: no character of a path needs an escape, and many layers stay below the limit of a page.
    try MountTree.make(
      "overlay",
      [
        "lowerdir": lower.map { "/proc/self/fd/\($0.number)" }.joined(separator: ":"),
        "upperdir": "/proc/self/fd/\(changes.number)/upper", "workdir": "/proc/self/fd/\(changes.number)/work",
        "userxattr": nil,
      ], attributes: .noDevices | .noSetID, stage: .root, to: "lay an overlay over", path)
  }

  /// Takes away what was made to mount on, by its paths in the root that is `/` by now; what was filled since stays.
  static func remove(_ created: [String]) {
    for path in created.reversed() {
      _ = clinux_mount_detach(path)
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        rmdir(path)
      } else if status.st_mode & S_IFMT == S_IFREG && status.st_size == 0 {
        unlink(path)
      }
    }
  }

  /// Whether this root is `/` by now; before, the same paths are the host's.
  var isEntered: Bool {
    var (own, current) = (stat(), stat())
    return fstat(descriptor.number, &own) == 0 && stat("/", &current) == 0
      && own.st_dev == current.st_dev && own.st_ino == current.st_ino
  }

  /// Changes to this root and drops the one of the host.
  func enter() throws(SandboxError) {
    try checkErrno(fchdir(descriptor.number), .root, "change to the root directory")
    try check(clinux_pivot_to_current_directory(), .root, "change the root")
  }
}
