import Glibc
import Host
import JSON

/// What became of a job, as one JSON object.
struct JobSummary: Sendable {
  let identity: RunIdentity
  let started: Int
  let seconds: Double
  let ending: Supervisor.Ending
  /// What Spark says, nil when it could not be read.
  let spark: SparkMetrics?
  /// The container's use of memory after the job.
  let group: ControlGroup
  /// The most memory that was seen in use while the job ran, in bytes.
  let peakSeen: Int?
  /// How many processes had been killed for want of memory before the job.
  let killedBefore: Int
  /// Whether the driver's heap was exhausted.
  let heapWasExhausted: Bool
  /// The size of the driver's heap as it was set.
  let heap: String?

  private static let names: [Int32: String] = [
    1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1", 11: "SEGV", 12: "USR2",
    13: "PIPE", 14: "ALRM", 15: "TERM",
  ]

  private static func name(of signal: Int32) -> String { names[signal] ?? String(signal) }

  /// How it ended, in one word.
  var outcome: String {
    if outOfMemory != nil { return "out-of-memory" }
    if ending.ranOutOfTime { return "timed-out" }
    if ending.wasKilled { return "killed" }
    if ending.requested != nil { return "stopped" }
    return ending.status == 0 ? "succeeded" : "failed"
  }

  /// How many processes of the container the kernel killed for want of memory while the job ran.
  private var killedForMemory: Int { max(0, (group.killedForMemory ?? 0) - killedBefore) }

  /// What memory there was too little of, as a sentence; nil when there was enough, or the job ended well all the same.
  var outOfMemory: String? {
    guard ending.status != 0 else { return nil }
    if heapWasExhausted {
      return "the driver's heap\(heap.map { " of \($0)" } ?? "") was exhausted: give the container more memory, or "
        + "--conf spark.driver.memory=…; collect() and toPandas() bring all rows to the driver"
    }
    guard killedForMemory > 0 else { return nil }
    let limit = group.memoryLimit.map { " of \(ByteCount.text($0))" } ?? ""
    // SIGKILL's code is the driver's own, or what spark-submit hands back of a Python driver.
    let victim =
      ending.status == 128 + SIGKILL
      ? "the driver" : killedForMemory == 1 ? "a process" : "\(killedForMemory) processes"
    return "the kernel killed \(victim) because the "
      + "container's memory\(limit) was used up: give it more, or less to the heap by --conf spark.driver.memory=…"
  }

  var json: JSONValue {
    .object([
      "event": .string("job"),
      "job": .string(identity.job),
      "run": .string(identity.run),
      "application": spark?.application.map { .string($0) },
      "outcome": .string(outcome),
      "exitCode": .integer(ending.status),
      "signal": ending.signal.map { .string(Self.name(of: $0)) },
      "requested": ending.requested.map { .string(Self.name(of: $0)) },
      "reason": outOfMemory.map { .string($0) },
      "started": .string(Clock.rfc3339(started)),
      "seconds": .number(Stopwatch.text(seconds)),
      "peakProcessBytes": .integer(ending.peakMemory),
      "peakContainerBytes": [group.memoryPeak, peakSeen].compactMap { $0 }.max().map { .integer($0) },
      "memoryLimitBytes": group.memoryLimit.map { .integer($0) },
      "killedForMemory": killedForMemory == 0 ? nil : .integer(killedForMemory),
      "leftoverProcesses": ending.leftovers == 0 ? nil : .integer(ending.leftovers),
      "spark": spark.flatMap { $0.applications == 0 ? nil : $0.json },
      "firstError": spark?.firstError.map { .string($0) },
    ])
  }
}

extension SparkMetrics {
  /// The totals of a run.
  var json: JSONValue {
    .object([
      "jobs": jobs.json, "stages": stages.json, "tasks": tasks.json,
      "read": read.json, "written": written.json, "shuffled": shuffled.json,
      "spilledBytes": .integer(spilledBytes),
      "peakHeapBytes": .integer(peakHeapBytes), "peakTaskBytes": .integer(peakTaskBytes),
      "taskSeconds": .number(Stopwatch.text(Double(taskMilliseconds) / 1000)),
      "collectorSeconds": .number(Stopwatch.text(Double(collectorMilliseconds) / 1000)),
    ])
  }
}

extension SparkMetrics.Count {
  /// How many ended how; those that did not end only where there are any.
  fileprivate var json: JSONValue {
    let unfinished = max(0, started - succeeded - failed)
    return .object([
      "succeeded": .integer(succeeded), "failed": .integer(failed),
      "unfinished": unfinished == 0 ? nil : .integer(unfinished),
    ])
  }
}
