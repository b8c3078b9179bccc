import Host

/// The check that is cheap enough to make every second.
struct LivenessChecks {
  let container: Container

  /// Whether the job of `glue-athena run` is alive, when that is the container's first process.
  var process: HealthCheck {
    HealthCheck("process") {
      let words = ((try? Files.read(container.path("/proc/1/cmdline"), limit: 1 << 20)) ?? []).split(separator: 0)
        .prefix(2).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 2, Path.name(words[0]) == "glue-athena", words[1] == "run" else {
        return .good("no job runs as the first process")
      }
      for pid in childrenOfInit {
        guard let status = ProcessStatus(of: pid, root: container.root), status.parent == 1 else { continue }
        if !status.hasEnded && status.state != "T" { return .good("the job runs as process \(pid)") }
      }
      return .bad("the job's process is gone or stopped", hint: "restart the container and read the job's last lines")
    }
  }

  /// The processes whose parent is the first one.
  ///
  /// The kernel lists them in one file; without it all of `/proc` is read.
  private var childrenOfInit: [Int32] {
    if let text = try? Files.text(container.path("/proc/1/task/1/children"), limit: 1 << 20) {
      return text.split(separator: " ").compactMap { Int32($0) }
    }
    return ((try? Files.list(container.path("/proc"))) ?? []).compactMap { Int32($0) }
  }
}
