import Host
import JSON

/// What became of a job, as one JSON object.
struct JobSummary: Sendable {
  let job: String
  let started: Int
  let seconds: Double
  let ending: Supervisor.Ending
  /// The container's use of memory after the job.
  let group: ControlGroup
  /// How many processes had been killed for want of memory before the job.
  let killedBefore: Int

  private static let names: [Int32: String] = [
    1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1", 11: "SEGV", 12: "USR2",
    13: "PIPE", 14: "ALRM", 15: "TERM",
  ]

  private static func name(of signal: Int32) -> String { names[signal] ?? String(signal) }

  /// How it ended, in one word.
  private var outcome: String {
    if ranOutOfMemory { return "out-of-memory" }
    if ending.wasKilled { return "killed" }
    if ending.requested != nil { return "stopped" }
    return ending.status == 0 ? "succeeded" : "failed"
  }

  /// Whether the kernel killed a process of the container while the job ran, for want of memory.
  private var ranOutOfMemory: Bool { (group.killedForMemory ?? 0) > killedBefore && ending.status != 0 }

  var json: JSONValue {
    .object([
      "event": .string("job"),
      "job": .string(job),
      "outcome": .string(outcome),
      "exitCode": .integer(ending.status),
      "signal": ending.signal.map { .string(Self.name(of: $0)) },
      "requested": ending.requested.map { .string(Self.name(of: $0)) },
      "started": .string(Clock.rfc3339(started)),
      "seconds": .number(Stopwatch.text(seconds)),
      "peakProcessBytes": .integer(ending.peakMemory),
      "peakContainerBytes": group.memoryPeak.map { .integer($0) },
      "memoryLimitBytes": group.memoryLimit.map { .integer($0) },
      "leftoverProcesses": ending.leftovers == 0 ? nil : .integer(ending.leftovers),
    ])
  }
}
