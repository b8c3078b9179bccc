public import Dockerfiles
internal import HTTP
internal import Host
internal import Images
internal import OCI
public import Recording
internal import Sandbox

/// What a command meets where others have the network.
enum CommandNetwork: Sendable {
  /// Nothing.
  case none
  /// The host's network.
  case host
  /// A proxy that fetches, and remembers.
  case recording
  /// A proxy that answers from what was recorded.
  case replay(NetworkLock.Step)

  var sandbox: SandboxPlan.Network { if case .host = self { .host } else { .none } }

  /// What a layer depends on by it: nothing more than what there is to fetch.
  var identity: [String] {
    switch self {
    case .none, .host, .recording: []
    case .replay(let step): ["recorded"] + Self.identity(step)
    }
  }

  private static func identity(_ step: NetworkLock.Step) -> [String] { [NetworkLock([step]).text] }
}

/// What a build fetched, for its commands and for `ADD`, and what commands trust meanwhile.
actor BuildNetwork {
  private let http: HTTPClient
  private let store: ContentStore
  private let recorder: Recorder
  private var authority: CertificateAuthority?
  private var files: [String: Task<RemoteFile, any Error>] = [:]
  private var requests: [NetworkLock.StepKey: Set<RecordedRequest>] = [:]

  init(http: HTTPClient, store: ContentStore) {
    (self.http, self.store) = (http, store)
    recorder = Recorder(client: http, store: store)
  }

  /// The commands that were recorded, also those that fetched nothing.
  var recorded: [NetworkLock.Step] { requests.map { NetworkLock.Step($0.key, Array($0.value)) } }

  /// What a command fetched.
  func step(_ key: NetworkLock.StepKey) -> NetworkLock.Step { NetworkLock.Step(key, Array(requests[key] ?? [])) }

  /// Remembers what a command fetched; of one text in a stage there may be several.
  func note(_ step: NetworkLock.Step) { requests[step.key, default: []].formUnion(step.requests) }

  /// Breaks off whatever is being fetched.
  func cancel() async {
    for task in files.values { task.cancel() }
    await recorder.cancel()
    for task in files.values { _ = await task.result }
  }

  /// A file that `ADD` names, fetched once for a whole build: an address may have another one a moment later.
  func file(
    _ source: String, expecting digest: Digest?, vendored: DockerfileSources?, progress: Progress
  ) async throws -> RemoteFile {
    let key = "\(source) \(digest?.description ?? "")"
    let task =
      files[key]
      ?? Task { [http, store] in
        try await RemoteFile(
          source, expecting: digest, vendored: vendored, client: http, store: store, progress: progress)
      }
    files[key] = task
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// A proxy for a command, and what the command needs to know of it; nil if it gets none.
  func access(_ network: CommandNetwork) throws -> Access? {
    let source: Access.Source
    switch network {
    case .none, .host: return nil
    case .recording: source = .recording(StepRecording(recorder))
    case .replay(let step): source = .replay(StepReplay(step, client: http, store: store))
    }
    let authority = try authority ?? CertificateAuthority()
    self.authority = authority
    return Access(source, authority)
  }

  /// The way of one command to its proxy.
  struct Access: Sendable {
    enum Source: Sendable {
      case recording(StepRecording)
      case replay(StepReplay)
    }

    let environment: CommandEnvironment
    private let source: Source
    private let proxy: CommandProxy

    init(_ source: Source, _ authority: CertificateAuthority) {
      self.source = source
      environment = CommandEnvironment(authority)
      proxy =
        switch source {
        case .recording(let recording): CommandProxy(source: recording, authority: authority)
        case .replay(let replay): CommandProxy(source: replay, authority: authority)
        }
    }

    /// Gets everything ready that can be before the command runs.
    func prepare() async throws(RecordingError) {
      if case .replay(let replay) = source { try await replay.prepare() }
    }

    /// Serves a command's sandbox for as long as its command runs.
    func serve<Result>(_ process: SandboxProcess, while body: () async -> Result) async -> Result {
      guard let listener = process.listener else { return await body() }
      async let serving: Void = proxy.serve(listener: listener.number)
      let result = await body()
      proxy.stop()
      await serving
      return result
    }

    /// What the command got no answer to.
    var refusals: [String] { proxy.refusals }

    /// What the command fetched, where that is recorded; throws what went wrong, whatever the command made of it.
    func finish() async throws(RecordingError) -> [RecordedRequest] {
      switch source {
      case .recording(let recording): return try await recording.requests()
      case .replay(let replay):
        if let fault = replay.fault { throw fault }
        return []
      }
    }
  }
}

/// A command whose requests can't be recorded or answered.
public struct RunRecordingFailure: Error, Sendable {
  /// Where its instruction stands.
  public let position: SourcePosition
  /// What went wrong.
  public let cause: RecordingError
}
