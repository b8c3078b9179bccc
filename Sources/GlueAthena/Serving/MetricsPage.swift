import JSON

/// The page that Prometheus reads: its text format, version 0.0.4.
struct MetricsPage: Sendable {
  private var text = ""

  /// The page's media type.
  static let type = "text/plain; version=0.0.4; charset=utf-8"

  /// Writes a page.
  ///
  /// - Parameters:
  ///   - readiness: The report of `health --ready --format json`.
  ///   - status: What `run` says of the job, nil when none runs.
  init(isLive: Bool, readiness: ReadinessCache.Answer, group: ControlGroup, status: JSONValue?) {
    gauge("build_info", "The runtime's version.", [(["version": GlueAthena.version], 1)])
    gauge("live", "Whether the job's process is alive.", [([:], isLive ? 1 : 0)])
    gauge("ready", "Whether all that a job needs is there.", [([:], readiness.isReady ? 1 : 0)])
    let checks = readiness.report["checks"]?.array ?? []
    func values(_ value: (JSONValue) -> Double?) -> [([String: String], Double)] {
      checks.compactMap { check in value(check).map { (["check": check["name"]?.string ?? ""], $0) } }
    }
    gauge("check_ok", "Whether a check of readiness passed.", values { $0["ok"]?.bool.map { $0 ? 1 : 0 } })
    gauge("check_seconds", "How long a check of readiness took.", values { $0["seconds"]?.double })
    gauge("memory_limit_bytes", "The container's memory limit.", value(group.memoryLimit))
    gauge("memory_usage_bytes", "The container's memory in use.", value(group.memoryUsage))
    gauge("memory_working_set_bytes", "The memory in use that can't be taken back.", value(group.workingSet))
    counter("memory_kills_total", "Processes killed for want of memory.", value(group.killedForMemory))
    gauge("processor_limit", "The container's limit of processors.", group.processorLimit.map { [([:], $0)] } ?? [])
    if let status { add(job: status) }
  }

  private mutating func add(job status: JSONValue) {
    let names = ["job", "run", "application"].map { ($0, status[$0]?.string ?? "") }
    gauge("job_info", "The job that runs.", [(Dictionary(uniqueKeysWithValues: names), 1)])
    gauge(
      "job_start_time_seconds", "When the job was started, in seconds since 1970.", value(status["started"]?.integer))
    guard let spark = status["spark"] else { return }
    for (member, what) in [("jobs", "jobs"), ("stages", "stages"), ("tasks", "tasks")] {
      counter(
        "spark_\(member)_total", "Spark's \(what) that ended.",
        ["succeeded", "failed"].map { (["result": $0], spark[member]?[$0]?.double ?? 0) })
    }
    for (member, what) in [("read", "read"), ("written", "written"), ("shuffled", "written for a shuffle")] {
      counter("spark_\(member)_rows_total", "Rows that tasks have \(what).", value(spark[member]?["rows"]?.integer))
      counter("spark_\(member)_bytes_total", "Bytes that tasks have \(what).", value(spark[member]?["bytes"]?.integer))
    }
    counter("spark_spilled_bytes_total", "Bytes that did not fit into memory.", value(spark["spilledBytes"]?.integer))
    counter(
      "spark_task_seconds_total", "Seconds that tasks ran.", spark["taskSeconds"]?.double.map { [([:], $0)] } ?? [])
    counter(
      "spark_collector_seconds_total", "Seconds that tasks waited for the garbage collector.",
      spark["collectorSeconds"]?.double.map { [([:], $0)] } ?? [])
    gauge("spark_peak_heap_bytes", "The most of the heap that was in use.", value(spark["peakHeapBytes"]?.integer))
  }

  /// The page as it is sent.
  var body: String { text }

  // MARK: Lines

  private func value(_ number: Int?) -> [([String: String], Double)] { number.map { [([:], Double($0))] } ?? [] }

  private mutating func gauge(_ name: String, _ help: String, _ samples: [([String: String], Double)]) {
    family("glue_athena_\(name)", "gauge", help, samples)
  }

  private mutating func counter(_ name: String, _ help: String, _ samples: [([String: String], Double)]) {
    family("glue_athena_\(name)", "counter", help, samples)
  }

  private mutating func family(
    _ name: String, _ type: String, _ help: String, _ samples: [([String: String], Double)]
  ) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    for (labels, value) in samples {
      let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
      text += name + (pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") + " \(Self.number(value))\n"
    }
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }

  /// A label's value: backslash, quote and line feed are escaped.
  private static func escaped(_ text: String) -> String {
    var output = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": output += #"\\"#
      case "\"": output += #"\""#
      case "\n": output += #"\n"#
      default: output.unicodeScalars.append(character)
      }
    }
    return output
  }
}
