import Host
import JSON

/// Looks at a job while it runs: writes its progress, keeps its metrics and its status.
struct JobObserver {
  let identity: RunIdentity
  let directory: RunDirectory
  let container: Container
  /// When the job was started, in seconds since 1970.
  let started: Int
  private var logs: LogSettings
  private var events: EventLog?
  private var metrics = SparkMetrics()
  private(set) var peakMemory: Int?
  private var lastStatus = ""

  init(
    identity: RunIdentity, directory: RunDirectory, container: Container, logs: LogSettings, events: EventLog?
  ) {
    self.identity = identity
    self.directory = directory
    self.container = container
    self.logs = logs
    self.events = events
    started = Clock.now
  }

  /// What Spark said, nil when its event log is not to be read here.
  var spark: SparkMetrics? { events == nil ? nil : metrics }

  /// Looks once.
  mutating func look() {
    events?.read(into: &metrics)
    if logs.isRewritten, logs.application == nil, let application = metrics.application {
      logs.application = application
      // The log goes on without the name when it can't be written.
      _ = try? SparkConfiguration.write(logs, to: directory.configuration)
    }
    for stage in metrics.takeNews() {
      let level = stage.error == nil ? LogLevel.info : .error
      if logs.writes(level) {
        Terminal.write(logs.line(level, stage.text, application: metrics.application), to: .error)
      }
    }
    if let usage = ControlGroup(of: container).memoryUsage { peakMemory = max(peakMemory ?? 0, usage) }
    writeStatus()
  }

  /// Writes what `serve` shows, in one step, when something changed.
  private mutating func writeStatus() {
    let value = JSONValue.object([
      "job": .string(identity.job), "run": .string(identity.run), "started": .integer(started),
      "application": spark?.application.map { .string($0) }, "spark": spark?.json,
    ])
    let text = value.text() + "\n"
    guard text != lastStatus else { return }
    lastStatus = text
    guard (try? Files.write(text, to: directory.status + ".new", mode: 0o644)) != nil else { return }
    try? Files.rename(directory.status + ".new", to: directory.status)
  }
}
