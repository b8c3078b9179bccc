internal import Glibc
internal import Synchronization

extension Subprocess {
  /// How a program ended whose output was handed on while it ran.
  public struct Ending: Sendable, Hashable {
    /// The exit code, or 128 and the signal's number.
    public let status: Int32
    /// Whether it was told to stop, by a signal to this process or because the task was cancelled.
    public let isInterrupted: Bool
  }

  /// Runs the program, hands on each line that it writes to either stream, and waits.
  ///
  /// An interrupt, a hang-up or a request to end that this process gets meanwhile is the program's: it ends in its own way,
  /// and this process goes on after it, to clean up. If this process is killed, the program's next line ends it (SIGPIPE).
  ///
  /// - Parameter onLine: Gets a line without its end; one that a carriage return ends, as bars of progress do, counts too.
  public func run(onLine: @escaping @Sendable (String) -> Void) async throws(SystemError) -> Ending {
    let child = RunningChild()
    let result: Swift.Result<Ending, SystemError> = await withTaskCancellationHandler {
      await BlockingPool.run {
        Swift.Result { () throws(SystemError) in try runBlocking(as: child, onLine: onLine) }
      }
    } onCancel: {
      child.interrupt()
    }
    return try result.get()
  }

  private func runBlocking(as child: RunningChild, onLine: (String) -> Void) throws(SystemError) -> Ending {
    let output = try Pipe()
    let input = try Pipe()
    input.closeWriting()
    let signals = SignalForwarding()
    let pid = try spawn(input: input.reading, output: output.writing, errors: output.writing)
    signals.begin(to: pid)
    child.started(pid)
    output.closeWriting()
    var line: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while Self.hasOutput(output.reading, of: pid) {
      let count = Glibc.read(output.reading, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      for byte in chunk[..<count] {
        if byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") {
          if line.count < 1 << 16 { line.append(byte) }
        } else if !line.isEmpty {
          onLine(String(decoding: line, as: UTF8.self))
          line.removeAll(keepingCapacity: true)
        }
      }
    }
    if !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
    // Until it is waited for, the number belongs to the child; after that it may be anybody's.
    _ = Self.hasEnded(pid, waiting: true)
    let isForwarded = signals.end()
    let isCancelled = child.ended()
    return Ending(status: Self.wait(pid), isInterrupted: isForwarded || isCancelled)
  }
}

extension Subprocess {
  /// Waits for something to read, or for the program's end: what it started and left behind may keep its streams open.
  private static func hasOutput(_ descriptor: Int32, of pid: pid_t) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = poll(&polled, 1, 100)
      if ready > 0 || ready < 0 && errno != EINTR { return ready > 0 }
      // What was written before the end is there by now.
      if hasEnded(pid, waiting: false) { return poll(&polled, 1, 0) > 0 }
    }
  }

  private static func hasEnded(_ pid: pid_t, waiting: Bool) -> Bool {
    var information = siginfo_t()
    let options = WEXITED | WNOWAIT | (waiting ? 0 : WNOHANG)
    while waitid(P_PID, id_t(pid), &information, options) < 0 && errno == EINTR {}
    return information.si_signo == SIGCHLD
  }
}

/// A child process that may be told to end from another thread.
private final class RunningChild: Sendable {
  private struct State: Sendable {
    var pid: pid_t?
    var isInterrupted = false
  }
  private let state = Mutex(State())

  func started(_ pid: pid_t) {
    state.withLock { state in
      state.pid = pid
      if state.isInterrupted { kill(pid, SIGTERM) }
    }
  }

  func interrupt() {
    state.withLock { state in
      state.isInterrupted = true
      if let pid = state.pid { kill(pid, SIGTERM) }
    }
  }

  /// Whether it was told to end.
  func ended() -> Bool {
    state.withLock { state in
      state.pid = nil
      return state.isInterrupted
    }
  }
}

/// The child that signals go to, and the last signal; a handler may touch nothing but such memory (man 7 signal-safety).
private let forwardedTo = Atomic<Int32>(0)
private let forwarded = Atomic<Int32>(0)

/// Hands the signals by which people end a program on to a child, one child at a time.
private final class SignalForwarding {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  private var previous: [Int32: sigaction] = [:]

  init() {
    forwarded.store(0, ordering: .sequentiallyConsistent)
    forwardedTo.store(0, ordering: .sequentiallyConsistent)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { signal in
      forwarded.store(signal, ordering: .sequentiallyConsistent)
      let pid = forwardedTo.load(ordering: .sequentiallyConsistent)
      if pid > 0 { kill(pid, signal) }
    }
    action.sa_flags = SA_RESTART
    for signal in Self.signals {
      var old = sigaction()
      sigaction(signal, nil, &old)
      // Whoever started this process to ignore a signal, as nohup does, means the child too.
      if Self.isIgnored(old) { continue }
      sigaction(signal, &action, nil)
      previous[signal] = old
    }
  }

  /// From here on signals go to the child; one that came before it was there goes now.
  func begin(to pid: pid_t) {
    forwardedTo.store(pid, ordering: .sequentiallyConsistent)
    let early = forwarded.load(ordering: .sequentiallyConsistent)
    if early > 0 { kill(pid, early) }
  }

  /// Gives signals back their earlier meaning; whether one came.
  func end() -> Bool {
    forwardedTo.store(0, ordering: .sequentiallyConsistent)
    restore()
    return forwarded.load(ordering: .sequentiallyConsistent) > 0
  }

  private func restore() {
    for (signal, old) in previous {
      var old = old
      sigaction(signal, &old, nil)
    }
    previous = [:]
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    return handler == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  deinit { restore() }
}
