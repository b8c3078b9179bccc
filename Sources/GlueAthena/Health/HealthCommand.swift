internal import CLinux
import Glibc
import Host
import JSON

/// `glue-athena health`: whether the container is well.
struct HealthCommand {
  let options: HealthOptions
  let container: Container

  /// Makes the checks and reports them.
  ///
  /// - Returns: 0 when all passed, 1 when one failed or the time ran out.
  func run() -> Int32 {
    // What a deep check starts has a limit of its own, and ends what it started.
    Self.limitTime(to: options.timeout + (options.level == .deep ? DeepChecks.slack : 0))
    let time = Stopwatch()
    let checks =
      switch options.level {
      case .live: [LivenessChecks(container: container).process]
      case .ready: [LivenessChecks(container: container).process] + ReadinessChecks(container: container).all
      case .deep: DeepChecks(container: container, timeout: options.timeout, part: options.part).all
      }
    let report = HealthReport(level: options.level, checks: checks, seconds: time.seconds)
    Terminal.write(options.format == .json ? report.json.text() + "\n" : report.text, to: .output)
    return report.isHealthy ? 0 : 1
  }

  /// Ends the process with 1 when the time is over: a file system that hangs leaves nobody to ask.
  private static func limitTime(to seconds: Double) {
    signal(SIGALRM) { _ in
      let sentence: StaticString = "glue-athena: health took longer than --timeout\n"
      write(2, sentence.utf8Start, sentence.utf8CodeUnitCount)
      _exit(1)
    }
    // A limit of zero would switch the timer off.
    let microseconds = max(1000, Int(seconds * 1e6))
    var timer = itimerval()
    timer.it_value = timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
    setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
  }
}
