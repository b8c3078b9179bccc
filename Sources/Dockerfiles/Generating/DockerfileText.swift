/// Puts instructions together as a person would write them.
struct DockerfileText {
  private(set) var lines: [String] = []

  mutating func comment(_ text: String...) {
    if !lines.isEmpty { lines.append("") }
    lines += text.map { $0.isEmpty ? "#" : "# \($0)" }
  }

  mutating func add(_ instruction: String, _ rest: String) { lines.append("\(instruction) \(rest)") }

  /// One `RUN` of several commands, each on a line, of which the first to fail ends it.
  mutating func run(mounts: [String] = [], _ commands: [String]) {
    var parts = mounts.map { "--mount=\($0)" }
    if let first = commands.first { parts.append(first) }
    var text = "RUN " + parts.joined(separator: " \\\n    ")
    for command in commands.dropFirst() { text += " \\\n && \(command)" }
    lines.append(text)
  }

  /// One instruction of several `NAME=VALUE`, each on a line.
  mutating func pairs(_ instruction: String, _ values: [String: String]) {
    guard !values.isEmpty else { return }
    let pairs = values.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.quoted($0.value))" }
    lines.append("\(instruction) " + pairs.joined(separator: " \\\n    "))
  }

  /// The words as a JSON array, the form that needs no shell.
  static func words(_ words: [String]) -> String { "[" + words.map(quoted).joined(separator: ", ") + "]" }

  /// A value in double quotes, in which a Dockerfile keeps `\`, `"` and `$` only when they are escaped.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for character in text {
      if character == "\"" || character == "\\" || character == "$" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted + "\""
  }

  var text: String { lines.joined(separator: "\n") + "\n" }
}
