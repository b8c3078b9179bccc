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
    let layout = Layout.detect(in: container)
    let tuning = Tuning(for: container, layout: layout, command: options.settings)
    let variables = JobEnvironment(
      container: container, layout: layout, isLocal: tuning.isLocal,
      usesInstanceMetadata: options.usesInstanceMetadata)
    let directory = try TemporaryDirectory(in: container.temporaryDirectory, prefix: "glue-athena")
    defer { directory.remove() }
    let logs = LogSettings(
      format: try options.logFormat ?? word("GLUE_ATHENA_LOG_FORMAT") ?? .text,
      level: try options.logLevel ?? word("GLUE_ATHENA_LOG_LEVEL") ?? .warn, jobName: options.jobName)
    let grace = try options.grace ?? seconds("GLUE_ATHENA_GRACE") ?? Self.defaultGrace
    try SparkConfiguration(of: layout.spark).write(to: directory.path, choices: tuning.choices, logs: logs)
    var environment = container.environment
    for choice in variables.choices { environment[choice.key] = choice.value }
    let job = try Job(options, layout: layout, environment: environment, configuration: directory.path)

    let groupRoot = container.path("/sys/fs/cgroup")
    let killedBefore = ControlGroup(root: groupRoot).killedForMemory ?? 0
    let started = Clock.now
    let time = Stopwatch()
    let ending = try Supervisor(starting: job, grace: grace).run()
    let summary = JobSummary(
      job: options.jobName, started: started, seconds: time.seconds, ending: ending,
      group: ControlGroup(root: groupRoot), killedBefore: killedBefore)
    let line = summary.json.text() + "\n"
    Terminal.write(line, to: .error)
    if let path = options.summaryPath { try Files.write(line, to: path) }
    return ending.status
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
