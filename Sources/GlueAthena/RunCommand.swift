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
    let resources = Resources.detect(in: container)
    let configuration = SparkConfiguration(of: layout.spark)
    let tuning = Tuning(
      resources: resources, layout: layout, hasArrow: InstalledPackage.hasArrow(in: layout),
      image: JavaProperties(parsing: configuration.imageDefaults), command: options.settings)
    let variables = JobEnvironment(
      container: container, layout: layout, isLocal: tuning.isLocal,
      usesInstanceMetadata: options.usesInstanceMetadata)
    let directory = try TemporaryDirectory(in: container.temporaryDirectory, prefix: "glue-athena")
    defer { directory.remove() }
    let logs = LogSettings(
      format: options.logFormat ?? container["GLUE_ATHENA_LOG_FORMAT"].flatMap(LogFormat.init) ?? .text,
      level: options.logLevel ?? container["GLUE_ATHENA_LOG_LEVEL"].flatMap(LogLevel.init) ?? .warn,
      jobName: options.jobName)
    try configuration.write(to: directory.path, choices: tuning.choices, logs: logs)
    var environment = container.environment
    for choice in variables.choices { environment[choice.key] = choice.value }
    let job = try Job(options, layout: layout, environment: environment, configuration: directory.path)

    let groupRoot = container.path("/sys/fs/cgroup")
    let killedBefore = ControlGroup(root: groupRoot).killedForMemory ?? 0
    let started = Clock.now
    let time = Stopwatch()
    let grace = options.grace ?? container["GLUE_ATHENA_GRACE"].flatMap(Double.init) ?? Self.defaultGrace
    let ending = try Supervisor(starting: job, grace: grace).run()
    let summary = JobSummary(
      job: options.jobName, started: started, seconds: time.seconds, ending: ending,
      group: ControlGroup(root: groupRoot), killedBefore: killedBefore)
    let line = summary.json.text() + "\n"
    Terminal.write(line, to: .error)
    if let path = options.summaryPath { try Files.write(line, to: path) }
    return ending.status
  }
}

extension InstalledPackage {
  /// Whether `pyarrow` can be imported by the layout's Python.
  static func hasArrow(in layout: Layout) -> Bool {
    (layout.python?.packageDirectories ?? []).contains { Files.isDirectory(Path.join($0, "pyarrow")) }
  }
}
