internal import CLinux
internal import Glibc
internal import Host
internal import JSON

/// The half of a sandbox that runs inside its namespaces: the program itself, executed once more under another name.
public enum SandboxStage {
  /// The name it is executed under.
  static let name = "drydock-sandbox"
  /// The control socket.
  static let control: Int32 = 3

  /// Becomes the first process of a sandbox and never returns, if the program was executed for that.
  ///
  /// To be called first thing in a synchronous `main`: there must not be a second thread yet.
  public static func runIfRequested() {
    guard CommandLine.arguments.first == name else { return }
    // Nobody inside may look at this process, which stays privileged, and nothing it executes keeps the socket.
    _ = fcntl(control, F_SETFD, FD_CLOEXEC)
    _ = clinux_set_process_name(name)
    signal(SIGPIPE, SIG_IGN)
    umask(0o022)
    guard let (plan, report, streams) = try? receivePlan() else { _exit(1) }
    do throws(SandboxError) {
      try run(plan, report: report, streams: streams)
    } catch {
      try? report.write(Report.failed(error).line)
      _exit(1)
    }
  }

  private static func receivePlan() throws(SandboxError) -> (SandboxPlan, Descriptor, [Descriptor]) {
    guard let message = try ControlMessage.receive(control), message.descriptors.count == 5 else {
      throw SandboxError(.exchange, "receive the plan")
    }
    let plan = try SandboxPlan(json: JSONValue(report: try message.descriptors[0].readToEnd()))
    return (plan, message.descriptors[1], Array(message.descriptors[2...]))
  }

  private static func run(
    _ plan: SandboxPlan, report: Descriptor, streams: [Descriptor]
  ) throws(SandboxError) -> Never {
    let (process, lock, created) = try start(plan, streams)
    try check(clinux_set_undumpable(), .privileges, "hide the supervisor")
    try report.write(Report.started(process).line)
    let supervisor = Supervisor(
      main: process, timeout: plan.command.timeout, report: report, allowsNesting: plan.allowsNesting,
      created: created)
    withExtendedLifetime(lock) { supervisor.run() }
  }

  /// Puts the root together, changes to it and starts the command; nothing of the host stays open but the root's lock.
  ///
  /// - Returns: The command's process, the lock, and what was made to mount on.
  private static func start(
    _ plan: SandboxPlan, _ streams: [Descriptor]
  ) throws(SandboxError) -> (process: pid_t, lock: Descriptor?, created: [String]) {
    // Now, not while cloning: the group that was made for the sandbox is the root that it sees.
    try check(clinux_unshare(clinux_namespace_cgroup), .namespaces, "make a control group namespace")
    try check(clinux_mount_make_private(), .mount, "cut off mounts from the host")
    try check(clinux_set_hostname(plan.hostname), .isolation, "set the hostname", plan.hostname)
    if plan.network == .none {
      try check(clinux_loopback_up(), .isolation, "bring up the loopback device")
      if let port = plan.listeningPort { try SandboxListener.send(port: port, over: control) }
    }
    let keyring = clinux_new_session_keyring()
    // A container around that refuses the call refuses all use of its keyrings.
    if keyring != -EPERM && keyring != -ENOSYS { try check(keyring, .isolation, "leave the session keyring") }

    // Sources first: the scaffold lies over a directory that they may be in.
    let mounts = plan.allMounts
    var sources: [MountTree?] = []
    for mount in mounts { sources.append(try source(of: mount)) }
    var root = try RootDirectory.make(plan.root)
    let isFirst = plan.firstProcess == .supervisor
    for (mount, source) in zip(mounts, sources) where isFirst || mount.kind != .processes {
      try root.mount(mount, source: source)
    }
    let launch = ProcessLaunch(command: plan.command, streams: streams, allowsNesting: plan.allowsNesting)
    do throws(SandboxError) {
      let process = isFirst ? try enter(root, launch) : try enterWithNewFirst(&root, launch, mounts)
      return (process, root.lock, root.created)
    } catch {
      if root.isEntered { RootDirectory.remove(root.created) }
      throw error
    }
  }

  private static func enter(_ root: borrowing RootDirectory, _ launch: ProcessLaunch) throws(SandboxError) -> pid_t {
    try root.enter()
    try check(clinux_set_undumpable(), .privileges, "hide the supervisor")
    return try launch.start()
  }

  /// Makes the command the first process of a namespace of its own.
  ///
  /// The process file system shows the namespace of the one who makes it, so the command's process does that, and then
  /// changes the root for the supervisor as well.
  private static func enterWithNewFirst(
    _ root: inout RootDirectory, _ launch: ProcessLaunch, _ mounts: [SandboxPlan.Mount]
  ) throws(SandboxError) -> pid_t {
    try check(clinux_unshare(clinux_namespace_pid), .namespaces, "make a process namespace")
    for mount in mounts where mount.kind == .processes { _ = try root.place(mount.target, .directory) }
    return try launch.start { () throws(SandboxError) in
      for mount in mounts where mount.kind == .processes { try root.mount(mount, source: nil) }
      try root.enter()
    }
  }

  private static func source(of mount: SandboxPlan.Mount) throws(SandboxError) -> MountTree? {
    guard case .bind(let path, let writable) = mount.kind else { return nil }
    return try MountTree.clone(path, attributes: .noDevices | .noSetID | (writable ? 0 : .readOnly))
  }
}
