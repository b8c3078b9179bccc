import Host

/// What `/proc/PID/stat` says of a process.
struct ProcessStatus: Equatable, Sendable {
  /// The state's letter: `R`, `S`, `D`, `T`, `Z` and others.
  let state: Character
  let parent: Int32
  /// When it started, in ticks since the machine did.
  let start: UInt64

  /// Asks for a process; nil when there is none.
  ///
  /// - Parameter root: The root below which `/proc` is looked for.
  init?(of pid: Int32, root: String = "") {
    guard let text = try? Files.text("\(root)/proc/\(pid)/stat", limit: 1 << 12) else { return nil }
    // proc_pid_stat(5): the second field is the name in parentheses, which may itself hold spaces and parentheses.
    guard let close = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]), let start = UInt64(fields[19])
    else { return nil }
    self.state = state
    self.parent = parent
    self.start = start
  }

  /// Whether it has ended and only waits to be reaped.
  var hasEnded: Bool { state == "Z" || state == "X" }
}
