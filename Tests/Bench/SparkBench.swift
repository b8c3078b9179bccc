import Glibc
import Host

/// A shuffle of ten million rows with the runtime's settings and with Spark's own, in control groups such as containers have.
extension Bench {
  /// Containers of 2, 4 and 16 GB: a line each.
  func sparkShuffles() async throws {
    for gibibytes in [2, 4, 16] {
      let group = try ControlledMemory(bytes: gibibytes << 30)
      defer { group.remove() }
      var times: (ours: [Double], theirs: [Double]) = ([], [])
      var processors: (ours: [Double], theirs: [Double]) = ([], [])
      for _ in 0..<3 {
        let ours = try await measure([glueAthena, "run", Self.job], in: group)
        times.ours.append(ours.seconds)
        processors.ours.append(ours.processors)
        // Spark's own settings need not survive; the runtime's have to.
        if let theirs = try? await measure(["spark-submit", Self.job], in: group) {
          times.theirs.append(theirs.seconds)
          processors.theirs.append(theirs.processors)
        }
      }
      let work = "shuffle 10 M rows in \(gibibytes) GB"
      guard !times.theirs.isEmpty else {
        Terminal.write("\(work): Spark's own settings did not survive, the runtime's did\n", to: .output)
        continue
      }
      let peer = "Spark's defaults"
      print(Row(work: work, peer: peer, drydock: times.ours, others: times.theirs))
      print(Row(work: "  its processors' seconds", peer: peer, drydock: processors.ours, others: processors.theirs))
    }
  }

  /// Runs a program to its end; what else the machine does changes its time, and hardly its processors' seconds.
  private func measure(
    _ words: [String], in group: ControlledMemory
  ) async throws -> (seconds: Double, processors: Double) {
    let before = try group.processorSeconds
    let seconds = try await time(group.confined(words, environment: spark))
    return (seconds, try group.processorSeconds - before)
  }

  private static let job = "Tests/Bench/shuffle.py"

  /// `spark-submit` and Python lie beside the interpreter.
  var spark: [String: String] {
    let programs = Path.parent(python) ?? "/usr/bin"
    return environment(["PATH": "\(programs):\(Environment["PATH"] ?? "/usr/bin:/bin")", "PYSPARK_PYTHON": python])
  }
}

/// A control group of its own with a limit to its memory, by cgroup v2 or v1; making one needs root.
struct ControlledMemory {
  /// One directory by version 2; by version 1 one for the memory and one for the processors' time.
  private let paths: [String]
  private let isVersion2: Bool

  /// Makes the group.
  init(bytes: Int) throws {
    isVersion2 = Files.exists("/sys/fs/cgroup/cgroup.controllers")
    let name = "drydock-bench-\(getpid())-\(bytes >> 30)"
    paths = (isVersion2 ? [""] : ["memory/", "cpuacct/"]).map { "/sys/fs/cgroup/\($0)\(name)" }
    let limit = "memory.\(isVersion2 ? "max" : "limit_in_bytes")"
    let script = "for path; do mkdir \"$path\" || exit; done; echo \(bytes) > \"$1/\(limit)\""
    let made = try Subprocess("sh", ["-c", script, "sh"] + paths).runBlocking()
    guard made.status == 0 else { throw BenchFailure(program: "mkdir", output: made.errorText) }
  }

  /// A program that runs in the group.
  func confined(_ words: [String], environment: [String: String]) -> Subprocess {
    let joins = paths.map { "echo $$ > \($0)/cgroup.procs" }.joined(separator: " && ")
    return Subprocess("sh", ["-c", "\(joins) && exec \"$0\" \"$@\""] + words, environment: environment)
  }

  /// The processes in the group.
  var processes: [String] {
    get throws { try Files.text("\(paths[0])/cgroup.procs", limit: 1 << 20).split(separator: "\n").map(String.init) }
  }

  /// The processors' seconds that the group has used so far.
  var processorSeconds: Double {
    get throws {
      guard isVersion2 else {
        return (Double(try Files.text("\(paths[1])/cpuacct.usage", limit: 1 << 10).filter(\.isNumber)) ?? 0) / 1e9
      }
      let words = try Files.text("\(paths[0])/cpu.stat", limit: 1 << 16).split(whereSeparator: \.isWhitespace)
      return (words.firstIndex(of: "usage_usec").flatMap { Double(words[$0 + 1]) } ?? 0) / 1e6
    }
  }

  /// Removes the group, which is empty by now.
  func remove() { _ = try? Subprocess("rmdir", paths).runBlocking() }
}
