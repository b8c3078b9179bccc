import Host
import JSON

/// How real jobs end: by a signal at any moment of their lives, and for want of memory.
extension Bench {
  private static let rounds = 100
  /// How each of them is to end: by the signal alone.
  private static let stopped = "stopped, code 143"

  /// Ends a Spark job by SIGTERM, from its first tenth of a second to when its Python workers wait, and looks at what it
  /// leaves: processes in its control group, files in its temporary directory.
  func signals() async throws {
    let group = try ControlledMemory(bytes: 4 << 30)
    defer { group.remove() }
    var seconds: [Double] = []
    var outcomes: [String: Int] = [:]
    var firstFailure: String?
    for round in 0..<Self.rounds {
      let folder = "\(work)/signals"
      try Files.remove(folder)
      try Files.createDirectory(folder)
      let delay = 0.1 + 10.0 * Double(round) / Double(Self.rounds)
      let summary = "\(work)/signals.json"
      try Files.remove(summary)
      let start = ContinuousClock.now
      let words = ["timeout", "--foreground", "--preserve-status", "--signal=TERM", "\(delay)", glueAthena, "run"]
      let result = try await group.confined(
        words + ["--summary", summary, "Tests/Bench/endless.py"], environment: spark.merging(["TMPDIR": folder]) { $1 }
      ).run()
      seconds.append(Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000 - delay)
      let outcome = (try? JSONValue(parsing: Files.text(summary, limit: 1 << 20)))?["outcome"]?.string ?? "none"
      let ending = "\(outcome), code \(result.status)"
      outcomes[ending, default: 0] += 1
      if ending != Self.stopped { firstFailure = firstFailure ?? "round \(round): \(ending)\n\(result.errorText)" }
      let processes = try group.processes
      let files = try Files.list(folder)
      guard processes.isEmpty, files.isEmpty else {
        throw BenchFailure(
          program: "round \(round)", output: "processes \(processes) and files \(files) were left\n\(result.errorText)")
      }
    }
    let endings = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: "; ")
    let sorted = seconds.sorted()
    Terminal.write(
      "\(Self.rounds) Spark jobs ended by SIGTERM: \(endings); from signal to end \(Self.tenths(sorted[sorted.count / 2])) s, at "
        + "most \(Self.tenths(sorted.last ?? 0)) s; no process and no file was left\n", to: .output)
    if let firstFailure { throw BenchFailure(program: "glue-athena run", output: firstFailure) }
  }

  /// Uses up the memory of a container of 2 GB in three places.
  func exhaustion() async throws {
    for part in ["driver", "heap", "worker"] {
      let group = try ControlledMemory(bytes: 2 << 30)
      defer { group.remove() }
      let summary = "\(work)/exhaustion.json"
      try Files.remove(summary)
      let result = try await group.confined(
        [glueAthena, "run", "--summary", summary, "Tests/Bench/exhaust.py", part], environment: spark
      ).run()
      let told = try JSONValue(parsing: Files.text(summary, limit: 1 << 20))
      guard told["outcome"]?.string == "out-of-memory", result.status != 0 else {
        throw BenchFailure(program: "exhaust.py \(part)", output: result.errorText)
      }
      Terminal.write(
        "memory of the \(part) used up: code \(result.status), \(told["reason"]?.string ?? "no reason")\n", to: .output)
    }
  }

  private static func tenths(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
