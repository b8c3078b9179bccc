internal import Dockerfiles
internal import Host
internal import Layers
internal import Sandbox

/// What the mounts of one command are on this machine: made before it runs, gone or unlocked after it.
struct RunMounts {
  var mounts: [SandboxPlan.Mount] = []
  var environment: [String: String] = [:]
  /// Held as long as the command runs.
  var locks: [CacheLock] = []
  /// Secrets in memory, gone with this value.
  var secrets: [TemporaryDirectory] = []
  /// The sockets of agents.
  var agents: [AgentForward] = []
}

/// A cache directory that one command has for itself.
final class CacheLock: Sendable {
  private let file: FileHandle

  /// Locks a directory's file; nil if somebody else has it and nobody wants to wait.
  init?(_ path: String, waiting: Bool) throws(SystemError) {
    let file = try FileHandle(writing: path, .keep)
    guard try file.lock(waiting: waiting) else { return nil }
    self.file = file
  }
}

extension StageRun {
  /// Prepares the mounts of a command.
  func prepare(
    _ mounts: [RunMount], _ step: BuildStep, _ state: StageState, _ workspace: TemporaryDirectory
  ) async throws -> RunMounts {
    var made = RunMounts()
    for (number, mount) in mounts.enumerated() {
      let target = PathText.absolute(mount.target ?? "", from: state.directory)
      switch mount.kind {
      case .tmpfs:
        // Like runc's: with the mode of what it hides, else the kernel's own for memory.
        let index = try await graph.files(state.layers).index
        let hidden = index.resolve(PathText.components(inRoot: target)).flatMap { index.node($0) }
        made.mounts.append(.init(target, .memory(limit: mount.size, mode: hidden?.entry.mode ?? 0o1777)))
      case .bind:
        let path = try await bindSource(mount, step, "\(workspace.path)/mount-\(number)", workspace)
        made.mounts.append(.init(target, .bind(path, writable: !mount.isReadOnly)))
      case .cache: try await addCache(mount, target, step, workspace, number, to: &made)
      case .secret: try addSecret(mount, step, state, to: &made)
      case .ssh: try addAgent(mount, step, state, to: &made)
      }
    }
    return made
  }

  /// What a mount depends on, for the key of the layer; the values of secrets count for nothing.
  func identity(_ mount: RunMount, _ step: BuildStep) async throws -> [String] {
    let parts = ["\(mount)"]
    guard mount.kind == .bind || mount.kind == .cache && mount.from != nil else { return parts }
    return parts + (try await contents(of: mount.source ?? "/", from: mount.from, step))
  }

  private func bindSource(
    _ mount: RunMount, _ step: BuildStep, _ folder: String, _ workspace: TemporaryDirectory
  ) async throws -> String {
    try await materialize(mount.source ?? "/", from: mount.from, step, into: folder, workspace)
  }

  private func addAgent(
    _ mount: RunMount, _ step: BuildStep, _ state: StageState, to made: inout RunMounts
  ) throws {
    let id = mount.id ?? "default"
    guard let socket = options.agentSockets[id] else {
      guard mount.isRequired else { return }
      throw DockerfileError(
        at: step.position, "unset ssh forward key \(id)",
        hint: "add --ssh \(id)\(id == "default" ? ", with SSH_AUTH_SOCK set" : "=SOCKET")")
    }
    let agent = try AgentForward(
      to: socket, mode: mount.mode ?? 0o600, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    let place = PathText.absolute(
      mount.target ?? "/run/buildkit/ssh_agent.\(made.agents.count)", from: state.directory)
    made.agents.append(agent)
    made.mounts.append(.init(place, .bind(agent.path, writable: true)))
    // The first of several is the one that programs find, unless the image names another.
    if made.environment["SSH_AUTH_SOCK"] == nil, state.environment["SSH_AUTH_SOCK"] == nil {
      made.environment["SSH_AUTH_SOCK"] = place
    }
  }

  /// The folder of a cache: what it begins as has a part in its name, and without a cache of results that begins anew.
  private func cacheFolder(_ mount: RunMount, _ target: String) async -> String {
    var parts = [mount.id ?? options.arguments["BUILDKIT_CACHE_MOUNT_NS"].map { "\($0)/\(target)" } ?? target]
    let beginning = [
      mount.from, mount.from == nil ? nil : mount.source, mount.mode.map { String($0, radix: 8) },
      mount.uid.map(String.init), mount.gid.map(String.init),
    ]
    let isMade = beginning.contains { $0 != nil }
    if isMade { parts += beginning.map { $0 ?? "" } }
    let key = BuildCache.key(parts)
    let path = "\(workshop.cache.folder(.mounts))/\(key)"
    if isMade, !options.usesCache, await graph.begins(cache: key) { try? Files.remove(path) }
    return path
  }

  private func addCache(
    _ mount: RunMount, _ target: String, _ step: BuildStep, _ workspace: TemporaryDirectory, _ number: Int,
    to made: inout RunMounts
  ) async throws {
    let base = await cacheFolder(mount, target)
    var path = base
    switch mount.sharing ?? .shared {
    case .shared: break
    case .locked:
      while true {
        if let lock = try CacheLock(base + ".lock", waiting: false) {
          made.locks.append(lock)
          break
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    case .private:
      var copy = 0
      while true {
        if let lock = try CacheLock("\(path).lock", waiting: false) {
          made.locks.append(lock)
          break
        }
        copy += 1
        path = "\(base)-\(copy)"
      }
    }
    if !Files.exists(path) {
      if mount.from != nil {
        let source = try await bindSource(mount, step, "\(workspace.path)/mount-\(number)", workspace)
        try? Files.rename(source, to: path)
      }
      try Files.createDirectory(path)
      try Files.changeMode(path, mount.mode ?? 0o755)
      try Files.changeOwner(path, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    }
    made.mounts.append(.init(target, .bind(path, writable: !mount.isReadOnly)))
  }

  private func addSecret(
    _ mount: RunMount, _ step: BuildStep, _ state: StageState, to made: inout RunMounts
  ) throws {
    let id = mount.id ?? mount.source ?? mount.target.map(PathText.name) ?? ""
    let name = PathText.name(id)
    let bytes: [UInt8]
    switch options.secrets[id] {
    case .file(let path): bytes = try Files.read(path, limit: 1 << 20)
    case .variable(let name): bytes = Array((Environment[name] ?? "").utf8)
    case nil:
      guard !mount.isRequired else {
        throw DockerfileError(
          at: step.position, "secret \(id): not found", hint: "add --secret id=\(id),src=FILE or id=\(id),env=NAME")
      }
      return
    }
    if let variable = mount.variable {
      made.environment[variable] = String(decoding: bytes, as: UTF8.self)
      if mount.target == nil { return }
    }
    let memory = Files.isDirectory("/dev/shm") ? "/dev/shm" : nil
    let folder = try TemporaryDirectory(in: memory, prefix: "drydock-secret")
    let path = folder.path + "/value"
    try FileHandle(writing: path, .exclusive, mode: 0o600).write(bytes)
    if Environment.isRoot { try Files.changeOwner(path, uid: mount.uid ?? 0, gid: mount.gid ?? 0) }
    try Files.changeMode(path, mount.mode ?? 0o400)
    made.secrets.append(folder)
    let target = PathText.absolute(mount.target ?? "/run/secrets/\(name)", from: state.directory)
    made.mounts.append(.init(target, .bind(path)))
  }
}
