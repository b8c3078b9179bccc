/// A place of a Dockerfile that names an image of a registry.
struct ImageMention: Hashable {
  /// The name with the variables of `ARG` filled in by their defaults.
  let name: String
  /// Where a digest would be appended.
  let end: Int
  /// Where the name stands, for messages.
  let position: SourcePosition
}

extension Dockerfile {
  /// Every image that the file names: in `FROM`, also by way of an `ARG`, in `COPY --from` and in `RUN --mount`.
  ///
  /// Stages, `scratch`, names with a variable that has no default, and names with a digest are left out. Where `FROM` is
  /// nothing but one variable, the digest belongs to the variable's default, so that `--build-arg` still works.
  func imageMentions() -> [ImageMention] {
    var mentions: [ImageMention] = []
    var defaults: [String: (value: String, end: Int, position: SourcePosition)] = [:]
    var stages: Set<String> = []
    var hasStage = false
    for instruction in instructions {
      switch (instruction.kind, instruction.arguments) {
      case (.arg, .words(let words)) where !hasStage:
        for word in words {
          guard let equals = word.text.firstIndex(of: "=") else { continue }
          let value = String(word.text[word.text.index(after: equals)...])
          let quoted =
            value.count >= 2
            && (value.hasPrefix("\"") && value.hasSuffix("\"") || value.hasPrefix("'") && value.hasSuffix("'"))
          defaults[String(word.text[..<equals])] = (
            quoted ? String(value.dropFirst().dropLast()) : value, word.range.upperBound - (quoted ? 1 : 0),
            word.position
          )
        }
      case (.from, .words(let words)):
        hasStage = true
        guard let base = words.first else { continue }
        if let mention = mention(base, defaults, stages) { mentions.append(mention) }
        if words.count == 3 { stages.insert(words[2].text.lowercased()) }
      case (.copy, _):
        for flag in instruction.flags where flag.text.hasPrefix("--from=") {
          if let mention = flagged(flag, value: "--from=", stages) { mentions.append(mention) }
        }
      case (.run, _):
        for flag in instruction.flags where flag.text.hasPrefix("--mount=") {
          if let mention = flagged(flag, value: "from=", stages) { mentions.append(mention) }
        }
      default: break
      }
    }
    return mentions
  }

  private func mention(
    _ word: Instruction.Word, _ defaults: [String: (value: String, end: Int, position: SourcePosition)],
    _ stages: Set<String>
  ) -> ImageMention? {
    let variables = defaults.mapValues(\.value)
    guard let name = expanded(word, with: variables), Self.isImage(name, stages) else { return nil }
    if let only = Self.onlyVariable(word.text), let place = defaults[only], place.value == name {
      return ImageMention(name: name, end: place.end, position: place.position)
    }
    return ImageMention(name: name, end: word.range.upperBound, position: word.position)
  }

  /// A word with its variables filled in; nil when one has neither a value nor a default where it is used.
  func expanded(_ word: Instruction.Word, with variables: [String: String]) -> String? {
    guard let expansion = try? WordExpander(variables, escape: escape).expand(word.text),
      expansion.unset.allSatisfy({ word.text.contains("${\($0):-") || word.text.contains("${\($0)-") })
    else { return nil }
    return expansion.text
  }

  /// An image that a flag names behind `from=`, whose end is looked for in the bytes as they are written.
  private func flagged(_ flag: Instruction.Word, value marker: String, _ stages: Set<String>) -> ImageMention? {
    let bytes = source[flag.range]
    guard let start = Self.firstRange(of: Array(marker.utf8), in: bytes)?.upperBound else { return nil }
    if marker == "from=", start - marker.utf8.count > bytes.startIndex {
      // `from=` begins a field: `xfrom=` is another one.
      let before = bytes[start - marker.utf8.count - 1]
      guard before == UInt8(ascii: ",") || before == UInt8(ascii: "=") else { return nil }
    }
    let name = bytes[start...].prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") }
    let text = String(decoding: name, as: UTF8.self)
    guard !text.contains("$"), Self.isImage(text, stages), Int(text) == nil else { return nil }
    return ImageMention(name: text, end: name.endIndex, position: flag.position)
  }

  private static func isImage(_ name: String, _ stages: Set<String>) -> Bool {
    !name.isEmpty && name != "scratch" && !stages.contains(name.lowercased()) && !name.contains("@")
  }

  /// The name of the variable that a word is, when it is nothing else.
  private static func onlyVariable(_ text: String) -> String? {
    guard text.hasPrefix("$") else { return nil }
    var name = text.dropFirst()
    if name.hasPrefix("{"), name.hasSuffix("}") { name = name.dropFirst().dropLast() }
    return name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } && !name.isEmpty ? String(name) : nil
  }

  private static func firstRange(of needle: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
    guard bytes.count >= needle.count else { return nil }
    for start in bytes.startIndex...(bytes.endIndex - needle.count)
    where bytes[start..<start + needle.count].elementsEqual(needle) {
      return start..<start + needle.count
    }
    return nil
  }
}
