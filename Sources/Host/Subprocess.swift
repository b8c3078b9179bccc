internal import CLinux
internal import Glibc

/// An ordinary program, run to its end with its output captured.
///
/// For programs in namespaces of their own there is `Sandbox`.
public struct Subprocess: Sendable {
  /// The program, by path or by a name looked up in `PATH`.
  public let program: String
  /// The arguments after the program's name.
  public let arguments: [String]
  /// The environment, nil for the process's own.
  public let environment: [String: String]?
  /// The directory it starts in, nil for the current one.
  public let directory: String?

  /// Describes a program to run.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil, directory: String? = nil
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// How a program ended, and what it wrote.
  public struct Result: Sendable {
    /// The exit code, or 128 and the signal's number.
    public let status: Int32
    /// Standard output.
    public let output: [UInt8]
    /// Standard error.
    public let errors: [UInt8]

    /// Standard output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
    /// Standard error as text.
    public var errorText: String { String(decoding: errors, as: UTF8.self) }
  }

  /// Runs the program and waits; a non-zero exit code is a normal result.
  ///
  /// - Parameter limit: The most bytes kept of each stream; the rest is read and dropped.
  public func run(input: [UInt8] = [], limit: Int = 1 << 26) async throws(SystemError) -> Result {
    try await BlockingPool.run { () throws(SystemError) in try runBlocking(input: input, limit: limit) }
  }

  /// Runs the program and waits, on the calling thread.
  public func runBlocking(input: [UInt8] = [], limit: Int = 1 << 26) throws(SystemError) -> Result {
    let standardInput = try Pipe()
    let output = try Pipe()
    let errors = try Pipe()
    let pid = try spawn(input: standardInput.reading, output: output.writing, errors: errors.writing)
    standardInput.closeReading()
    output.closeWriting()
    errors.closeWriting()
    let captured = Self.exchange(input: input, into: standardInput, output: output, errors: errors, limit: limit)
    return Result(status: Self.wait(pid), output: captured.output, errors: captured.errors)
  }

  /// Starts the program with these descriptors as its standard streams and no others.
  func spawn(input: Int32, output: Int32, errors: Int32) throws(SystemError) -> pid_t {
    guard let path = Environment.program(program) else { throw SystemError("run", program, code: ENOENT) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    // Whatever this process was started with belongs to it, not to the program.
    clinux_spawn_add_close_from(&actions, 3)
    if let directory { clinux_spawn_add_chdir(&actions, directory) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    var pipeSignal = sigset_t()
    sigemptyset(&pipeSignal)
    sigaddset(&pipeSignal, SIGPIPE)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setsigdefault(&attributes, &pipeSignal)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let words = ([program] + arguments).map { strdup($0) }
    let variables = (environment ?? Environment.all).sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") }
    defer { for pointer in words + variables { free(pointer) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, path, &actions, &attributes, words + [nil], variables + [nil])
    guard status == 0 else { throw SystemError("run", program, code: status) }
    return pid
  }

  /// Waits for a program to end: its exit code, or 128 and the signal's number.
  static func wait(_ pid: pid_t) -> Int32 {
    var code: Int32 = 0
    while waitpid(pid, &code, 0) < 0 && errno == EINTR {}
    let signal = code & 0x7f
    return signal == 0 ? (code >> 8) & 0xff : 128 + signal
  }

  private static func exchange(
    input: [UInt8], into standardInput: Pipe, output: Pipe, errors: Pipe, limit: Int
  ) -> (output: [UInt8], errors: [UInt8]) {
    var collected: [[UInt8]] = [[], []]
    var pending = input[...]
    if pending.isEmpty { standardInput.closeWriting() }
    var open = [output.reading, errors.reading]
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while open.contains(where: { $0 >= 0 }) {
      var polled = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      polled.append(pollfd(fd: pending.isEmpty ? -1 : standardInput.writing, events: Int16(POLLOUT), revents: 0))
      guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { break }
      for index in 0..<2 where polled[index].revents != 0 {
        let count = Glibc.read(open[index], &chunk, chunk.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 {
          open[index] = -1
        } else {
          collected[index].append(contentsOf: chunk[..<min(count, limit - collected[index].count)])
        }
      }
      if polled[2].revents != 0 {
        let count = pending.prefix(1 << 12).withUnsafeBytes { Glibc.write(polled[2].fd, $0.baseAddress, $0.count) }
        pending = count < 0 && errno != EINTR && errno != EAGAIN ? [] : pending.dropFirst(max(0, count))
        if pending.isEmpty { standardInput.closeWriting() }
      }
    }
    return (collected[0], collected[1])
  }
}

/// The two ends of a pipe, closed with the value.
final class Pipe {
  private(set) var reading: Int32
  private(set) var writing: Int32

  init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemError("create", "a pipe") }
    reading = ends[0]
    writing = ends[1]
  }

  func closeReading() {
    if reading >= 0 { close(reading) }
    reading = -1
  }

  func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  deinit {
    closeReading()
    closeWriting()
  }
}
