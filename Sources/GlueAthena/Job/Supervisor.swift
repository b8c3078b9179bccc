import CLinux
import Glibc
import Host

/// Runs one program as the first process of a container has to.
///
/// PID 1 inherits every orphan and gets no default action for signals: it must reap the one and hand on the other. All
/// signals are blocked and taken one at a time from a queue, so nothing here runs in a signal handler, and none is lost
/// between two lines.
struct Supervisor: ~Copyable {
  private let pid: pid_t
  private let grace: Double
  private let timeout: Double?
  /// Whether the program has a process group of its own.
  ///
  /// On a terminal it shares ours, so that it may read from it.
  private let hasOwnGroup: Bool
  private let awaited: sigset_t
  /// A program of ours beside the job, which is ended with it.
  private var companion: pid_t?

  /// How a program ended.
  struct Ending: Equatable, Sendable {
    /// The exit code, or 128 and the signal's number.
    let status: Int32
    /// The signal that ended the program.
    let signal: Int32?
    /// The first signal to end that was handed on.
    let requested: Int32?
    /// Whether the program was asked to end because its time was over.
    let ranOutOfTime: Bool
    /// Whether the grace time ran out and the program was killed.
    let wasKilled: Bool
    /// Processes that were left over and had to be ended.
    let leftovers: Int
    /// The most memory that one of the job's processes used, in bytes.
    let peakMemory: Int
  }

  private static let forwarded = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]
  /// Those that ask a job to end.
  ///
  /// SIGQUIT is not among them: a JVM answers it with the stacks of its threads and goes on.
  private static let ending = [SIGHUP, SIGINT, SIGTERM]

  /// A program that runs beside the job.
  struct Companion: Sendable {
    let job: Job
    /// The socket that it finds as its descriptor 3.
    let socket: Int32
  }

  /// Starts the program; its standard streams are this process's.
  ///
  /// - Parameters:
  ///   - grace: Seconds between the first signal to end and SIGKILL.
  ///   - timeout: Seconds after which the program is asked to end, nil for never.
  init(starting job: Job, grace: Double, timeout: Double? = nil, beside companion: Companion? = nil) throws(SystemError)
  {
    self.grace = grace
    self.timeout = timeout
    hasOwnGroup = isatty(0) == 0
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for number in Self.forwarded + [SIGCHLD] { sigaddset(&awaited, number) }
    self.awaited = awaited
    // An ignored SIGCHLD, inherited through exec, would make the kernel drop the children's exit codes.
    signal(SIGCHLD, SIG_DFL)
    signal(SIGPIPE, SIG_IGN)
    sigprocmask(SIG_BLOCK, &awaited, nil)
    _ = clinux_adopt_orphans()
    let beside: pid_t?
    if let companion {
      beside = try Self.spawn(companion.job, inOwnGroup: true, socket: companion.socket)
    } else {
      beside = nil
    }
    self.companion = beside
    do throws(SystemError) { pid = try Self.spawn(job, inOwnGroup: hasOwnGroup) } catch {
      if let beside { kill(beside, SIGKILL) }
      throw error
    }
  }

  private static func spawn(_ job: Job, inOwnGroup: Bool, socket: Int32? = nil) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let socket { posix_spawn_file_actions_adddup2(&actions, socket, 3) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let group = inOwnGroup ? POSIX_SPAWN_SETPGROUP : 0
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
    let words = ([job.program] + job.arguments).map { strdup($0) }
    let variables = job.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") }
    defer { for pointer in words + variables { free(pointer) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, job.program, &actions, &attributes, words + [nil], variables + [nil])
    guard status == 0 else { throw SystemError("start", job.program, code: status) }
    return pid
  }

  /// Waits until the program and all that it left behind have ended.
  ///
  /// - Parameters:
  ///   - interval: Seconds between two looks at the job.
  ///   - look: What is done at each; signals wait for it, so it has to be short.
  consuming func run(every interval: Double = 1, look: () -> Void = {}) -> Ending {
    let time = Stopwatch()
    var deadline: (time: Stopwatch, requested: Int32)?
    var ranOutOfTime = false
    var wasKilled = false
    var status: Int32?
    while true {
      while let (child, code) = Self.reap() {
        if child == pid { status = code }
        if child == companion { companion = nil }
      }
      if let status {
        endCompanion()
        let left = wasKilled ? 0 : deadline.map { max(0, grace - $0.time.seconds) } ?? grace
        let leftovers = endLeftovers(within: left)
        let number = status & 0x7f
        return Ending(
          status: number == 0 ? (status >> 8) & 0xff : 128 + number, signal: number == 0 ? nil : number,
          requested: ranOutOfTime ? nil : deadline?.requested, ranOutOfTime: ranOutOfTime, wasKilled: wasKilled,
          leftovers: leftovers, peakMemory: Self.peakMemory)
      }
      if let timeout, deadline == nil, time.seconds >= timeout {
        ranOutOfTime = true
        deadline = (Stopwatch(), SIGTERM)
        send(SIGTERM, toGroup: true)
      }
      let left = deadline.map { grace - $0.time.seconds } ?? timeout.map { max(0.001, $0 - time.seconds) }
      if deadline != nil, let left, left <= 0, !wasKilled {
        send(SIGKILL, toGroup: true)
        wasKilled = true
      }
      let patience = min(interval, wasKilled ? interval : left ?? interval)
      guard let (number, isFromTerminal) = nextSignal(within: patience) else {
        look()
        continue
      }
      guard number != SIGCHLD else { continue }
      // What the terminal sent has reached the whole group already.
      if hasOwnGroup || !isFromTerminal { send(number, toGroup: Self.ending.contains(number)) }
      if deadline == nil, Self.ending.contains(number) { deadline = (Stopwatch(), number) }
    }
  }

  /// The next signal in the queue; nil when the time ran out.
  private borrowing func nextSignal(within seconds: Double) -> (number: Int32, isFromTerminal: Bool)? {
    var awaited = awaited
    var information = siginfo_t()
    let seconds = max(0, seconds)
    var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
    let number = sigtimedwait(&awaited, &information, &limit)
    return number > 0 ? (number, information.si_code > 0) : nil
  }

  /// Collects one process that has ended.
  private static func reap() -> (pid: pid_t, status: Int32)? {
    var status: Int32 = 0
    let pid = waitpid(-1, &status, WNOHANG)
    return pid > 0 ? (pid, status) : nil
  }

  /// Signals the program, or its whole group where it has one.
  ///
  /// A request to end goes to the group, as from a terminal: below `spark-submit` the Python driver may have something to
  /// put in order, and would learn of the end only from a gateway that is gone.
  private borrowing func send(_ number: Int32, toGroup: Bool) {
    if hasOwnGroup && toGroup { kill(-pid, number) } else { kill(pid, number) }
  }

  private borrowing func endCompanion() {
    guard let companion else { return }
    kill(companion, SIGKILL)
    while waitpid(companion, nil, 0) < 0 && errno == EINTR {}
  }

  // MARK: What the program leaves behind

  /// Ends the processes that outlived the program: SIGTERM after a moment, SIGKILL after four seconds or what is left of
  /// the grace time.
  ///
  /// The moment is for those that are about to end by themselves, such as the JVM of a Python driver.
  ///
  /// - Returns: How many had to be asked.
  private borrowing func endLeftovers(within left: Double) -> Int {
    let time = Stopwatch()
    let moment = min(2, left / 2)
    let patience = min(4, left)
    var asked: Set<pid_t> = []
    while true {
      while Self.reap() != nil {}
      guard Self.hasChildren else { return asked.count }
      let isImpatient = time.seconds >= patience
      for child in time.seconds >= moment ? Self.children : [] where asked.insert(child).inserted || isImpatient {
        kill(child, isImpatient ? SIGKILL : SIGTERM)
      }
      if hasOwnGroup, isImpatient { kill(-pid, SIGKILL) }
      _ = nextSignal(within: 0.02)
    }
  }

  private static var hasChildren: Bool {
    var information = siginfo_t()
    return waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) == 0
  }

  /// This process's children; orphans among them, because it adopts them.
  private static var children: [pid_t] {
    let own = getpid()
    return ((try? Files.list("/proc")) ?? []).compactMap { pid_t($0) }.filter { ProcessStatus(of: $0)?.parent == own }
  }

  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    return usage.ru_maxrss << 10
  }
}
