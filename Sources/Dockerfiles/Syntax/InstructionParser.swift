internal import JSON

/// Splits one joined line into keyword, flags and arguments, each kind of instruction by its own rule.
struct InstructionParser {
  let source: SourceText
  let line: LogicalLine
  let escape: Unicode.Scalar
  /// The byte of the file at which an instruction of no text stands.
  let start: Int

  func parse(comments: [String]) throws(DockerfileError) -> Instruction {
    try parse(0..<line.bytes.count, comments: comments)
  }

  private func parse(_ range: Range<Int>, comments: [String]) throws(DockerfileError) -> Instruction {
    let trimmed = LineScan.trim(line.bytes, range)
    let keywordEnd = trimmed.first { LineScan.separates(line.bytes[$0]) } ?? trimmed.upperBound
    let rest = trimmed[keywordEnd...].first { !LineScan.separates(line.bytes[$0]) } ?? trimmed.upperBound
    let keyword = word(trimmed.lowerBound..<keywordEnd)
    let kind = InstructionKind(rawValue: keyword.text.lowercased())
    let (flags, argumentStart) = flags(rest..<trimmed.upperBound)
    let text = LineScan.trim(line.bytes, argumentStart..<trimmed.upperBound)
    let sourceRange = line.source(of: trimmed)
    return Instruction(
      keyword: keyword, kind: kind, flags: flags,
      arguments: try arguments(of: kind, text, keyword),
      text: line.text(range), range: sourceRange,
      lines: keyword.position.line...max(keyword.position.line, keyword.position.line), comments: comments)
  }

  func word(_ range: Range<Int>, _ text: String? = nil) -> Instruction.Word {
    let place = line.bytes.isEmpty ? start..<start : line.source(of: range)
    return Instruction.Word(
      text: text ?? line.text(range), range: place, position: source.position(of: place.lowerBound))
  }

  // MARK: Arguments

  private func arguments(
    of kind: InstructionKind?, _ text: Range<Int>, _ keyword: Instruction.Word
  ) throws(DockerfileError) -> Instruction.Arguments {
    guard let kind, !text.isEmpty else { return .none }
    switch kind {
    case .add, .copy, .volume:
      return try json(text).map(Instruction.Arguments.json) ?? .words(separatedWords(text))
    case .cmd, .entrypoint, .run, .shell:
      return try json(text).map(Instruction.Arguments.json) ?? .text(word(text))
    case .expose, .from: return .words(separatedWords(text))
    case .maintainer, .stopsignal, .user, .workdir: return .text(word(text))
    case .arg:
      let words = quotedWords(text)
      return words.isEmpty ? .none : .words(words)
    case .env, .label: return try pairs(text, keyword)
    case .healthcheck: return try health(text)
    case .onbuild: return .trigger(try parse(text, comments: []))
    }
  }

  private func health(_ text: Range<Int>) throws(DockerfileError) -> Instruction.Arguments {
    let end = text.first { LineScan.space(line.bytes, $0, text.upperBound) > 0 } ?? text.upperBound
    let rest = LineScan.trimStart(line.bytes, end..<text.upperBound)
    let command: Instruction.Arguments =
      rest.isEmpty ? .none : try json(rest).map(Instruction.Arguments.json) ?? .text(word(rest))
    return .health(type: word(text.lowerBound..<end), command)
  }

  /// The strings of a JSON array; nil if the text is no JSON array, which then is the shell form.
  private func json(_ range: Range<Int>) throws(DockerfileError) -> [String]? {
    guard line.bytes[range.lowerBound] == UInt8(ascii: "["),
      let array = try? JSONValue(parsing: Array(line.bytes[range])).array
    else { return nil }
    let strings = array.compactMap(\.string)
    guard strings.count == array.count else {
      throw DockerfileError(
        at: word(range).position, "when using JSON array syntax, arrays must be comprised of strings only",
        hint: "put every element into double quotes")
    }
    return strings
  }

  private func pairs(
    _ text: Range<Int>, _ keyword: Instruction.Word
  ) throws(DockerfileError) -> Instruction.Arguments {
    let words = quotedWords(text)
    guard let first = words.first else { return .none }
    let name = keyword.text.uppercased()
    guard first.text.utf8.contains(UInt8(ascii: "=")) else {
      // The old form: the name, and the rest of the line is the value.
      guard let end = text.first(where: { LineScan.separates(line.bytes[$0]) }),
        let value = text[end...].first(where: { !LineScan.separates(line.bytes[$0]) })
      else {
        throw DockerfileError(
          at: first.position, "\(name) must have two arguments", hint: "write \(name) NAME=VALUE")
      }
      return .pairs([
        Instruction.Pair(
          name: word(text.lowerBound..<end), value: word(value..<text.upperBound), hasEqualsSign: false)
      ])
    }
    var pairs: [Instruction.Pair] = []
    for word in words {
      guard let equals = word.text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
        throw DockerfileError(
          at: word.position,
          "Syntax error - can't find = in \(GoQuoting.quoted(word.text)). Must be of the form: name=value",
          hint: "put a value that holds white space into double quotes")
      }
      pairs.append(split(word, at: equals))
    }
    return .pairs(pairs)
  }

  private func split(_ word: Instruction.Word, at equals: String.Index) -> Instruction.Pair {
    let name = String(word.text[..<equals])
    let place = word.range.lowerBound + name.utf8.count
    func piece(_ text: String, _ range: Range<Int>) -> Instruction.Word {
      Instruction.Word(text: text, range: range, position: source.position(of: range.lowerBound))
    }
    let end = max(place + 1, word.range.upperBound)
    return Instruction.Pair(
      name: piece(name, word.range.lowerBound..<place),
      value: piece(String(word.text[word.text.index(after: equals)...]), min(place + 1, end)..<end),
      hasEqualsSign: true)
  }
}
