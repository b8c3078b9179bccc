extension Dockerfile {
  /// The instructions as s-expressions, a line each, in the form of BuildKit's `dumper`.
  public var dump: String { instructions.map { "(\($0.dump))\n" }.joined() }
}

extension Instruction {
  fileprivate var dump: String {
    var parts = [keyword.text.lowercased()]
    if !flags.isEmpty { parts.append("[" + flags.map { GoQuoting.quoted($0.text) }.joined(separator: " ") + "]") }
    return (parts + arguments.dump).joined(separator: " ")
  }
}

extension Instruction.Arguments {
  fileprivate var dump: [String] {
    switch self {
    case .none: []
    case .words(let words): words.map { GoQuoting.quoted($0.text) }
    case .text(let word): [GoQuoting.quoted(word.text)]
    case .json(let strings): strings.map(GoQuoting.quoted)
    case .pairs(let pairs):
      pairs.flatMap { [$0.name.text, $0.value.text, $0.hasEqualsSign ? "=" : ""] }.map(GoQuoting.quoted)
    case .health(let type, let command): [GoQuoting.quoted(type.text)] + command.dump
    case .trigger(let instruction): ["(\(instruction.dump))"]
    }
  }
}
