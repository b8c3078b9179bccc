internal import CLinux
internal import Glibc
internal import JSON

/// The loop of a sandbox's first process: starts what joins later, reaps, forwards signals, ends everything.
///
/// It ends the sandbox when the main command ends, when its time is up, and when the caller's end of the control socket
/// closes, which the kernel does for a caller that was killed. With it the process namespace dies, and the mounts.
final class Supervisor {
  private struct Entry {
    let report: Descriptor
    let deadline: UInt64?
    var timedOut = false
  }

  private let main: pid_t
  private let allowsNesting: Bool
  private let created: [String]
  private var entries: [pid_t: Entry]

  init(main: pid_t, timeout: Duration?, report: Descriptor, allowsNesting: Bool, created: [String]) {
    self.main = main
    self.allowsNesting = allowsNesting
    self.created = created
    entries = [main: Entry(report: report, deadline: Self.deadline(timeout))]
  }

  /// Serves until the end of the sandbox.
  func run() -> Never {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2] { sigaddset(&signals, signal) }
    let descriptor = clinux_signal_descriptor(&signals)
    guard descriptor >= 0 else { finish(.signalled(SIGKILL)) }
    while true {
      // Whoever ended before the signals were blocked is found here.
      reap()
      enforceDeadlines()
      var polled = [
        pollfd(fd: SandboxStage.control, events: Int16(POLLIN), revents: 0),
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polled, 2, pollTimeout) >= 0 || errno == EINTR else { finish(.signalled(SIGKILL)) }
      if polled[1].revents != 0 {
        while case let signal = clinux_signal_next(descriptor), signal > 0 {
          if signal != SIGCHLD { kill(main, signal) }
        }
      }
      if polled[0].revents != 0 { answer() }
    }
  }

  private func answer() {
    guard let message = try? ControlMessage.receive(SandboxStage.control) else { finish(.signalled(SIGKILL)) }
    switch try? Request(bytes: message.bytes) {
    case .signal(let signal, let process)? where entries[process] != nil:
      kill(process, signal)
    case .start? where message.descriptors.count == 5:
      start(message.descriptors)
    default: break
    }
  }

  private func start(_ descriptors: [Descriptor]) {
    let report = descriptors[1]
    do throws(SandboxError) {
      let command = try SandboxCommand(json: JSONValue(report: try descriptors[0].readToEnd()))
      let launch = ProcessLaunch(command: command, streams: Array(descriptors[2...]), allowsNesting: allowsNesting)
      let process = try launch.start()
      entries[process] = Entry(report: report, deadline: Self.deadline(command.timeout))
      try report.write(Report.started(process).line)
    } catch {
      try? report.write(Report.failed(error).line)
    }
  }

  private func reap() {
    var status: Int32 = 0
    while case let process = waitpid(-1, &status, WNOHANG), process > 0 {
      guard let entry = entries.removeValue(forKey: process) else { continue }
      let signal = status & 0x7f
      let end: SandboxResult.Status =
        entry.timedOut ? .timedOut : signal != 0 ? .signalled(signal) : .exited(status >> 8 & 0xff)
      if process == main { finish(end, to: entry.report) }
      try? entry.report.write(Report.ended(end).line)
    }
  }

  /// Kills everything, takes away what was made to mount on, and says how the main command ended: in this order, so that
  /// nothing runs any longer when the caller hears of it.
  private func finish(_ status: SandboxResult.Status, to report: Descriptor? = nil) -> Never {
    let report = report ?? entries[main]?.report
    kill(-1, SIGKILL)
    // A process that the kernel can't end at once goes with the namespace.
    let patience = Self.now + 5000
    var ignored: Int32 = 0
    while case let process = waitpid(-1, &ignored, WNOHANG), process >= 0, Self.now < patience {
      if process == 0 { usleep(1000) }
    }
    RootDirectory.remove(created)
    try? report?.write(Report.ended(status).line)
    _exit(0)
  }

  // MARK: Time

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  private static func deadline(_ timeout: Duration?) -> UInt64? {
    timeout.map { now + UInt64(max(0, $0.milliseconds)) }
  }

  /// Milliseconds until the next deadline, -1 without one.
  private var pollTimeout: Int32 {
    let next = entries.values.filter { !$0.timedOut }.compactMap(\.deadline).min()
    guard let next else { return -1 }
    let now = Self.now
    return next > now ? Int32(clamping: next - now) : 0
  }

  private func enforceDeadlines() {
    let now = Self.now
    for (process, entry) in entries where !entry.timedOut && entry.deadline.map({ $0 <= now }) == true {
      if process == main { finish(.timedOut) }
      entries[process]?.timedOut = true
      // Each command leads a session, and so a group, of its own.
      kill(-process, SIGKILL)
      kill(process, SIGKILL)
    }
  }
}
