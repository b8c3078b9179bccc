/// An error as a person reads it: what happened and where, what to do, and the exit code.
struct Failure: Error, Sendable {
  let status: ExitStatus
  let message: String
  let hints: [String]

  init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
    self.init(status, message, hints: hint.map { [$0] } ?? [])
  }

  init(_ status: ExitStatus, _ message: String, hints: [String]) {
    self.status = status
    self.message = message
    self.hints = hints
  }

  /// What another process of Drydock's said, as its own.
  init(repeating text: String, status: Int32) {
    var message: [Substring] = []
    var hints: [String] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("hint: ") { hints.append(String(line.dropFirst(6))) } else { message.append(line) }
    }
    let joined = message.joined(separator: "\n")
    self.init(
      ExitStatus(rawValue: status) ?? .machine, joined.hasPrefix("error: ") ? String(joined.dropFirst(7)) : joined,
      hints: hints)
  }

  /// The text for standard error; hints stand apart from what happened.
  func text(color: Bool) -> String {
    let red = color ? "\u{1B}[31m" : ""
    let cyan = color ? "\u{1B}[36m" : ""
    let plain = color ? "\u{1B}[0m" : ""
    var text = "\(red)error:\(plain) \(message)\n"
    for hint in hints { text += "\(cyan)hint:\(plain) \(hint)\n" }
    return text
  }
}
