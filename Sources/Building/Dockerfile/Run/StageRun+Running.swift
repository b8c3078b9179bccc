internal import Dockerfiles
internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Recording
internal import Sandbox

/// `RUN`.
extension StageRun {
  /// The most that is kept of what a command writes, in bytes.
  private static let outputLimit = 1 << 20
  /// A day in seconds.
  private static let day = 86_400
  /// How many lines of a command that failed are shown.
  private static let shownLines = 20

  func perform(_ run: RunCommand, _ step: BuildStep, _ state: inout StageState) async throws {
    let (words, script) = try words(run, step, state)
    var mounts: [RunMount] = []
    for word in run.mounts {
      mounts.append(try RunMount(word) { text throws(WordError) in try expander(state).expand(text).text })
    }
    let network = network(run, step)
    let variables = variables(state)
    let keepsLists = laterStepUsesPackages(step)
    var inputs = ["run", state.config.user ?? "", state.directory, network.sandbox.rawValue, String(options.scrubs)]
    inputs += [String(keepsLists), script?.text ?? ""] + words
    inputs += ["environment"] + variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    inputs +=
      options.hosts.isEmpty ? [] : ["hosts"] + options.hosts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    if options.sharedMemoryLimit != 64 << 20 { inputs.append("shm \(options.sharedMemoryLimit)") }
    inputs += ["files"] + state.chain
    for mount in mounts { inputs += try await identity(mount, step) }
    inputs += network.identity
    let before = state
    let (began, epochDay) = (Clock.now / Self.day, options.epoch / Self.day)
    var fetched = NetworkLock.Step(recordKey(step), [])
    if case .replay(let step) = network { fetched = step }
    var lateInputs: (() -> [String]?)?
    if case .recording = network {
      lateInputs = { fetched.requests.isEmpty ? nil : CommandNetwork.replay(fetched).identity }
    }
    try await addLayer(
      step, inputs: inputs, lateInputs: lateInputs, note: note(words, state), &state, isPlain: false
    ) { workspace in
      let files = try await graph.files(before.layers)
      let requests = try await execute(words, script, mounts, network, variables, step, before, files, workspace)
      if case .recording = network {
        fetched = NetworkLock.Step(fetched.key, requests)
        await graph.network.note(fetched)
      }
      let changes = "\(workspace.path)/changes"
      return try await BlockingPool.run { () throws(LayerError) in
        let capture = OverlayCapture(base: files.index, knowsUsers: UserNamespace.knows)
        let tree =
          Self.isCopy(changes)
          ? try capture.layer(ofCopy: changes + "/copy") : try capture.layer(of: changes + "/upper")
        guard options.scrubs else { return tree }
        let days = began...max(began, Clock.now / Self.day)
        return try DirtScrubber(base: files.index, keepsLists: keepsLists, days: days, day: epochDay).scrub(tree)
      }
    } finish: { workspace, tree, layers in
      guard !Self.isCopy("\(workspace.path)/changes") else { return }
      let upper = "\(workspace.path)/changes/upper"
      let epoch = options.epoch
      let isSettled = try await BlockingPool.run { () throws(LayerError) in
        try OverlayCapture.settle(upper, to: tree, epoch: epoch)
      }
      if isSettled { try RunRoots(cache: workshop.cache).keep(upper, as: layers) }
    }
    // Where another platform had the same step, it was run for both.
    if case .recording = network { fetched = await graph.network.step(fetched.key) }
    if !fetched.requests.isEmpty { await graph.note(fetched) }
    for request in fetched.requests {
      guard let body = request.body else { continue }
      await graph.note(Provenance.Dependency(uri: RemoteFile.publicAddress(request.url), digest: body.digest))
    }
  }

  /// Whether the sandbox worked on a copy, as overlays are refused here.
  private static func isCopy(_ changes: String) -> Bool { Files.exists(changes + "/copy.complete") }

  // MARK: The command

  /// A here-document that is a program of its own.
  struct Script: Sendable {
    let name: String
    let text: String
  }

  /// The words that are executed: the shell and a line, or a program; a here-document that begins with `#!` runs itself.
  private func words(
    _ run: RunCommand, _ step: BuildStep, _ state: StageState
  ) throws(DockerfileError) -> (words: [String], script: Script?) {
    guard let first = run.heredocs.first, case .shell(let line) = run.command else {
      return (words(run.command, state), nil)
    }
    if run.heredocs.count == 1, let alone = try? Heredoc(parsing: line), alone.name == first.name {
      if first.text.hasPrefix("#!") {
        return (["/dev/pipes/\(first.name)"], Script(name: first.name, text: first.text))
      }
      return (state.shell + [first.text], nil)
    }
    // Any other line is the shell's own business: it gets the documents as they were written.
    let documents = run.heredocs.map { "\n\($0.content)\($0.name)" }.joined()
    return (state.shell + [line + documents], nil)
  }

  private func network(_ run: RunCommand, _ step: BuildStep) -> CommandNetwork {
    switch run.network {
    case .some(.none): return .none
    case .host: return .host
    case .standard, nil:
      if options.allowsNetwork { return .host }
      if options.recordsNetwork { return .recording }
      return options.recorded.step(recordKey(step)).map { .replay($0) } ?? .none
    }
  }

  private func recordKey(_ step: BuildStep) -> NetworkLock.StepKey {
    NetworkLock.StepKey(stage: stage.label, platform: stage.platform.description, instruction: step.text)
  }

  /// The environment of a command: the image's and the values of arguments.
  private func variables(_ state: StageState) -> [String: String] {
    var variables = state.variables
    if variables["PATH"] == nil { variables["PATH"] = StageState.path }
    return variables
  }

  /// The proxies that the build was told of, each under both spellings of its name: a command may use them, but what it does is
  /// taken not to depend on them, as BuildKit has it.
  private var proxies: [String: String] {
    var proxies: [String: String] = [:]
    for kind in ["http", "https", "ftp", "no", "all"] {
      let names = ["\(kind)_proxy".uppercased(), "\(kind)_proxy"]
      guard let value = names.lazy.compactMap({ options.arguments[$0] }).first else { continue }
      for name in names { proxies[name] = value }
    }
    return proxies
  }

  private func note(_ words: [String], _ state: StageState) -> String {
    let variables = state.variables
    let arguments = state.declared.map { "\($0)=\(variables[$0] ?? "")" }
    let prefix = arguments.isEmpty ? "" : "|\(arguments.count) \(arguments.joined(separator: " ")) "
    return "RUN " + prefix + words.joined(separator: " ")
  }

  /// Whether a command after this one in the stage works with packages, for which their lists have to stay.
  private func laterStepUsesPackages(_ step: BuildStep) -> Bool {
    stage.stage.steps.contains { later in
      guard later.position > step.position, case .run = later.command else { return false }
      return later.text.contains("apt")
    }
  }

  // MARK: The sandbox

  private func execute(
    _ words: [String], _ script: Script?, _ mounts: [RunMount], _ network: CommandNetwork,
    _ variables: [String: String], _ step: BuildStep, _ state: StageState, _ files: LayerFiles,
    _ workspace: TemporaryDirectory
  ) async throws -> [RecordedRequest] {
    guard Environment.isRoot else {
      throw RunRefusal(
        position: step.position, cause: UserNamespace.refusal ?? SandboxError(.identities, "become root"),
        platform: stage.platform)
    }
    let changes = "\(workspace.path)/changes"
    try Files.createDirectory(changes + "/upper")
    try Files.changeMode(changes + "/upper", files.index.root.entry.mode)
    try makeDirectory(state.directory, files.index, changes + "/upper")
    var prepared = try await prepare(mounts, step, state, workspace)
    prepared.environment.merge(variables) { secret, _ in secret }
    prepared.environment.merge(proxies) { own, _ in own }
    let access = try await graph.network.access(network)
    if let access {
      prepared.environment.merge(access.environment.variables) { $1 }
      try await recorded(step) { () async throws(RecordingError) in try await access.prepare() }
    }
    let lower = try await RunRoots(cache: workshop.cache).lowers(state.layers)
    var plan = SandboxPlan(
      root: .overlay(lower: lower, changes: .directory(changes)),
      command: try await command(words, prepared.environment, step, state))
    plan.hostname = options.arguments["BUILDKIT_SANDBOX_HOSTNAME"] ?? "buildkitsandbox"
    plan.mounts = [.init("/dev/shm", .memory(limit: options.sharedMemoryLimit, mode: 0o1777))] + prepared.mounts
    if let script { plan.mounts.append(.init("/dev/pipes/\(script.name)", .file(script.text, mode: 0o755))) }
    plan.memoryLimit = options.memoryLimit
    plan.network = network.sandbox
    if let access {
      plan.listeningPort = CommandProxy.port
      for (path, text) in access.environment.files.sorted(by: { $0.key < $1.key }) {
        plan.mounts.append(.init(path, .file(text)))
      }
    }
    if plan.network == .host {
      plan.resolver = (try? Files.text("/etc/resolv.conf", limit: 1 << 16)) ?? ""
      plan.hosts = ((try? Files.text("/etc/hosts", limit: 1 << 20)) ?? "") + "127.0.0.1\t\(plan.hostname)\n"
    }
    if !options.hosts.isEmpty {
      let lines = options.hosts.sorted { $0.key < $1.key }.map { "\($0.value)\t\($0.key)\n" }
      plan.hosts = plan.hostsFile + lines.joined()
    }
    let result: SandboxResult
    do {
      result = try await self.run(plan, label(step), state, lower.count, access)
    } catch let error as SandboxError {
      throw RunRefusal(position: step.position, cause: error, platform: stage.platform)
    }
    withExtendedLifetime(prepared) {}
    try Task.checkCancellation()
    let requests = try await recorded(step) { () async throws(RecordingError) in try await access?.finish() ?? [] }
    let refusals = access?.refusals ?? []
    guard result.status.isSuccess else {
      throw RunFailure(
        position: step.position, command: words.joined(separator: " "), status: result.status,
        output: Self.tail(result), refusals: refusals, target: graph.isOneOfSeveral ? options.platform : nil,
        hasNetwork: plan.network == .host || access != nil, hasSingleUser: UserNamespace.isSingle)
    }
    for refusal in refusals { workshop.onLine(label(step), "not answered: \(refusal)") }
    return requests
  }

  private func recorded<Value>(
    _ step: BuildStep, _ work: () async throws(RecordingError) -> Value
  ) async throws(RunRecordingFailure) -> Value {
    do { return try await work() } catch { throw RunRecordingFailure(position: step.position, cause: error) }
  }

  /// Runs a plan; where overlays are refused the sandbox copies a tree, which then has to be a single one.
  private func run(
    _ plan: SandboxPlan, _ label: String, _ state: StageState, _ depth: Int, _ access: BuildNetwork.Access?
  ) async throws -> SandboxResult {
    func run(_ plan: SandboxPlan) async throws(SandboxError) -> SandboxResult {
      let onLine = workshop.onLine
      let process = try await Sandbox.start(plan, stage: workshop.sandboxStage) { onLine(label, $0.text) }
      return await withTaskCancellationHandler {
        guard let access else { return await process.wait() }
        return await access.serve(process) { await process.wait() }
      } onCancel: {
        process.kill()
        // A connection of the command waits for what is still on its way.
        Task { [network = graph.network] in await network.cancel() }
      }
    }
    do { return try await run(plan) } catch {
      guard depth > 1, error.stage == .root, case .overlay(_, let changes) = plan.root else { throw error }
      var single = plan
      single.root = .overlay(
        lower: [try await RunRoots(cache: workshop.cache).tree(state.layers)], changes: changes)
      return try await run(single)
    }
  }

  private func command(
    _ words: [String], _ environment: [String: String], _ step: BuildStep, _ state: StageState
  ) async throws -> SandboxCommand {
    var command = SandboxCommand(words, environment: environment)
    let texts = try await accounts(state)
    guard let identity = Accounts(passwd: texts.passwd, group: texts.group).identity(state.config.user) else {
      throw DockerfileError(
        at: step.position, "unable to find user \(state.config.user ?? ""): no matching entries in passwd file",
        hint: "make the user in a step before, or name it by number")
    }
    guard UserNamespace.knows(uid: identity.user.uid, gid: identity.user.gid) else {
      throw RunRefusal(
        position: step.position,
        cause: SandboxError(.identities, "run as the user", "\(identity.user.uid):\(identity.user.gid)"),
        platform: stage.platform)
    }
    if command.environment["HOME"] == nil { command.environment["HOME"] = identity.home }
    command.user = identity.user
    command.directory = state.directory
    command.output = .captured(limit: Self.outputLimit)
    command.errors = .captured(limit: Self.outputLimit)
    return command
  }

  /// Makes the directory that a command starts in where a base image names one that it has not.
  private func makeDirectory(_ path: String, _ index: FileIndex, _ upper: String) throws(SystemError) {
    guard let place = index.resolve(PathText.components(inRoot: path)), index.node(place) == nil else { return }
    var parent = upper
    for length in 1..<max(1, place.count) {
      let above = Array(place.prefix(length))
      parent += "/" + above[length - 1]
      try Files.createDirectory(parent)
      guard let node = index.node(above) else { continue }
      try Files.changeOwner(parent, uid: node.entry.uid, gid: node.entry.gid)
      try Files.changeMode(parent, node.entry.mode)
    }
    if let name = place.last { try Files.createDirectory("\(parent)/\(name)") }
  }

  private static func tail(_ result: SandboxResult) -> String {
    let lines = (result.text + result.errorText).split(separator: "\n")
    return lines.suffix(shownLines).joined(separator: "\n")
  }
}
