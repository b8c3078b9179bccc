internal import CLinux
internal import Glibc
internal import Host
internal import JSON

/// The caller's half of the start of a sandbox: clones, maps identities, sends the plan, waits for the command to run.
struct SandboxLauncher {
  let plan: SandboxPlan
  let stage: String

  /// A command that runs, and the ends that the caller holds.
  struct Start: Sendable {
    let connection: SandboxConnection
    let process: Int32
    let report: Descriptor
    let streams: CommandStreams
    let group: ControlGroup?
    var listener: SandboxListener?
  }

  func launch() throws(SandboxError) -> Start {
    let maps = IdentityMaps.current(for: plan.command.user)
    let streams = try CommandStreams(plan.command)
    let group = try makeGroup()
    let connection = try clone(maps, group)
    let text = try Descriptor.memory(Array(plan.json.text().utf8))
    do throws(SandboxError) {
      var start = try connection.start(text, streams, group: group)
      if plan.network == .none, plan.listeningPort != nil { start.listener = try connection.listener() }
      return start
    } catch {
      connection.close()
      let status = clinux_pidfd_wait(connection.process.number)
      // Before the stage can speak, its exit code is all it has.
      guard error == SandboxConnection.silence, status > 0 else { throw error }
      throw SandboxError(.namespaces, "execute the inner half of the sandbox,", stage, code: status >> 8 & 0xff)
    }
  }

  /// The group of the plan's limits, if it has any.
  private func makeGroup() throws(SandboxError) -> ControlGroup? {
    let limits: [ControlGroup.Limit] = [plan.memoryLimit.map { .memory($0) }, plan.processLimit.map { .processes($0) }]
      .compactMap { $0 }
    guard !limits.isEmpty else { return nil }
    let membership = (try? Files.text("/proc/self/cgroup")) ?? ""
    return try ControlGroup(limits, root: "/sys/fs/cgroup", membership: membership)
  }

  private func clone(_ maps: IdentityMaps, _ group: ControlGroup?) throws(SandboxError) -> SandboxConnection {
    var sockets: (Int32, Int32) = (-1, -1)
    try check(clinux_message_sockets(&sockets.0, &sockets.1), .exchange, "create a pair of sockets")
    let (own, theirs) = (Descriptor(sockets.0), Descriptor(sockets.1))
    let gate = try Descriptor.pipe()
    var namespaces =
      clinux_namespace_user | clinux_namespace_mount | clinux_namespace_pid | clinux_namespace_uts
      | clinux_namespace_ipc
    if plan.network == .none { namespaces |= clinux_namespace_network }
    // Resolved here: the link leads into the caller's mount namespace, from which the child could not clone it.
    let executable = (try? Files.resolve(stage)) ?? stage
    var pidfd: Int32 = -1
    let arguments = [strdup(SandboxStage.name), nil]
    let environment: [UnsafeMutablePointer<CChar>?] = [nil]
    defer { free(arguments[0]) }
    let process = executable.withCString { executable in
      arguments.withUnsafeBufferPointer { arguments in
        environment.withUnsafeBufferPointer { environment in
          var stage = clinux_stage(
            namespaces: namespaces, executable: executable, arguments: arguments.baseAddress!,
            environment: environment.baseAddress!, control: theirs.number, gate: gate.reading.number)
          return clinux_stage_start(&stage, &pidfd)
        }
      }
    }
    try check(process, .namespaces, "create namespaces")
    let connection = SandboxConnection(control: own, process: Descriptor(pidfd))
    do throws(SandboxError) {
      try group?.add(process)
      try maps.write(for: process)
      try gate.writing.write([1])
    } catch {
      connection.kill()
      _ = clinux_pidfd_wait(pidfd)
      throw error
    }
    return connection
  }
}
