/// A regular expression in RE2's syntax, which tests written for Go tools use.
///
/// Only whether a text holds a match is asked, so all ways through the pattern are followed at once: time grows with the
/// text, never with its square or worse, whatever the pattern is. Specification: RE2 syntax; left out are scripts
/// (`\p{Greek}`) and `\C`, which are refused.
public struct Pattern: Sendable, Hashable, CustomStringConvertible {
  /// The text it was read from.
  public let description: String
  private let program: [Instruction]

  /// Reads a pattern.
  public init(parsing text: String) throws(PatternError) {
    var parser = PatternParser(text)
    let node = try parser.parse()
    var program: [Instruction] = []
    try Self.compile(node, into: &program, of: text)
    program.append(.match)
    description = text
    self.program = program
  }

  /// Whether a part of the text matches.
  public func matches(_ text: String) -> Bool { matches(Array(text.unicodeScalars)) }

  private func matches(_ text: [Unicode.Scalar]) -> Bool {
    var current = States(count: program.count)
    var next = States(count: program.count)
    for index in 0...text.count {
      // A match may begin anywhere.
      if follow(0, text, index, &current) { return true }
      guard index < text.count else { break }
      for state in current.members {
        guard case .scalar(let set) = program[state], set.contains(text[index]) else { continue }
        if follow(state + 1, text, index + 1, &next) { return true }
      }
      swap(&current, &next)
      next.removeAll()
    }
    return false
  }

  /// Adds all states that are reached from one without reading; whether one of them is the end.
  private func follow(_ start: Int, _ text: [Unicode.Scalar], _ index: Int, _ states: inout States) -> Bool {
    var pending = [start]
    while let state = pending.popLast() {
      guard states.insert(state) else { continue }
      switch program[state] {
      case .match: return true
      case .scalar: continue
      case .jump(let target): pending.append(target)
      case .split(let first, let second):
        pending.append(second)
        pending.append(first)
      case .require(let condition): if condition.holds(in: text, at: index) { pending.append(state + 1) }
      }
    }
    return false
  }

  /// A set of states that is emptied without touching each of them.
  private struct States {
    private(set) var members: [Int] = []
    private var marks: [Bool]

    init(count: Int) { marks = Array(repeating: false, count: count) }

    mutating func insert(_ state: Int) -> Bool {
      guard !marks[state] else { return false }
      marks[state] = true
      members.append(state)
      return true
    }

    mutating func removeAll() {
      for member in members { marks[member] = false }
      members.removeAll(keepingCapacity: true)
    }
  }
}

extension Pattern {
  /// One step of the machine.
  enum Instruction: Sendable, Hashable {
    case scalar(ScalarSet)
    case jump(Int)
    case split(Int, Int)
    case require(PatternNode.Condition)
    case match
  }

  /// Counted repetitions are written out; this bounds what `((a{1000}){1000}){1000}` may become.
  private static let longestProgram = 50_000

  private static func compile(
    _ node: PatternNode, into program: inout [Instruction], of text: String
  ) throws(PatternError) {
    guard program.count < longestProgram else { throw PatternError(text, at: 0, "is too large with its repetitions") }
    switch node {
    case .empty: break
    case .scalar(let set): program.append(.scalar(set))
    case .condition(let condition): program.append(.require(condition))
    case .sequence(let nodes): for node in nodes { try compile(node, into: &program, of: text) }
    case .alternatives(let nodes):
      var ends: [Int] = []
      for (index, node) in nodes.enumerated() {
        let split = program.count
        if index < nodes.count - 1 { program.append(.split(split + 1, 0)) }
        try compile(node, into: &program, of: text)
        if index < nodes.count - 1 {
          ends.append(program.count)
          program.append(.jump(0))
          program[split] = .split(split + 1, program.count)
        }
      }
      for end in ends { program[end] = .jump(program.count) }
    case .repetition(let node, let least, let most):
      for _ in 0..<least { try compile(node, into: &program, of: text) }
      guard let most else {
        let split = program.count
        program.append(.split(split + 1, 0))
        try compile(node, into: &program, of: text)
        program.append(.jump(split))
        program[split] = .split(split + 1, program.count)
        return
      }
      var splits: [Int] = []
      for _ in least..<most {
        splits.append(program.count)
        program.append(.split(program.count + 1, 0))
        try compile(node, into: &program, of: text)
      }
      for split in splits { program[split] = .split(split + 1, program.count) }
    }
  }
}

/// A pattern that can't be read.
public struct PatternError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The pattern.
  public let pattern: String
  /// The place in it, in characters from 0.
  public let offset: Int
  /// What is wrong there.
  public let reason: String

  init(_ pattern: String, at offset: Int, _ reason: String) {
    self.pattern = pattern
    self.offset = offset
    self.reason = reason
  }

  /// The pattern, the place and the fault in one line.
  public var description: String { "the pattern '\(pattern)' \(reason) (character \(offset + 1))" }
}
