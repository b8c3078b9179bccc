/// The flags of one instruction, each known and given at most once unless it may repeat.
package struct InstructionFlags {
  enum Kind {
    /// `--name` or `--name=true|false`.
    case switched
    /// `--name=value`.
    case single
    /// `--name=value`, any number of times.
    case repeated
  }

  private var values: [String: [Instruction.Word]] = [:]

  init(_ instruction: Instruction, _ known: [String: Kind] = [:]) throws(DockerfileError) {
    for word in instruction.flags {
      let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = String(parts[0])
      let name = String(flag.dropFirst(2))
      guard let kind = known[name] else {
        let near = known.keys.sorted().first { Self.isNear($0, name) }
        let all = known.keys.sorted().map { "--\($0)" }.joined(separator: ", ")
        throw DockerfileError(
          at: word.position, "unknown flag: \(flag)",
          hint: near.map { "did you mean --\($0)?" }
            ?? (all.isEmpty ? "\(instruction.keyword.text) takes no flags" : "\(instruction.keyword.text) takes \(all)")
        )
      }
      if values[name] != nil, kind != .repeated {
        throw DockerfileError(at: word.position, "duplicate flag specified: \(flag)")
      }
      var value = parts.count > 1 ? String(parts[1]) : ""
      switch kind {
      case .switched:
        if parts.count > 1, value.isEmpty {
          throw DockerfileError(at: word.position, "missing a value on flag: \(flag)")
        }
        value = value.isEmpty ? "true" : value.lowercased()
        guard value == "true" || value == "false" else {
          throw DockerfileError(at: word.position, "expecting boolean value for flag \(flag), not: \(parts[1])")
        }
      case .single, .repeated:
        guard parts.count > 1 else { throw DockerfileError(at: word.position, "missing a value on flag: \(flag)") }
      }
      values[name, default: []].append(
        Instruction.Word(text: value, range: word.range, position: word.position))
    }
  }

  /// Whether a switch is on.
  func isOn(_ name: String) -> Bool { values[name]?.first?.text == "true" }

  func word(_ name: String) -> Instruction.Word? { values[name]?.first }

  /// The value of a flag that is not empty.
  func text(_ name: String) -> String? { values[name]?.first.flatMap { $0.text.isEmpty ? nil : $0.text } }

  func all(_ name: String) -> [Instruction.Word] { values[name] ?? [] }

  /// Whether one becomes the other by adding, dropping or changing a single character.
  package static func isNear(_ first: String, _ second: String) -> Bool {
    let (a, b) = (Array(first.utf8), Array(second.utf8))
    let start = zip(a, b).prefix { $0 == $1 }.count
    let end = zip(a.dropFirst(start).reversed(), b.dropFirst(start).reversed()).prefix { $0 == $1 }.count
    return a.count - start - end <= 1 && b.count - start - end <= 1
  }
}
