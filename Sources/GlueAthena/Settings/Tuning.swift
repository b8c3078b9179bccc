/// The Spark settings that fit a container.
///
/// A pure function of what was found: the same container always gets the same settings.
struct Tuning: Sendable {
  /// What the job may use: the container, or a worker of the profile in it.
  let resources: Resources
  /// The type of worker that the settings are for, nil for the container as it is.
  var profile: WorkerProfile?
  let layout: Layout
  /// Whether `pyarrow` can be imported.
  var hasArrow = false
  /// Whether the kernel gives huge pages to programs that ask for them, and to no others.
  var offersHugePages = false
  /// Where tables go when the current directory can't be written to, nil when it can.
  var warehouse: String?
  /// The image's own settings; what they say is left alone.
  var image = JavaProperties(parsing: "")
  /// The command line's settings; they win over all others.
  var command: [SparkSetting] = []
  /// The container's variables.
  var environment: [String: String] = [:]
  /// The run that the settings are for.
  var identity: RunIdentity?
  let directory: RunDirectory

  /// The settings as they hold for the job, sorted by key.
  var choices: [Choice] {
    var effective: [String: Choice] = [:]
    for choice in chosen { effective[choice.key] = choice }
    for (key, value) in image.values where effective[key] == nil {
      effective[key] = Choice(key, value, "the image's spark-defaults.conf says so", origin: .image)
    }
    for setting in command {
      effective[setting.key] = Choice(setting.key, setting.value, "--conf says so", origin: .command)
    }
    return effective.values.sorted { $0.key < $1.key }
  }

  /// Where the job's tasks run.
  var master: String { stated("spark.master") ?? "local[\(resources.processors)]" }

  /// Whether driver and tasks share one process.
  var isLocal: Bool { master.hasPrefix("local") }

  /// What this program adds to the image's settings.
  private var chosen: [Choice] {
    let mine = [masterChoice, progress] + naming + memory + executors + sql + storage + eventLog
    return mine.filter { image[$0.key] == nil } + always
  }

  /// What the command line or the image says of a setting.
  func stated(_ key: String) -> String? { command.last { $0.key == key }?.value ?? image[key] }

  // MARK: Processors, names and the network

  private var masterChoice: Choice {
    let count = resources.processors
    let noun = count == 1 ? "processor" : "processors"
    let reason =
      if let profile, profile.processors == count {
        "a \(profile.name) worker has \(count) \(noun)"
      } else if resources.processorsAreLimited {
        "the container may use \(count) \(noun), fewer than the machine has"
      } else {
        "the machine has \(count) \(noun) and the container sets no limit"
      }
    return Choice("spark.master", "local[\(count)]", reason)
  }

  private var progress: Choice {
    Choice("spark.ui.showConsoleProgress", "false", "a progress bar makes log lines unreadable")
  }

  private var naming: [Choice] {
    guard let identity else { return [] }
    return [Choice("spark.app.name", identity.job, "the job's name; one that the script gives wins")]
  }

  /// What holds whatever the image says.
  private var always: [Choice] {
    var choices = [driverOptions].compactMap { $0 }
    if isLocal {
      let reason = "driver and tasks are one process; without a network the host's name may not resolve"
      choices += ["spark.driver.bindAddress", "spark.driver.host"].map { Choice($0, "127.0.0.1", reason) }
    }
    return choices
  }

  // MARK: SQL and pandas

  private var sql: [Choice] {
    let partitions = min(max(64, resources.processors * 16), 200)
    var choices = [
      Choice(
        "spark.sql.shuffle.partitions", String(partitions),
        "sixteen a processor and at least 64: small enough to sort in memory; adaptive execution joins those that are tiny"
      ),
      Choice("spark.sql.adaptive.enabled", "true", "partitions and joins follow the sizes that were measured"),
    ]
    if let size = advisoryPartition {
      choices.append(
        Choice(
          "spark.sql.adaptive.advisoryPartitionSizeInBytes", "\(size)m",
          "partitions that are joined stay so small that a task sorts one in its share of the heap, without spilling"))
    }
    if hasArrow {
      choices += [
        Choice("spark.sql.execution.arrow.pyspark.enabled", "true", "pyarrow is there: pandas frames move in columns"),
        Choice(
          "spark.sql.execution.arrow.pyspark.fallback.enabled", "true",
          "a type that Arrow does not know moves row by row and does not fail"),
      ]
    }
    if let warehouse {
      choices.append(
        Choice("spark.sql.warehouse.dir", "\(warehouse)/spark-warehouse", "the current directory can't be written to"))
    }
    return choices
  }

  // MARK: What the summary is made of

  /// Spark's record of its own work, unless the image or the command line keeps one elsewhere.
  private var eventLog: [Choice] {
    guard stated("spark.eventLog.enabled") != "true", stated("spark.eventLog.dir") == nil else { return [] }
    return [
      Choice("spark.eventLog.enabled", "true", "the summary, the progress and the metrics are made of it"),
      Choice(
        "spark.eventLog.dir", "file://\(directory.events)", "it is read while it is written, and goes with the run"),
      Choice("spark.eventLog.compress", "false", "it is read while it is written"),
      Choice("spark.eventLog.rolling.enabled", "false", "it is given back to the disk as it is read"),
      Choice("spark.eventLog.logStageExecutorMetrics", "true", "the summary says how much of the heap was used"),
    ]
  }

  /// The local directory of the event log, nil when it is somewhere else or switched off.
  var eventDirectory: String? {
    if stated("spark.eventLog.enabled") != "true", stated("spark.eventLog.dir") == nil { return directory.events }
    guard stated("spark.eventLog.enabled") == "true", stated("spark.eventLog.compress") != "true" else { return nil }
    let place = stated("spark.eventLog.dir") ?? "file:///tmp/spark-events"
    if place.hasPrefix("file:") {
      return "/" + place.dropFirst("file:".count).drop { $0 == "/" }
    }
    return place.hasPrefix("/") ? place : nil
  }

  /// Whether the event log is this run's alone.
  var ownsEventLog: Bool { eventDirectory == directory.events }
}
