internal import CLinux
internal import Glibc
internal import JSON

/// The caller's hold on a sandbox: while it is open, the sandbox lives.
final class SandboxConnection: Sendable {
  private let control: Descriptor
  /// The pidfd of the sandbox's first process.
  let process: Descriptor

  init(control: Descriptor, process: Descriptor) {
    self.control = control
    self.process = process
  }

  deinit { close() }

  /// The error of a sandbox that ended before it said a word.
  static let silence = SandboxError(.exchange, "start the sandbox: it ended without a word")

  /// Sends a plan or a command and waits until it is executed.
  func start(
    _ text: Descriptor, _ streams: CommandStreams, group: ControlGroup? = nil
  ) throws(SandboxError) -> SandboxLauncher.Start {
    let report = try send(text, streams)
    guard let line = try Self.readLine(report) else { throw Self.silence }
    switch try Report(line: line) {
    case .started(let number):
      return SandboxLauncher.Start(
        connection: self, process: number, report: report, streams: streams.received, group: group)
    case .failed(let error): throw error
    case .ended: throw Self.silence
    }
  }

  /// Sends; all ends that belong to the other side are closed here when it returns.
  private func send(_ text: Descriptor, _ streams: CommandStreams) throws(SandboxError) -> Descriptor {
    let (reading, writing) = try Descriptor.pipe()
    let message = ControlMessage(bytes: Request.start.bytes, descriptors: [text, writing] + streams.theirs)
    try message.send(control.number)
    return reading
  }

  /// Reads to the end of a line, byte by byte so as not to take what follows.
  private static func readLine(_ report: Descriptor) throws(SandboxError) -> [UInt8]? {
    var line: [UInt8] = []
    while let byte = try report.read(atMost: 1)?.first {
      if byte == UInt8(ascii: "\n") { return line }
      line.append(byte)
    }
    return nil
  }

  /// The socket that listens inside.
  func listener() throws(SandboxError) -> SandboxListener { try .receive(from: control.number) }

  /// Asks the supervisor to signal a process that it started.
  func signal(_ signal: Int32, to process: Int32) {
    try? ControlMessage(bytes: Request.signal(signal, process: process).bytes, descriptors: []).send(control.number)
  }

  /// Ends the sandbox as if the caller had died: the supervisor kills everything, cleans up and goes.
  func close() { shutdown(control.number, Int32(SHUT_RDWR)) }

  /// Kills the first process, and the kernel everything else.
  func kill() { _ = clinux_pidfd_signal(process.number, SIGKILL) }
}
