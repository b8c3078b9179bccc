import Glibc
import Host
import Synchronization

/// A program that serves until it is stopped, or until whoever started it ends, however that ends.
///
/// A shell stands between: it reads from a socket that nobody writes to, so that an interrupted test run, which closes the
/// other end, ends the server, too. A signal on the parent's death would not do: it comes when the starting *thread* ends.
public final class ServerProcess: Sendable {
  private struct State {
    var shell: pid_t
    var end: Int32
  }

  private let state: Mutex<State?>

  /// Starts a program of `PATH` with arguments; its output goes to the end of a file.
  public init(_ command: [String], log: String = "/dev/null") throws {
    guard let program = Environment.program(command[0]) else { throw SystemError("run", command[0], code: ENOENT) }
    let script = "\"$@\" < /dev/null & server=$!; read -r line; kill \"$server\"; wait \"$server\""
    let words = ["/bin/sh", "-c", script, "sh", program] + command.dropFirst()
    let arguments = words.map { (word: String) in strdup(word) }
    defer { for argument in arguments { free(argument) } }
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw SystemError("socketpair", program)
    }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The threads of a test block signals, and whom they start would, too.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var shell: pid_t = 0
    let failure = posix_spawn(&shell, "/bin/sh", &actions, &attributes, arguments + [nil], environ)
    guard failure == 0 else {
      close(ends[1])
      throw SystemError("run", program, code: failure)
    }
    state = Mutex(State(shell: shell, end: ends[1]))
  }

  /// Stops the server and waits for its end; it blocks.
  public func stop() {
    let running = state.withLock { state in
      defer { state = nil }
      return state
    }
    guard let running else { return }
    close(running.end)
    var status: Int32 = 0
    while waitpid(running.shell, &status, 0) < 0 && errno == EINTR {}
  }

  deinit { stop() }

  /// A port of 127.0.0.1 that nobody has; whoever can't have it later says so and ends.
  public static func freePort() -> Int {
    let listener = SocketListener { _ in }
    defer { listener.stop() }
    return listener.port
  }
}
