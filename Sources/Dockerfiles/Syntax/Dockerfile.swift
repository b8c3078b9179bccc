/// A Dockerfile as it was written: nothing of it is lost, every piece has its place.
///
/// It is parsed by BuildKit's rules (`frontend/dockerfile/parser`). `elements` cover every byte of the file in order, so
/// that printing them gives the file back, and an edit changes what it names and nothing else.
public struct Dockerfile: Sendable {
  /// A line of the file that configures the parser: `# NAME=VALUE` before everything else.
  public struct Directive: Sendable, Hashable {
    /// The name in lower case: `syntax`, `escape` or `check`.
    public let name: String
    /// The value.
    public let value: String
    /// Where its line begins.
    public let position: SourcePosition
    /// The bytes of its line.
    public let range: Range<Int>
  }

  /// A piece of the file between which and the next nothing is left.
  public enum Element: Sendable, Hashable {
    /// A line for the parser.
    case directive(Directive)
    /// A line for readers, with its newline.
    case comment(Range<Int>)
    /// White space.
    case blank(Range<Int>)
    /// The instruction of this index.
    case instruction(Int)
  }

  /// The bytes of the file.
  public let source: [UInt8]
  /// Everything in the file, in order.
  public let elements: [Element]
  /// The instructions, in order; at least one.
  public let instructions: [Instruction]
  /// The character that escapes and continues lines.
  public let escape: Unicode.Scalar
  /// The places of instructions that go on over an empty line, which a later version of the language may refuse.
  public let emptyContinuations: [SourcePosition]

  let text: SourceText

  /// The directives, in order.
  public var directives: [Directive] {
    elements.compactMap { if case .directive(let directive) = $0 { directive } else { nil } }
  }

  /// The place of a byte of the file.
  public func position(of offset: Int) -> SourcePosition { text.position(of: offset) }

  /// The bytes that an element takes.
  public func range(of element: Element) -> Range<Int> {
    switch element {
    case .directive(let directive): directive.range
    case .comment(let range), .blank(let range): range
    case .instruction(let index): instructions[index].range
    }
  }

  /// The file, put together from its elements: the same bytes that were parsed.
  public func printed() -> [UInt8] { elements.flatMap { source[range(of: $0)] } }

  /// The file with pieces of it replaced.
  ///
  /// - Parameter edits: ranges of bytes that do not overlap, in any order, and what takes their place.
  public func applying(_ edits: [(range: Range<Int>, text: String)]) -> [UInt8] {
    var result: [UInt8] = []
    var done = 0
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      result += source[done..<max(done, edit.range.lowerBound)]
      result += edit.text.utf8
      done = max(done, edit.range.upperBound)
    }
    return result + source[done...]
  }
}
