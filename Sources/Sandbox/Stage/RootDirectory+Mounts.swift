internal import CLinux
internal import Glibc

extension RootDirectory {
  /// Mounts one thing of the plan; the source of a bind was opened before.
  mutating func mount(_ mount: SandboxPlan.Mount, source: MountTree?) throws(SandboxError) {
    let target = mount.target
    switch mount.kind {
    case .bind(let path, _):
      guard let source else { throw SandboxError(.mount, "find the source of a mount at", path) }
      var status = stat()
      try checkErrno(fstat(source.descriptor.number, &status), .mount, "examine", path)
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      try source.attach(to: try place(target, isDirectory ? .directory : .file), target)
    case .memory(let limit, let mode):
      try MountTree.memory(limit: limit, mode: mode, target).attach(to: try place(target, .directory), target)
    case .file(let contents, let mode):
      try mountFile(contents, mode: mode, on: target)
    case .processes:
      try mountProcesses(on: target)
    case .devices:
      try mountDevices(on: target)
    }
  }

  private mutating func mountFile(_ contents: String, mode: UInt32, on target: String) throws(SandboxError) {
    let file = try scaffold.file(contents, mode: mode, for: target)
    try MountTree.clone(file, attributes: 0, path: target).attach(to: try place(target, .file), target)
  }

  private mutating func mountDevices(on target: String) throws(SandboxError) {
    try MountTree.memory(limit: 1 << 16, mode: 0o755, target).attach(to: try place(target, .directory), target)
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
      // Bound, not made: a user namespace refuses mknod.
      let node = try MountTree.clone("/dev/\(name)", attributes: .noSetID | .noExecution)
      try node.attach(to: try place("\(target)/\(name)", .file), "\(target)/\(name)")
    }
    let restricted: UInt64 = .noSetID | .noExecution
    try MountTree.make(
      "devpts", ["newinstance": nil, "ptmxmode": "0666", "mode": "0620"], attributes: restricted,
      to: "mount terminals on", "\(target)/pts"
    ).attach(to: try place("\(target)/pts", .directory), "\(target)/pts")
    try MountTree.memory(limit: nil, mode: 0o1777, attributes: restricted | .noDevices, "\(target)/shm")
      .attach(to: try place("\(target)/shm", .directory), "\(target)/shm")
    let directory = try place(target, .directory)
    let links = [
      ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
      ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]
    for (name, text) in links {
      try checkErrno(symlinkat(text, directory.number, name), .mount, "create the link", "\(target)/\(name)")
    }
  }

  /// What tells of the host or its other users.
  private static let hidden = [
    "acpi", "asound", "kcore", "key-users", "keys", "latency_stats", "sched_debug", "scsi", "timer_list", "timer_stats",
  ]
  /// What changes the kernel when it is written to.
  private static let unwritable = ["bus", "fs", "irq", "sys", "sysrq-trigger"]

  /// The process file system of the sandbox's own namespace.
  ///
  /// Where a container around hides parts of its own, the kernel refuses a whole one to anybody inside. Then the
  /// container's is shown, with the same parts hidden: its processes are seen, but belong to another user namespace, so
  /// the kernel shows nothing of their memory, files and environment.
  private func processes(_ target: String) throws(SandboxError) -> MountTree {
    let attributes: UInt64 = .noSetID | .noDevices | .noExecution
    do throws(SandboxError) {
      return try MountTree.make("proc", [:], attributes: attributes, to: "mount the process file system on", target)
    } catch {
      guard error.code == EPERM else { throw error }
      return try MountTree.clone("/proc", attributes: attributes)
    }
  }

  private mutating func mountProcesses(on target: String) throws(SandboxError) {
    try processes(target).attach(to: try place(target, .directory), target)
    for path in Self.hidden.map({ "\(target)/\($0)" }) {
      guard let place = find(path) else { continue }
      var status = stat()
      try checkErrno(fstat(place.number, &status), .mount, "examine", path)
      let cover =
        status.st_mode & S_IFMT == S_IFDIR
        ? try MountTree.memory(limit: 4096, mode: 0o555, path) : try MountTree.clone("/dev/null", attributes: 0)
      try cover.add(.readOnly, path)
      try cover.attach(to: place, path)
    }
    for path in Self.unwritable.map({ "\(target)/\($0)" }) {
      guard let place = find(path) else { continue }
      try MountTree.clone(place, attributes: .readOnly, path: path).attach(to: place, path)
    }
  }
}
