internal import Glibc

/// The terminal behind a standard stream, if there is one.
public enum Terminal {
  /// A standard stream.
  public enum Stream: Int32, Sendable {
    /// Data for the next program.
    case output = 1
    /// Everything a person reads beside it.
    case error = 2
  }

  /// Whether the stream is a terminal.
  public static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

  /// Whether colour is wanted there: a terminal, no `NO_COLOR` (no-color.org), not a dumb one.
  public static func wantsColor(_ stream: Stream) -> Bool {
    isTerminal(stream) && Environment["NO_COLOR"] == nil && Environment["TERM"] != "dumb"
  }

  /// The width in columns, 80 when nobody knows.
  public static var width: Int {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes text to a stream at once; a reader that went away is no error.
  public static func write(_ text: String, to stream: Stream) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(stream.rawValue, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
