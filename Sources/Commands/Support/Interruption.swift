internal import Glibc
internal import Host
internal import Synchronization

/// The signal that asked this program to end, and where to wake up whoever waits for one; a handler may touch nothing but such
/// memory (man 7 signal-safety).
private let caught = Atomic<Int32>(0)
private let wake = Atomic<Int32>(-1)

/// What happens when this program is told to end while a command is at work: the work is cancelled, cleans up after itself, and
/// then the program ends by that signal, as whoever sent it expects.
enum Interruption {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  /// How long cleaning up may take; what is left then goes when the next command begins.
  static let grace = Duration.seconds(20)

  /// Does work that a signal cancels; a second signal ends the program at once.
  static func cancelling(
    grace: Duration = grace, _ work: @escaping @Sendable () async throws -> Void
  ) async throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return try await work() }
    let (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    wake.store(writing, ordering: .sequentiallyConsistent)
    let handled = install()
    let task = Task { try await work() }
    let watcher = Task.detached {
      guard await BlockingPool.run({ wait(at: reading) }) else { return }
      task.cancel()
      do { try await Task.sleep(for: grace) } catch { return }
      endIfCaught()
    }
    let result = await task.result
    watcher.cancel()
    for number in handled where caught.load(ordering: .sequentiallyConsistent) == 0 { signal(number, SIG_DFL) }
    wake.store(-1, ordering: .sequentiallyConsistent)
    close(writing)
    await watcher.value
    close(reading)
    try result.get()
  }

  /// Ends the work that a program did for this one, which was told to end in its place: by the same signal, if that ended it.
  static func pass(on status: Int32) throws -> Never {
    // What was cancelled knows already.
    if !Task.isCancelled { kill(getpid(), status > 128 ? status - 128 : SIGTERM) }
    throw CancellationError()
  }

  /// Ends the program by the signal that it got, if it got one.
  static func endIfCaught() {
    let number = caught.load(ordering: .sequentiallyConsistent)
    guard number > 0 else { return }
    signal(number, SIG_DFL)
    kill(getpid(), number)
    // Any thread may be the one that takes it: until then this one must not go on to report what the interruption broke.
    while true { pause() }
  }

  /// Catches the signals, but for those that whoever started this program told it to ignore, as `nohup` does.
  private static func install() -> [Int32] {
    var handled: [Int32] = []
    for number in signals {
      let old = signal(number, SIG_IGN)
      if unsafeBitCast(old, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { continue }
      signal(number) { number in
        signal(number, SIG_DFL)
        if caught.compareExchange(expected: 0, desired: number, ordering: .sequentiallyConsistent).exchanged {
          var byte: UInt8 = 0
          write(wake.load(ordering: .sequentiallyConsistent), &byte, 1)
        }
      }
      handled.append(number)
    }
    return handled
  }

  /// Waits for a signal; false if there is none to wait for any more.
  private static func wait(at reading: Int32) -> Bool {
    var byte: UInt8 = 0
    while true {
      let count = read(reading, &byte, 1)
      if count >= 0 || errno != EINTR { return count == 1 }
    }
  }
}
