import Host
import Versions

/// A `requirements.in`: a requirement a line, comments, continuations, and lists that are included.
///
/// Specification: pip's requirements file format; options that change where packages come from belong to pip's configuration.
struct RequirementList {
  private(set) var requirements: [Requirement] = []
  private(set) var constraints: [Requirement] = []

  init(path: String) throws { try read(path, isConstraints: false, depth: 0, place: nil) }

  /// - Parameter place: Where the list is included, if it is.
  private mutating func read(_ path: String, isConstraints: Bool, depth: Int, place: String?) throws {
    let prefix = place.map { "\($0):1: " } ?? ""
    guard depth < 16 else { throw Failure(.badInput, "\(prefix)lists include each other more than 16 deep") }
    let text: String
    do { text = try Files.text(path, limit: 1 << 22) } catch { throw Failure(.badInput, "\(prefix)\(error)") }
    for (line, content) in Self.logicalLines(text) {
      let place = "\(path):\(line)"
      if let (isMoreConstraints, name) = Self.inclusion(content) {
        try read(
          Path.parent(path).map { Path.join($0, name) } ?? name, isConstraints: isConstraints || isMoreConstraints,
          depth: depth + 1, place: place)
        continue
      }
      guard !content.hasPrefix("-") else {
        let option = content.split(separator: " ")[0]
        throw Failure(
          .badInput, "\(place):1: the option \(option) is not read here",
          hint: option == "-e" || option == "--editable"
            ? "an editable install is a folder of one machine and can't be pinned; name a released version"
            : "set indexes in pip's configuration; the list holds requirements, -r and -c")
      }
      do {
        let requirement = try Requirement(parsing: Self.withoutHashes(content))
        if isConstraints { constraints.append(requirement) } else { requirements.append(requirement) }
      } catch {
        throw Failure(.badInput, "\(place):\(error.column): \(error)")
      }
    }
  }

  /// Lines with continuations joined and comments gone, each with the number of its first line.
  private static func logicalLines(_ text: String) -> [(line: Int, content: String)] {
    var lines: [(line: Int, content: String)] = []
    var pending: (line: Int, content: String)?
    let raw = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (number, part) in raw.enumerated() {
      var content = withoutComment(part)
      let isContinued = content.hasSuffix("\\")
      if isContinued { content.removeLast() }
      let joined = (pending?.content ?? "") + content
      let line = pending?.line ?? number + 1
      pending = isContinued ? (line, joined) : nil
      let trimmed = trim(joined)
      if !isContinued, !trimmed.isEmpty { lines.append((line, trimmed)) }
    }
    if let pending, !trim(pending.content).isEmpty { lines.append((pending.line, trim(pending.content))) }
    return lines
  }

  /// A `#` begins a comment at the start of a line or after a space.
  private static func withoutComment(_ line: Substring) -> String {
    var previous: Character = " "
    var kept = ""
    for character in line {
      if character == "#" && (previous == " " || previous == "\t") { break }
      kept.append(character)
      previous = character
    }
    while kept.last == " " || kept.last == "\t" { kept.removeLast() }
    return kept
  }

  private static func inclusion(_ line: String) -> (isConstraints: Bool, name: String)? {
    for (option, isConstraints) in [("--requirement", false), ("--constraint", true), ("-r", false), ("-c", true)]
    where line.hasPrefix(option) {
      let rest = trim(String(line.dropFirst(option.count).drop { $0 == "=" }))
      if !rest.isEmpty { return (isConstraints, rest) }
    }
    return nil
  }

  private static func withoutHashes(_ line: String) -> String {
    guard let options = line.utf8.firstRange(of: " --hash".utf8) else { return line }
    return trim(String(line[..<options.lowerBound]))
  }

  private static func trim(_ text: String) -> String {
    var text = text[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
