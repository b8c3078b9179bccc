import Host

/// The check that is cheap enough to make every second.
struct LivenessChecks {
  let container: Container

  /// Whether the job of `glue-athena run` is alive, when that is the container's first process.
  var process: HealthCheck {
    HealthCheck("process") {
      guard subcommand(of: 1) == "run" else {
        return .good("no job runs as the first process")
      }
      // The server beside the job is none of it, and an orphan that came to it started later.
      let children = childrenOfInit.compactMap { pid -> (pid: Int32, status: ProcessStatus)? in
        guard let status = ProcessStatus(of: pid, root: container.root), status.parent == 1 else { return nil }
        return isServer(pid) ? nil : (pid, status)
      }
      if let job = children.min(by: { ($0.status.start, $0.pid) < ($1.status.start, $1.pid) }),
        !job.status.hasEnded, job.status.state != "T"
      {
        return .good("the job runs as process \(job.pid)")
      }
      return .bad("the job's process is gone or stopped", hint: "restart the container and read the job's last lines")
    }
  }

  /// The subcommand of a process that is this program; nil for any other.
  private func subcommand(of pid: Int32) -> String? {
    let words = ((try? Files.read(container.path("/proc/\(pid)/cmdline"), limit: 1 << 20)) ?? []).split(separator: 0)
      .prefix(2).map { String(decoding: $0, as: UTF8.self) }
    return words.count == 2 && Path.name(words[0]) == "glue-athena" ? words[1] : nil
  }

  private func isServer(_ pid: Int32) -> Bool { subcommand(of: pid) == "serve" }

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
