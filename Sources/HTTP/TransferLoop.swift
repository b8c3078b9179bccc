import CCurl
import Glibc
import Synchronization

/// One thread that owns libcurl's multi handle, with its connections, and everything that hangs on it.
///
/// libcurl's handles belong to one thread at a time, so nothing that holds one crosses to another: callers send values
/// (`Command`), easy handles are made on the loop's thread, and answers go back through continuations.
///
///     caller ──Command──▶ inbox ──▶ loop thread: perform, poll ──▶ Transfer ──Outcome──▶ continuation
///                  └─ curl_multi_wakeup ─┘
final class TransferLoop: Sendable {
  enum Command: Sendable {
    case start(TransferOrder, id: UInt64, CheckedContinuation<TransferOutcome, Never>)
    case cancel(id: UInt64)
    case stop
  }

  private let inbox: Inbox
  private let thread: pthread_t
  private let lastID = Atomic<UInt64>(0)

  init(connectionsPerHost: Int) {
    _ = Self.libraryIsReady
    let inbox = Inbox(multi: curl_multi_init()!)
    ccurl_multi_set_long(inbox.multi, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost)
    ccurl_multi_set_long(inbox.multi, CURLMOPT_MAXCONNECTS, 64)
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { context in
        TransferLoop.run(Unmanaged<Inbox>.fromOpaque(context!).takeRetainedValue())
        return nil
      }, Unmanaged.passRetained(inbox).toOpaque())
    precondition(failure == 0, "the system has no thread left")
    self.inbox = inbox
    self.thread = thread
  }

  /// Waits for the thread: only then nobody can be inside `curl_multi_wakeup` or a callback any more.
  deinit {
    inbox.send(.stop)
    pthread_join(thread, nil)
    curl_multi_cleanup(inbox.multi)
  }

  /// Runs one transfer; cancelling the task ends it at once.
  func perform(_ order: TransferOrder) async -> TransferOutcome {
    let id = lastID.add(1, ordering: .relaxed).newValue
    let ticket = Ticket()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isStarted = ticket.start { inbox.send(.start(order, id: id, continuation)) }
        if !isStarted { continuation.resume(returning: .failure(.cancelled)) }
      }
    } onCancel: {
      ticket.cancel { inbox.send(.cancel(id: id)) }
    }
  }

  /// Orders a cancellation, which may come from any thread at any time, against the start of the same transfer.
  private final class Ticket: Sendable {
    private enum State { case new, started, cancelled }
    // The lock is held while the command is sent, so that no `cancel` can get into the inbox before its `start`.
    private let state = Mutex(State.new)

    func start(_ send: () -> Void) -> Bool {
      state.withLock { state in
        guard state == .new else { return false }
        state = .started
        send()
        return true
      }
    }

    func cancel(_ send: () -> Void) {
      state.withLock { state in
        if state == .started { send() }
        state = .cancelled
      }
    }
  }

  /// The commands on their way to the thread.
  private final class Inbox: Sendable {
    // Only `curl_multi_wakeup` is called from other threads, and libcurl allows that.
    nonisolated(unsafe) let multi: UnsafeMutableRawPointer
    // Senders append while the thread takes everything out.
    private let commands = Mutex<[Command]>([])

    init(multi: UnsafeMutableRawPointer) { self.multi = multi }

    func send(_ command: Command) {
      commands.withLock { $0.append(command) }
      curl_multi_wakeup(multi)
    }

    func takeAll() -> [Command] {
      commands.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
    }
  }

  /// `curl_global_init` has to run once before any thread uses libcurl.
  private static let libraryIsReady: Void = { curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

  // MARK: On the loop's thread

  private static func run(_ inbox: Inbox) {
    blockBrokenPipeSignal()
    var transfers: [UInt64: Transfer] = [:]
    var ids: [UnsafeMutableRawPointer: UInt64] = [:]
    func remove(_ id: UInt64) -> Transfer? {
      guard let transfer = transfers.removeValue(forKey: id) else { return nil }
      ids[transfer.easy] = nil
      curl_multi_remove_handle(inbox.multi, transfer.easy)
      return transfer
    }
    while true {
      for command in inbox.takeAll() {
        switch command {
        case .start(let order, let id, let continuation):
          let transfer = Transfer(order, continuation)
          transfers[id] = transfer
          ids[transfer.easy] = id
          curl_multi_add_handle(inbox.multi, transfer.easy)
        case .cancel(let id):
          remove(id)?.finish(.failure(.cancelled))
        case .stop:
          for id in Array(transfers.keys) { remove(id)?.finish(.failure(.cancelled)) }
          return
        }
      }
      var running: Int32 = 0
      curl_multi_perform(inbox.multi, &running)
      var finished = ccurl_finished()
      while ccurl_next_finished(inbox.multi, &finished) == 1 {
        guard let easy = finished.easy, let id = ids[easy] else { continue }
        let outcome = transfers[id]!.outcome(of: finished.result)
        remove(id)?.finish(outcome)
      }
      curl_multi_poll(inbox.multi, nil, 0, 1000, nil)
    }
  }

  /// Keeps a server that closes a connection from ending the process.
  ///
  /// libcurl ignores `SIGPIPE` only where it may touch signals, which it may not in a process with threads.
  private static func blockBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}
