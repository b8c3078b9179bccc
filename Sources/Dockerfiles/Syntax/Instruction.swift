/// One instruction of a Dockerfile as it was written, before variables are expanded and its meaning is checked.
public struct Instruction: Sendable {
  /// A piece of an instruction and the bytes of the file that it came from.
  public struct Word: Sendable, Hashable {
    /// The text, for flags without the quotes that the parser takes away.
    public let text: String
    /// The bytes of the file.
    public let range: Range<Int>
    /// Where the first of them stands.
    public let position: SourcePosition

    /// Names a piece.
    public init(text: String, range: Range<Int>, position: SourcePosition) {
      self.text = text
      self.range = range
      self.position = position
    }
  }

  /// A name and its value, as in `ENV NAME=VALUE`.
  public struct Pair: Sendable, Hashable {
    /// The name, still quoted.
    public let name: Word
    /// The value, still quoted.
    public let value: Word
    /// Whether it was written with `=`, not as the old `ENV NAME VALUE`.
    public let hasEqualsSign: Bool
  }

  /// What follows the keyword and its flags.
  public indirect enum Arguments: Sendable {
    /// Nothing, or an unknown instruction's text.
    case none
    /// Words between white space.
    case words([Word])
    /// The rest of the line as one text, the shell form.
    case text(Word)
    /// A JSON array of strings, the exec form.
    case json([String])
    /// Names and values.
    case pairs([Pair])
    /// A health check's type and what follows it.
    case health(type: Word, Arguments)
    /// The instruction behind ONBUILD.
    case trigger(Instruction)
  }

  /// The keyword as it was written.
  public let keyword: Word
  /// What the keyword means, nil if no instruction has that name.
  public let kind: InstructionKind?
  /// The flags before the arguments, such as `--from=build`.
  public let flags: [Word]
  /// What follows them.
  public let arguments: Arguments
  /// The here-documents, in the order of their words.
  public internal(set) var heredocs: [Heredoc] = []
  /// The joined line that was parsed.
  public let text: String
  /// The bytes of the file that it takes, with continuation lines, comments between them and here-documents.
  public internal(set) var range: Range<Int>
  /// The first and the last of its lines, from 1.
  public internal(set) var lines: ClosedRange<Int>
  /// The comment lines right before it, without `#` and the white space around the text.
  public let comments: [String]

  /// Where the keyword stands.
  public var position: SourcePosition { keyword.position }
}

/// The names of instructions.
public enum InstructionKind: String, Sendable, CaseIterable {
  case add, arg, cmd, copy, entrypoint, env, expose, from, healthcheck, label, maintainer, onbuild, run, shell
  case stopsignal, user, volume, workdir
}
