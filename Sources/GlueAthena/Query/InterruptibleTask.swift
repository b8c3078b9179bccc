internal import CLinux
import Glibc
import Synchronization

/// Runs asynchronous work from the program's synchronous `main`, and cancels it when a signal asks for the end.
///
/// The signals are blocked before the first thread starts and taken one at a time by the main thread, so that nothing
/// runs in a signal handler. The first one cancels; whoever sends a second does not want to wait.
enum InterruptibleTask {
  private static let ending = [SIGHUP, SIGINT, SIGTERM]

  /// How work ended.
  struct Ending<Value: Sendable>: Sendable {
    let value: Value
    /// The signal that cancelled it.
    let signal: Int32?

    /// Lets the signal do what it was sent for, when there was one.
    func passOnSignal() {
      if let signal { raise(signal) }
    }
  }

  /// Runs work to its end; afterwards signals are as they were.
  static func run<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Ending<Value> {
    var done = signals([SIGUSR2])
    var awaited = signals(ending + [SIGUSR2])
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &awaited, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let box = Box<Value>()
    let main = MainThread(thread: pthread_self())
    let task = Task.detached {
      let value = await work()
      box.result.withLock { $0 = value }
      pthread_kill(main.thread, SIGUSR2)
    }
    var received: Int32?
    while true {
      let number = sigwaitinfo(&awaited, nil)
      if let value = box.result.withLock({ $0 }) {
        // The signal of the task may not be left behind: it would end the program.
        if number != SIGUSR2 { while sigwaitinfo(&done, nil) != SIGUSR2 {} }
        return Ending(value: value, signal: received ?? (ending.contains(number) ? number : nil))
      }
      guard ending.contains(number) else { continue }
      if received != nil { _exit(128 + number) }
      received = number
      task.cancel()
    }
  }

  private static func signals(_ numbers: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    return set
  }

  private final class Box<Value: Sendable>: Sendable {
    // Written by the task, read by the main thread.
    let result = Mutex<Value?>(nil)
  }

  /// The main thread, which lives as long as the process.
  private struct MainThread: @unchecked Sendable {
    let thread: pthread_t
  }
}
