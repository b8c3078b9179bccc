/// How a command ended, and what it wrote where output was captured.
public struct SandboxResult: Sendable, Hashable {
  /// How it ended.
  public let status: SandboxResult.Status
  /// Standard output, up to the limit.
  public let output: [UInt8]
  /// Standard error, up to the limit.
  public let errors: [UInt8]
  /// Whether it wrote more than was kept.
  public let isCut: Bool

  /// Standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// Standard error as text.
  public var errorText: String { String(decoding: errors, as: UTF8.self) }
}

extension SandboxResult {
  /// How a command in a sandbox ended.
  public enum Status: Sendable, Hashable, CustomStringConvertible {
    /// It ended by itself with this code.
    case exited(Int32)
    /// This signal ended it; SIGKILL also when the whole sandbox ended around it.
    case signalled(Int32)
    /// Its time was up.
    case timedOut

    /// Whether it ended by itself with code 0.
    public var isSuccess: Bool { self == .exited(0) }

    /// The code a shell would show: its own, 128 and the signal's number, or 124 as `timeout` has it.
    public var shellCode: Int32 {
      switch self {
      case .exited(let code): code
      case .signalled(let signal): 128 + signal
      case .timedOut: 124
      }
    }

    /// How it ended, as the end of a sentence.
    public var description: String {
      switch self {
      case .exited(let code): "exited with code \(code)"
      case .signalled(let signal): "was ended by signal \(signal)"
      case .timedOut: "took longer than its time limit"
      }
    }
  }
}

/// A line that a command wrote, while it runs.
public struct SandboxLine: Sendable, Hashable {
  /// The stream it was written to.
  public let stream: Stream
  /// The line without its end; a very long one comes in parts.
  public let text: String

  /// A stream of output.
  public enum Stream: Sendable, Hashable {
    /// Standard output.
    case output
    /// Standard error.
    case errors
  }
}
