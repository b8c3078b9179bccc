internal import CLinux
internal import Glibc
internal import Synchronization

/// Threads for calls that block, so that the cooperative pool never does.
///
/// The cooperative pool is as wide as the machine and does not grow: two archive readers on it would stop everything else
/// on a machine of two cores.
public enum BlockingPool {
  /// Runs blocking work on a thread of its own and waits for its result.
  public static func run<Result: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> Result
  ) async throws(Failure) -> Result {
    let outcome: Swift.Result<Result, Failure> = await withCheckedContinuation { continuation in
      pool.submit {
        do throws(Failure) { continuation.resume(returning: .success(try work())) } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try outcome.get()
  }

  private static let pool = Pool()

  /// A pool that grows while all its threads are busy; an idle thread ends after some seconds.
  private final class Pool: Sendable {
    private struct State: Sendable {
      var jobs: [@Sendable () -> Void] = []
      var idle = 0
    }
    private let state = Mutex(State())
    private nonisolated(unsafe) let ready: UnsafeMutablePointer<sem_t> = {
      let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
      sem_init(semaphore, 0, 0)
      return semaphore
    }()

    func submit(_ job: @escaping @Sendable () -> Void) {
      let needsThread = state.withLock { state in
        state.jobs.append(job)
        return state.jobs.count > state.idle
      }
      if needsThread { startThread() }
      sem_post(ready)
    }

    private func startThread() {
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
      pthread_attr_setstacksize(&attributes, 2 << 20)
      var thread = pthread_t()
      let box = Unmanaged.passRetained(self)
      let status = pthread_create(
        &thread, &attributes,
        { argument in
          if let argument { Unmanaged<Pool>.fromOpaque(argument).takeRetainedValue().work() }
          return nil
        }, box.toOpaque())
      pthread_attr_destroy(&attributes)
      if status != 0 { box.release() }
    }

    private func work() {
      while true {
        state.withLock { $0.idle += 1 }
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += 20
        var status = sem_timedwait(ready, &deadline)
        while status != 0 && errno == EINTR { status = sem_timedwait(ready, &deadline) }
        let job = state.withLock { state -> (@Sendable () -> Void)? in
          state.idle -= 1
          return state.jobs.isEmpty ? nil : state.jobs.removeFirst()
        }
        if let job { job() } else if status != 0 { return }
      }
    }
  }
}
