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
      for _ in 0..<3 {
        times.ours.append(try await time(group.confined([glueAthena, "run", Self.job], environment: spark)))
        // Spark's own settings need not survive; the runtime's have to.
        guard times.theirs.count + 1 == times.ours.count else { continue }
        if let seconds = try? await time(group.confined(["spark-submit", Self.job], environment: spark)) {
          times.theirs.append(seconds)
        }
      }
      let work = "shuffle 10 M rows in \(gibibytes) GB"
      guard !times.theirs.isEmpty else {
        Terminal.write("\(work): Spark's own settings did not survive, the runtime's did\n", to: .output)
        continue
      }
      print(Row(work: work, peer: "Spark's defaults", drydock: times.ours, others: times.theirs))
      Terminal.write("  seconds \(Self.list(times.ours)) and \(Self.list(times.theirs))\n", to: .output)
    }
  }

  private static let job = "Tests/Bench/shuffle.py"

  /// `spark-submit` and Python lie beside the interpreter.
  var spark: [String: String] {
    let programs = Path.parent(python) ?? "/usr/bin"
    return environment(["PATH": "\(programs):\(Environment["PATH"] ?? "/usr/bin:/bin")", "PYSPARK_PYTHON": python])
  }

  private static func list(_ seconds: [Double]) -> String {
    seconds.map { String(Int($0.rounded())) }.joined(separator: ", ")
  }
}

/// A control group of its own with a limit to its memory, by cgroup v2 or v1; making one needs root.
struct ControlledMemory {
  private let path: String

  /// Makes the group.
  init(bytes: Int) throws {
    let isVersion2 = Files.exists("/sys/fs/cgroup/cgroup.controllers")
    path = "/sys/fs/cgroup/\(isVersion2 ? "" : "memory/")drydock-bench-\(getpid())-\(bytes >> 30)"
    let limit = "memory.\(isVersion2 ? "max" : "limit_in_bytes")"
    let made = try Subprocess("sh", ["-c", "mkdir \"$0\" && echo \(bytes) > \"$0/\(limit)\"", path]).runBlocking()
    guard made.status == 0 else { throw BenchFailure(program: "mkdir", output: made.errorText) }
  }

  /// A program that runs in the group.
  func confined(_ words: [String], environment: [String: String]) -> Subprocess {
    Subprocess(
      "sh", ["-c", #"echo $$ > "$0/cgroup.procs" && exec "$@""#, path] + words, environment: environment)
  }

  /// The processes in the group.
  var processes: [String] {
    get throws { try Files.text("\(path)/cgroup.procs", limit: 1 << 20).split(separator: "\n").map(String.init) }
  }

  /// Removes the group, which is empty by now.
  func remove() { _ = try? Subprocess("rmdir", [path]).runBlocking() }
}
