internal import CLinux
internal import Glibc
internal import JSON

/// One command on its way to `execve`: forked by the supervisor, which has a single thread, so that the child may run
/// ordinary code.
struct ProcessLaunch {
  let command: SandboxCommand
  /// Standard input, output and error.
  let streams: [Descriptor]
  let allowsNesting: Bool

  /// Starts the command and returns its number once it is executed.
  ///
  /// - Parameter prepare: What the child does first, with the privileges of the supervisor.
  func start(preparing prepare: () throws(SandboxError) -> Void = {}) throws(SandboxError) -> pid_t {
    let (process, words) = try fork(preparing: prepare)
    // The end without a word: exec has closed the pipe.
    guard let line = try words.readToEnd().split(separator: UInt8(ascii: "\n")).first else { return process }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    guard case .failed(let error) = try Report(line: Array(line)) else {
      throw SandboxError(.exchange, "start the command", command.arguments.first)
    }
    throw error
  }

  private func fork(
    preparing prepare: () throws(SandboxError) -> Void
  ) throws(SandboxError) -> (process: pid_t, words: Descriptor) {
    let (reading, writing) = try Descriptor.pipe()
    let process = try checkErrno(Glibc.fork(), .command, "fork")
    if process == 0 {
      do throws(SandboxError) {
        try prepare()
        try becomeCommand()
        if command.isIdle { idle() }
        try execute()
      } catch {
        try? writing.write(Report.failed(error).line)
      }
      _exit(127)
    }
    return (process, reading)
  }
}
