internal import CLinux
internal import Glibc

/// Watches one command on a thread that may block: collects its output, hands on lines, waits for its end.
struct CommandMonitor: Sendable {
  let report: Descriptor
  let captures: [CommandStreams.Capture]
  /// The pidfd to wait for at the end, when the command is the sandbox's first.
  let reaping: Descriptor?
  /// The control group to remove after that.
  let group: ControlGroup?
  let onLine: (@Sendable (SandboxLine) -> Void)?

  /// Blocks until the command is over.
  func run() -> SandboxResult {
    var collected = captures.map { CollectedStream($0, onLine: onLine) }
    var words: [UInt8] = []
    var isOver = false
    while !isOver {
      var polled = [pollfd(fd: report.number, events: Int16(POLLIN), revents: 0)]
      polled += collected.map { pollfd(fd: $0.isOpen ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { break }
      for index in collected.indices where polled[index + 1].revents != 0 { collected[index].read() }
      if polled[0].revents != 0 {
        let part = (try? report.read()) ?? []
        words += part
        isOver = part.isEmpty || words.last == UInt8(ascii: "\n")
      }
    }
    // What was written before the end lies in the pipes now. A process that lives on may hold them open: no waiting.
    for index in collected.indices { collected[index].finish() }
    if let reaping { _ = clinux_pidfd_wait(reaping.number) }
    group?.remove()
    func bytes(_ stream: SandboxLine.Stream) -> [UInt8] { collected.first { $0.stream == stream }?.bytes ?? [] }
    return SandboxResult(
      status: Self.status(words), output: bytes(.output), errors: bytes(.errors),
      isCut: collected.contains { $0.isCut })
  }

  private static func status(_ words: [UInt8]) -> SandboxResult.Status {
    let line = words.split(separator: UInt8(ascii: "\n")).first.map { Array($0) } ?? []
    guard case .ended(let status)? = try? Report(line: line) else { return .signalled(SIGKILL) }
    return status
  }
}

/// The bytes and lines of one captured stream.
private struct CollectedStream {
  private static let longestLine = 1 << 16

  private let capture: CommandStreams.Capture
  private let onLine: (@Sendable (SandboxLine) -> Void)?
  private var line: [UInt8] = []
  private(set) var bytes: [UInt8] = []
  private(set) var isCut = false
  private(set) var isOpen = true

  init(_ capture: CommandStreams.Capture, onLine: (@Sendable (SandboxLine) -> Void)?) {
    self.capture = capture
    self.onLine = onLine
  }

  var stream: SandboxLine.Stream { capture.stream }
  var descriptor: Int32 { capture.reading.number }

  /// Reads once; false when there is nothing now or any more.
  @discardableResult
  mutating func read() -> Bool {
    guard isOpen else { return false }
    guard let part = try? capture.reading.read() else { return false }
    isOpen = !part.isEmpty
    let kept = part.prefix(max(0, capture.limit - bytes.count))
    bytes += kept
    isCut = isCut || kept.count < part.count
    if onLine != nil { handOn(part) }
    return isOpen
  }

  /// Reads what is there without waiting.
  mutating func finish() {
    while read() {}
    if !line.isEmpty { emit() }
  }

  private mutating func handOn(_ part: [UInt8]) {
    for byte in part {
      if byte == UInt8(ascii: "\n") {
        emit()
      } else {
        line.append(byte)
        if line.count == Self.longestLine { emit() }
      }
    }
  }

  private mutating func emit() {
    onLine?(SandboxLine(stream: stream, text: String(decoding: line, as: UTF8.self)))
    line.removeAll(keepingCapacity: true)
  }
}
