import Host
import JSON

/// `glue-athena run`: one job, from its settings to its summary.
struct RunCommand {
  let options: RunOptions
  let container: Container

  /// Seconds that a job has after the first signal to end: less than the ten that `docker stop` grants.
  private static let defaultGrace = 8.0

  /// Runs the job.
  ///
  /// - Returns: The job's exit code, or 128 and the number of the signal that ended it.
  func run() throws -> Int32 {
    let identity = RunIdentity(options, in: container)
    let logs = LogSettings(
      format: try options.logFormat ?? word("GLUE_ATHENA_LOG_FORMAT") ?? .text,
      level: try options.logLevel ?? word("GLUE_ATHENA_LOG_LEVEL") ?? .info, identity: identity,
      isRewritten: options.isArchive)
    let grace = try options.grace ?? seconds("GLUE_ATHENA_GRACE") ?? Self.defaultGrace
    let profile = options.profile ?? container["GLUE_ATHENA_PROFILE"]
    try CredentialCheck(options: options, container: container).run()
    let summaryFile = try options.summaryPath.map { path throws(SystemError) in try OutputFile(path) }
    let server = try options.serveAddress.map { address in try Listener(at: try ListenAddress(parsing: address)) }

    let layout = Layout.detect(in: container)
    let temporary = try TemporaryDirectory(in: RunDirectory.parent(in: container).path, prefix: RunDirectory.prefix)
    defer { temporary.remove() }
    let directory = RunDirectory(path: temporary.path)
    let tuning = try Tuning(
      for: container, layout: layout, profile: profile, identity: identity, directory: directory,
      command: options.settings)
    let variables = JobEnvironment(
      container: container, layout: layout, isLocal: tuning.isLocal,
      usesInstanceMetadata: options.usesInstanceMetadata, directory: directory, logs: logs)
    try prepare(directory, tuning, layout, logs)
    var environment = container.environment
    for choice in variables.choices { environment[choice.key] = choice.value }
    let job = try Job(options, layout: layout, environment: environment, configuration: directory.configuration)

    let events = tuning.eventDirectory.map { EventLog(in: $0, isOurs: tuning.ownsEventLog) }
    var observer = JobObserver(
      identity: identity, directory: directory, container: container, logs: logs, events: events)
    let killedBefore = ControlGroup(of: container).killedForMemory ?? 0
    let time = Stopwatch()
    observer.look()
    let beside = server.map { companion($0, directory) }
    let ending = try Supervisor(starting: job, grace: grace, timeout: options.timeout, beside: beside)
      .run { observer.look() }
    observer.look()
    let summary = JobSummary(
      identity: identity, started: observer.started, seconds: time.seconds, ending: ending, spark: observer.spark,
      group: ControlGroup(of: container), peakSeen: observer.peakMemory, killedBefore: killedBefore,
      heapWasExhausted: Files.exists(directory.heapMark),
      heap: tuning.choices.first { $0.key == "spark.driver.memory" }?.value)
    if let reason = summary.outOfMemory {
      Terminal.write(logs.line(.error, reason, application: observer.spark?.application), to: .error)
    }
    let line = summary.json.text() + "\n"
    Terminal.write(line, to: .error)
    do { try summaryFile?.write(line) } catch {
      // The exit code is the job's whatever becomes of its summary.
      Terminal.write(
        logs.line(.error, "the summary is lost: \(error)", application: observer.spark?.application), to: .error)
    }
    return ending.status
  }

  /// Fills the run's directory.
  private func prepare(
    _ directory: RunDirectory, _ tuning: Tuning, _ layout: Layout, _ logs: LogSettings
  ) throws(SystemError) {
    for path in [directory.scratch, directory.events, directory.python] {
      try Files.createDirectory(path, mode: 0o700)
    }
    try Files.write(PythonLogging.text, to: Path.join(directory.python, PythonLogging.fileName), mode: 0o600)
    try SparkConfiguration(of: layout.spark).write(to: directory.configuration, choices: tuning.choices, logs: logs)
  }

  /// This program once more, as the server beside the job.
  private func companion(_ listener: Listener, _ directory: RunDirectory) -> Supervisor.Companion {
    var environment = container.environment
    environment[ServeCommand.statusVariable] = directory.status
    return Supervisor.Companion(
      job: Job(
        program: Environment.executablePath, arguments: ["serve", "--socket", "3"], environment: environment),
      socket: listener.number)
  }

  // MARK: Variables that stand for options

  private func word<Choice: RawRepresentable & CaseIterable>(_ variable: String) throws(UsageError) -> Choice?
  where Choice.RawValue == String {
    guard let text = container[variable] else { return nil }
    var scanner = ArgumentScanner([text])
    return try scanner.choice(of: variable)
  }

  private func seconds(_ variable: String) throws(UsageError) -> Double? {
    guard let text = container[variable] else { return nil }
    var scanner = ArgumentScanner([text])
    return try scanner.seconds(of: variable)
  }
}
