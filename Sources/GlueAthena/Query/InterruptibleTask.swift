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
  }

  static func run<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Ending<Value> {
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for number in ending + [SIGUSR2] { sigaddset(&awaited, number) }
    pthread_sigmask(SIG_BLOCK, &awaited, nil)
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
      if let value = box.result.withLock({ $0 }) { return Ending(value: value, signal: received) }
      guard ending.contains(number) else { continue }
      if received != nil { _exit(128 + number) }
      received = number
      task.cancel()
    }
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
