/// Is one logical line of a requirements file: a requirement, its options, or options alone.
struct RequirementLine: Equatable {
  /// Is one option with its value.
  struct Option: Equatable {
    let name: String
    let value: String?
    /// Where it begins in the joined line.
    let column: Int
  }

  /// What is wrong with the options, and where.
  struct Fault: Error, Equatable {
    let column: Int
    let reason: String
  }

  /// The number of the first physical line.
  let number: Int
  /// The requirement; empty for a line of options.
  let requirement: String
  private let rest: Substring
  private let restColumn: Int

  /// Lines with continuations joined, comments gone and variables put in.
  static func lines(of text: String, environment: [String: String]) -> [RequirementLine] {
    var lines: [RequirementLine] = []
    var pending: (number: Int, content: String)?
    let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    for (offset, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let start = pending ?? (offset + 1, "")
      // A comment ends a continued line, whatever it ends with.
      let isComment = raw.drop(while: \.isWhitespace).first == "#"
      if raw.hasSuffix("\\"), !isComment {
        pending = (start.number, start.content + raw.dropLast())
        continue
      }
      pending = nil
      let content = start.content + (isComment ? " " : "") + raw
      if let line = RequirementLine(start.number, content, environment) { lines.append(line) }
    }
    if let pending, let line = RequirementLine(pending.number, pending.content, environment) { lines.append(line) }
    return lines
  }

  private init?(_ number: Int, _ content: String, _ environment: [String: String]) {
    let text = Self.expanded(Self.withoutComment(content), environment)
    let indent = text.prefix(while: \.isWhitespace).count
    // What stands before the first word with a hyphen in front is the requirement.
    var end = text.endIndex
    var isWordStart = true
    for place in text.indices {
      if isWordStart, text[place] == "-" {
        end = place
        break
      }
      isWordStart = text[place].isWhitespace
    }
    self.number = number
    requirement = text[..<end].trimmed
    rest = text[end...]
    restColumn = text.distance(from: text.startIndex, to: end) + 1
    if requirement.isEmpty, rest.isEmpty || indent == text.count { return nil }
  }

  /// A `#` begins a comment at the start of a line or behind white space.
  private static func withoutComment(_ line: String) -> String {
    var previous: Character = " "
    for place in line.indices {
      if line[place] == "#", previous.isWhitespace { return String(line[..<place]) }
      previous = line[place]
    }
    return line
  }

  /// `${NAME}`, with capitals, digits and underscores; one that is not set stays as it is.
  private static func expanded(_ line: String, _ environment: [String: String]) -> String {
    var result = ""
    var rest = line[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...]
      if rest.dropFirst().first == "{", let close = rest.firstIndex(of: "}") {
        let name = rest[rest.index(dollar, offsetBy: 2)..<close]
        let isName =
          !name.isEmpty && name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
        if isName, let value = environment[String(name)] {
          result += value
          rest = rest[rest.index(after: close)...]
          continue
        }
      }
      result.append("$")
      rest = rest.dropFirst()
    }
    return result + rest
  }

  /// The options, with quotes taken off.
  func options() throws(Fault) -> [Option] {
    var words: [(text: String, column: Int)] = []
    var word: (text: String, column: Int)?
    var quote: Character?
    var column = restColumn
    for character in rest {
      if character == quote {
        quote = nil
      } else if quote == nil, character == "\"" || character == "'" {
        quote = character
        word = word ?? ("", column)
      } else if quote == nil, character == " " || character == "\t" {
        if let word { words.append(word) }
        word = nil
      } else {
        if word == nil { word = ("", column) }
        word?.text.append(character)
      }
      column += 1
    }
    guard quote == nil else { throw Fault(column: restColumn, reason: "a quote is not closed") }
    if let word { words.append(word) }
    return try Self.options(words)
  }

  private static func options(_ words: [(text: String, column: Int)]) throws(Fault) -> [Option] {
    let switches: Set<String> = ["--no-index", "--pre", "--require-hashes", "--prefer-binary"]
    var options: [Option] = []
    var waiting = words[...]
    while let (text, column) = waiting.popFirst() {
      guard text.hasPrefix("-") else { throw Fault(column: column, reason: "expected an option, found '\(text)'") }
      if switches.contains(text) {
        options.append(Option(name: text, value: nil, column: column))
      } else if text.hasPrefix("--"), let equals = text.firstIndex(of: "=") {
        options.append(
          Option(name: String(text[..<equals]), value: String(text[text.index(after: equals)...]), column: column))
      } else if !text.hasPrefix("--"), text.count > 2 {
        let value = text.dropFirst(2)
        options.append(
          Option(
            name: String(text.prefix(2)), value: String(value.first == "=" ? value.dropFirst() : value), column: column)
        )
      } else {
        options.append(Option(name: text, value: waiting.popFirst()?.text, column: column))
      }
    }
    return options
  }
}
