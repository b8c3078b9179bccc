internal import CLinux
internal import Glibc

/// The standard streams of a command, opened by the caller: the ends to pass, and the ends to read.
struct CommandStreams: Sendable {
  /// A captured stream.
  struct Capture: Sendable {
    let stream: SandboxLine.Stream
    let reading: Descriptor
    let limit: Int
  }

  /// Standard input, output and error of the command; empty once passed.
  let theirs: [Descriptor]
  /// What the caller reads.
  let captures: [Capture]

  init(_ command: SandboxCommand) throws(SandboxError) {
    var captures: [Capture] = []
    let input = try Self.open(command.input)
    let output = try Self.open(command.output, .output, inherited: 1, joined: nil, &captures)
    let errors = try Self.open(command.errors, .errors, inherited: 2, joined: output, &captures)
    theirs = [input, output, errors]
    self.captures = captures
  }

  private init(captures: [Capture]) {
    theirs = []
    self.captures = captures
  }

  /// The streams without the ends that belong to the command.
  var received: CommandStreams { CommandStreams(captures: captures) }

  private static func open(_ input: SandboxCommand.Input) throws(SandboxError) -> Descriptor {
    switch input {
    case .null: try .open("/dev/null", O_RDONLY, stage: .command, to: "open the input")
    case .inherited: try duplicate(0)
    case .bytes(let bytes): try .memory(bytes)
    case .file(let path): try .open(path, O_RDONLY, stage: .command, to: "open the input")
    }
  }

  private static func open(
    _ output: SandboxCommand.Output, _ stream: SandboxLine.Stream, inherited: Int32, joined: Descriptor?,
    _ captures: inout [Capture]
  ) throws(SandboxError) -> Descriptor {
    switch output {
    case .null: return try .open("/dev/null", O_WRONLY, stage: .command, to: "open the output")
    case .inherited: return try duplicate(inherited)
    case .joined:
      if let joined { return joined }
      return try duplicate(inherited)
    case .file(let path):
      return try .open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644, stage: .command, to: "open the output")
    case .captured(let limit):
      let (reading, writing) = try Descriptor.pipe()
      let flags = fcntl(reading.number, F_GETFL)
      try checkErrno(fcntl(reading.number, F_SETFL, flags | O_NONBLOCK), .exchange, "prepare a pipe")
      captures.append(Capture(stream: stream, reading: reading, limit: limit))
      return writing
    }
  }

  private static func duplicate(_ number: Int32) throws(SandboxError) -> Descriptor {
    Descriptor(try checkErrno(fcntl(number, F_DUPFD_CLOEXEC, 3), .command, "pass on a standard stream"))
  }
}
