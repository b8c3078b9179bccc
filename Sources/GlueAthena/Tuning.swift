/// The Spark settings that fit a container.
///
/// A pure function of what was found: the same container always gets the same settings.
struct Tuning: Sendable {
  let resources: Resources
  let layout: Layout
  /// Whether `pyarrow` can be imported.
  let hasArrow: Bool
  /// Where tables go when the current directory can't be written to, nil when it can.
  let scratch: String?
  /// The image's own settings; what they say is left alone.
  let image: JavaProperties
  /// The command line's settings; they win over all others.
  let command: [SparkSetting]

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
    let mine = [masterChoice, progress] + memory + sql + storage
    return mine.filter { image[$0.key] == nil } + always
  }

  private func stated(_ key: String) -> String? { command.last { $0.key == key }?.value ?? image[key] }

  // MARK: Processors and memory

  private var masterChoice: Choice {
    let count = resources.processors
    let noun = count == 1 ? "processor" : "processors"
    return Choice(
      "spark.master", "local[\(count)]",
      resources.processorsAreLimited
        ? "the container may use \(count) \(noun), fewer than the machine has"
        : "the machine has \(count) \(noun) and the container sets no limit")
  }

  /// The heap in MiB.
  ///
  /// In local mode the JVM does Spark's whole work, beside it live the Python driver with its pandas frames, one Python
  /// worker a task, Arrow's buffers outside the heap, and the JVM's own 200 to 300 MiB.
  var heap: Int {
    let mebibytes = resources.memory >> 20
    let share = resources.memoryIsLimited ? min(mebibytes * 6 / 10, mebibytes - 512) : mebibytes / 4
    // Below 450 MiB Spark refuses to start; above 31 GiB the JVM's references double in size.
    return min(max(share, 512), 31 << 10)
  }

  private var memory: [Choice] {
    let size = resources.memory >> 20
    let reason =
      resources.memoryIsLimited
      ? "of the container's \(size) MiB, the rest is for Python, Arrow's buffers and the JVM itself"
      : "a quarter of the machine's \(size) MiB, because the container sets no limit"
    return [Choice("spark.driver.memory", "\(heap)m", reason)]
  }

  // MARK: Network, logs and the JVM

  private var progress: Choice {
    Choice("spark.ui.showConsoleProgress", "false", "a progress bar makes log lines unreadable")
  }

  /// What holds whatever the image says.
  private var always: [Choice] {
    var choices = [javaOptions].compactMap { $0 }
    if isLocal {
      let reason = "driver and tasks are one process; without a network the host's name may not resolve"
      choices += ["spark.driver.bindAddress", "spark.driver.host"].map { Choice($0, "127.0.0.1", reason) }
    }
    return choices
  }

  /// Options for the driver's JVM, after those of the image.
  private var javaOptions: Choice? {
    let key = "spark.driver.extraJavaOptions"
    let own = image[key] ?? ""
    var options: [String] = []
    var reasons: [String] = []
    if resources.processors > 1, heap >= 1024, !own.contains("GC") {
      options.append("-XX:+UseG1GC")
      reasons.append("in small containers Java would choose its serial collector")
    }
    if !own.contains("OnOutOfMemoryError") {
      options.append("-XX:+ExitOnOutOfMemoryError")
      reasons.append("a driver without memory ends at once, with exit code 3, and does not linger")
    }
    guard !options.isEmpty else { return nil }
    let value = ((own.isEmpty ? [] : [own]) + options).joined(separator: " ")
    return Choice(key, value, reasons.joined(separator: "; "))
  }

  // MARK: SQL and pandas

  private var sql: [Choice] {
    let partitions = min(max(8, resources.processors * 4), 200)
    var choices = [
      Choice(
        "spark.sql.shuffle.partitions", String(partitions),
        "four a processor; Spark's 200 are for a cluster, and adaptive execution joins small ones"),
      Choice("spark.sql.adaptive.enabled", "true", "partitions and joins follow the sizes that were measured"),
    ]
    if hasArrow {
      choices += [
        Choice("spark.sql.execution.arrow.pyspark.enabled", "true", "pyarrow is there: pandas frames move in columns"),
        Choice(
          "spark.sql.execution.arrow.pyspark.fallback.enabled", "true",
          "a type that Arrow does not know moves row by row and does not fail"),
      ]
    }
    return choices
  }

  // MARK: Storage

  private var storage: [Choice] {
    var choices: [Choice] = []
    if let scratch {
      choices.append(
        Choice("spark.sql.warehouse.dir", "\(scratch)/spark-warehouse", "the current directory can't be written to"))
    }
    if layout.spark?.s3aVersion != nil {
      choices.append(
        Choice(
          "spark.hadoop.fs.s3a.connection.maximum", String(max(96, resources.processors * 16)),
          "each task reads several ranges of a Parquet file at a time"))
    }
    return choices
  }
}
