extension Dockerfile {
  /// The longest line, in bytes without its newline.
  static let lineLimit = 65535

  /// Reads a Dockerfile.
  public init(parsing text: String) throws(DockerfileError) { try self.init(parsing: Array(text.utf8)) }

  /// Reads a Dockerfile; bytes that are no UTF-8 are kept in the file and replaced in words.
  public init(parsing bytes: [UInt8]) throws(DockerfileError) {
    var parser = DockerfileParser(SourceText(bytes))
    try parser.parse()
    self.init(
      source: bytes, elements: parser.elements, instructions: parser.instructions, escape: parser.directives.escape,
      emptyContinuations: parser.emptyContinuations, text: parser.source)
  }
}

/// Goes through the physical lines of a file and gathers elements.
struct DockerfileParser {
  let source: SourceText
  private(set) var directives = DirectiveScanner()
  private(set) var elements: [Dockerfile.Element] = []
  private(set) var instructions: [Instruction] = []
  private(set) var emptyContinuations: [SourcePosition] = []
  private var comments: [String] = []
  private var line = 0

  init(_ source: SourceText) { self.source = source }

  private var bytes: [UInt8] { source.bytes }

  mutating func parse() throws(DockerfileError) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { elements.append(.blank(0..<3)) }
    while line < source.lineCount { try parseLine() }
    guard !instructions.isEmpty else {
      throw DockerfileError(
        at: SourcePosition(line: 1, column: 1), "file with no instructions",
        hint: "a Dockerfile begins with FROM, as in 'FROM scratch'")
    }
  }

  /// The next physical line without its newline, and with it.
  private mutating func takeLine() throws(DockerfileError) -> (content: Range<Int>, whole: Range<Int>) {
    var whole = source.line(line)
    if whole.lowerBound == 0, case .blank(let mark)? = elements.first { whole = mark.upperBound..<whole.upperBound }
    let length = whole.last.map { bytes[$0] == UInt8(ascii: "\n") ? whole.count - 1 : whole.count } ?? 0
    guard length <= Dockerfile.lineLimit else {
      throw DockerfileError(
        at: SourcePosition(line: line + 1, column: 1),
        "dockerfile line greater than max allowed size of \(Dockerfile.lineLimit)")
    }
    line += 1
    return (LineScan.trimNewline(bytes, whole), whole)
  }

  private mutating func parseLine() throws(DockerfileError) {
    let first = line
    let (content, whole) = try takeLine()
    let trimmed = LineScan.trimStart(bytes, content)
    if let directive = try directives.scan(source, trimmed, whole) {
      elements.append(.directive(directive))
      return
    }
    if LineScan.isComment(bytes, content) {
      let text = LineScan.trim(bytes, trimmed.lowerBound + 1..<trimmed.upperBound)
      if text.isEmpty { comments = [] } else { comments.append(String(decoding: bytes[text], as: UTF8.self)) }
      elements.append(.comment(whole))
      return
    }
    guard !trimmed.isEmpty else {
      elements.append(.blank(whole))
      return
    }
    try parseInstruction(trimmed, whole, first)
  }

  private mutating func parseInstruction(
    _ start: Range<Int>, _ whole: Range<Int>, _ first: Int
  ) throws(DockerfileError) {
    var logical = LogicalLine()
    var (piece, goesOn) = splittingContinuation(start)
    logical.append(bytes, piece)
    var end = whole.upperBound
    var hasEmptyLine = false
    while goesOn, line < source.lineCount {
      let (content, whole) = try takeLine()
      end = whole.upperBound
      if LineScan.isComment(bytes, content) { continue }
      if LineScan.trimStart(bytes, content).isEmpty {
        hasEmptyLine = true
        continue
      }
      (piece, goesOn) = splittingContinuation(content)
      logical.append(bytes, piece)
    }
    if hasEmptyLine { emptyContinuations.append(source.position(of: start.lowerBound)) }
    let parser = InstructionParser(source: source, line: logical, escape: directives.escape, start: start.lowerBound)
    var instruction = try parser.parse(comments: comments)
    if instruction.mayHaveHeredocs {
      end = max(end, try takeHeredocs(of: &instruction))
    }
    instruction.range = whole.lowerBound..<end
    instruction.lines = first + 1...line
    elements.append(.instruction(instructions.count))
    instructions.append(instruction)
    comments = []
  }

  /// The line without the escape character that continues it, and whether there was one.
  ///
  /// An escape character behind another escape character continues nothing: it is escaped itself.
  private func splittingContinuation(_ content: Range<Int>) -> (Range<Int>, Bool) {
    var end = content.upperBound
    while end > content.lowerBound, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    let mark = UInt8(ascii: directives.escape)
    guard end > content.lowerBound, bytes[end - 1] == mark else { return (content, false) }
    if end - 1 > content.lowerBound, bytes[end - 2] == mark { return (content, false) }
    return (content.lowerBound..<end - 1, true)
  }

  /// Takes the lines of the here-documents that the instruction begins; returns where the last of them ends.
  private mutating func takeHeredocs(of instruction: inout Instruction) throws(DockerfileError) -> Int {
    var end = 0
    var heredocs: [Heredoc]
    do { heredocs = try Heredoc.all(in: instruction.text) } catch {
      throw DockerfileError(at: instruction.position, "\(error)")
    }
    for index in heredocs.indices {
      let name = Array(heredocs[index].name.utf8)
      var isTerminated = false
      var content: [UInt8] = []
      while !isTerminated, line < source.lineCount {
        let (text, whole) = try takeLine()
        end = whole.upperBound
        var candidate = bytes[text]
        if heredocs[index].strips { candidate = candidate.drop { $0 == UInt8(ascii: "\t") } }
        isTerminated = candidate.elementsEqual(name)
        if !isTerminated { content += bytes[whole] }
      }
      guard isTerminated else {
        throw DockerfileError(
          at: instruction.position, "unterminated heredoc",
          hint: "end it with a line that holds '\(heredocs[index].name)' and nothing else")
      }
      heredocs[index].content = String(decoding: content, as: UTF8.self)
    }
    instruction.heredocs = heredocs
    return end
  }
}

extension Instruction {
  /// Whether `<<WORD` means something to the instruction, or to the one behind ONBUILD.
  fileprivate var mayHaveHeredocs: Bool {
    guard text.utf8.contains(UInt8(ascii: "<")) else { return false }
    if case .trigger(let instruction) = arguments { return instruction.takesHeredocs }
    return takesHeredocs
  }

  private var takesHeredocs: Bool {
    guard kind == .run || kind == .copy || kind == .add else { return false }
    if case .json = arguments { return false }
    return true
  }
}
