import JSON

/// What Spark says of its own work, event by event.
///
/// The events are those of `org.apache.spark.util.JsonProtocol`, a line of JSON each. Names that a newer Spark adds are
/// passed over.
struct SparkMetrics: Equatable, Sendable {
  /// Spark's name for the application; the last one's, when a job starts several.
  private(set) var application: String?
  /// How many sessions' applications were started.
  private(set) var applications = 0
  private(set) var jobs = Count()
  private(set) var stages = Count()
  private(set) var tasks = Count()
  private(set) var read = Volume()
  private(set) var written = Volume()
  private(set) var shuffled = Volume()
  private(set) var spilledBytes = 0
  /// Milliseconds that tasks ran, all together.
  private(set) var taskMilliseconds = 0
  private(set) var collectorMilliseconds = 0
  /// The most memory that one task used for sorting, joining and grouping, in bytes.
  private(set) var peakTaskBytes = 0
  /// The most of the heap that was in use, in bytes.
  private(set) var peakHeapBytes = 0
  /// What the first failed task, stage or job said.
  private(set) var firstError: String?
  /// The stages that ended since somebody last asked.
  private(set) var news: [StageReport] = []
  private var running: [Int: Volume] = [:]

  /// How many were started and how many ended how.
  struct Count: Equatable, Sendable {
    var started = 0
    var succeeded = 0
    var failed = 0
  }

  /// Rows and bytes.
  struct Volume: Equatable, Sendable {
    var rows = 0
    var bytes = 0

    static func += (left: inout Volume, right: Volume) {
      left.rows += right.rows
      left.bytes += right.bytes
    }

    var json: JSONValue { .object(["rows": .integer(rows), "bytes": .integer(bytes)]) }
  }

  /// The longest error that is kept, in characters.
  private static let errorLimit = 500

  /// Takes one line of the event log; a line that is none is passed over.
  mutating func apply(_ line: ArraySlice<UInt8>) {
    // Most lines say nothing that is counted here, and reading them would cost more than all others.
    guard let name = Self.eventName(line), let apply = Self.handlers[name] else { return }
    guard let event = try? JSONValue(parsing: Array(line)) else { return }
    apply(&self, event)
  }

  /// The ended stages, which are then forgotten.
  mutating func takeNews() -> [StageReport] {
    defer { news = [] }
    return news
  }

  /// The event's name, which is the first member of each line.
  private static func eventName(_ line: ArraySlice<UInt8>) -> String? {
    let prefix = #"{"Event":""#.utf8
    guard line.starts(with: prefix) else { return nil }
    return String(decoding: line.dropFirst(prefix.count).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
  }

  // MARK: Events

  private static let handlers: [String: @Sendable (inout SparkMetrics, JSONValue) -> Void] = [
    "SparkListenerApplicationStart": { metrics, event in
      metrics.application = event["App ID"]?.string
      metrics.applications += 1
    },
    "SparkListenerJobStart": { metrics, _ in metrics.jobs.started += 1 },
    "SparkListenerJobEnd": { metrics, event in
      if event["Job Result"]?["Result"]?.string == "JobSucceeded" {
        metrics.jobs.succeeded += 1
      } else {
        metrics.jobs.failed += 1
        metrics.note(event["Job Result"]?["Exception"]?["Message"]?.string)
      }
    },
    "SparkListenerStageSubmitted": { metrics, _ in metrics.stages.started += 1 },
    "SparkListenerStageCompleted": { metrics, event in metrics.endStage(event["Stage Info"]) },
    "SparkListenerTaskStart": { metrics, _ in metrics.tasks.started += 1 },
    "SparkListenerTaskEnd": { metrics, event in metrics.endTask(event) },
    "SparkListenerStageExecutorMetrics": { metrics, event in
      metrics.peakHeapBytes = max(metrics.peakHeapBytes, event["Executor Metrics"]?["JVMHeapMemory"]?.integer ?? 0)
    },
  ]

  private mutating func endStage(_ stage: JSONValue?) {
    guard let stage else { return }
    let failure = stage["Failure Reason"]?.string
    if failure == nil { stages.succeeded += 1 } else { stages.failed += 1 }
    note(failure)
    let number = stage["Stage ID"]?.integer ?? 0
    let started = stage["Submission Time"]?.integer ?? 0
    let ended = stage["Completion Time"]?.integer ?? started
    news.append(
      StageReport(
        number: number, name: stage["Stage Name"]?.string ?? "", tasks: stage["Number of Tasks"]?.integer ?? 0,
        seconds: Double(max(0, ended - started)) / 1000, volume: running.removeValue(forKey: number) ?? Volume(),
        error: failure.map(Self.brief)))
  }

  private mutating func endTask(_ event: JSONValue) {
    let end = event["Task End Reason"]
    switch end?["Reason"]?.string {
    case "Success": tasks.succeeded += 1
    // Spark asks some tasks to end because another was faster or their stage is over.
    case "TaskKilled", "TaskCommitDenied": break
    default:
      tasks.failed += 1
      let reason = end?["Reason"]?.string ?? "unknown"
      let text = end?["Description"]?.string ?? end?["Loss Reason"]?.string ?? end?["Message"]?.string ?? ""
      let name = end?["Class Name"]?.string ?? reason
      note(text.isEmpty || text.hasPrefix("Traceback") ? (text.isEmpty ? name : text) : "\(name): \(text)")
    }
    guard let metrics = event["Task Metrics"] else { return }
    func number(_ group: String?, _ name: String) -> Int {
      (group.map { metrics[$0]?[name] } ?? metrics[name])?.integer ?? 0
    }
    let input = Volume(
      rows: number("Input Metrics", "Records Read"), bytes: number("Input Metrics", "Bytes Read"))
    let output = Volume(
      rows: number("Output Metrics", "Records Written"), bytes: number("Output Metrics", "Bytes Written"))
    let exchanged = Volume(
      rows: number("Shuffle Write Metrics", "Shuffle Records Written"),
      bytes: number("Shuffle Write Metrics", "Shuffle Bytes Written"))
    read += input
    written += output
    shuffled += exchanged
    var volume = input
    volume += Volume(rows: output.rows + exchanged.rows, bytes: output.bytes + exchanged.bytes)
    running[event["Stage ID"]?.integer ?? 0, default: Volume()] += volume
    spilledBytes += number(nil, "Disk Bytes Spilled")
    taskMilliseconds += number(nil, "Executor Run Time")
    collectorMilliseconds += number(nil, "JVM GC Time")
    peakTaskBytes = max(peakTaskBytes, number(nil, "Peak Execution Memory"))
  }

  private mutating func note(_ error: String?) {
    if firstError == nil, let error, !error.isEmpty { firstError = Self.brief(error) }
  }

  /// The line of an error that says what was wrong.
  ///
  /// Of a Python traceback that is the last one, of anything else the first.
  static func brief(_ error: String) -> String {
    let lines = error.split(separator: "\n").map { $0.trimmingBlanks }
    var line = lines.first ?? ""
    if let start = lines.firstIndex(where: { $0.hasSuffix("Traceback (most recent call last):") }) {
      // What follows a traceback is Java's trace or an empty line.
      let body = error.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasSuffix("last):") }
      line = body.dropFirst().first { !$0.hasPrefix(" ") && !$0.isEmpty }.map(\.trimmingBlanks) ?? lines[start]
    }
    return String(line.prefix(errorLimit))
  }
}

extension Substring {
  /// The text without blanks at its ends.
  fileprivate var trimmingBlanks: String {
    var text = drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}

/// A stage that ended.
struct StageReport: Equatable, Sendable {
  let number: Int
  let name: String
  let tasks: Int
  let seconds: Double
  /// What its tasks read and wrote.
  let volume: SparkMetrics.Volume
  let error: String?

  /// The stage in one line for people.
  var text: String {
    let work = "\(tasks) \(tasks == 1 ? "task" : "tasks") in \(Stopwatch.text(seconds)) s"
    if let error { return "stage \(number) (\(name)) failed: \(error)" }
    return "stage \(number) (\(name)): \(work), \(volume.rows) rows, \(ByteCount.text(volume.bytes))"
  }
}
