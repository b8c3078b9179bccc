import Host

/// One of the two files that hold profiles: `~/.aws/config` or `~/.aws/credentials`.
///
/// AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
struct ProfileFile: Sendable {
  /// What kind of section a header opens.
  enum SectionKind: String, Sendable {
    case profile
    case ssoSession = "sso-session"
    case services
  }

  struct SectionName: Hashable, Sendable {
    let kind: SectionKind
    let name: String
  }

  /// A setting with the place where it stands.
  struct Setting: Sendable {
    var value: String
    let line: Int
    /// The indented settings below it, for example `addressing_style` of `s3`.
    var nested: [String: String] = [:]
  }

  let path: String
  private(set) var sections: [SectionName: [String: Setting]] = [:]

  /// Reads a file; one that is missing has no sections.
  ///
  /// - Parameter isCredentials: Whether a profile's header is its bare name, as in `~/.aws/credentials`.
  init(path: String, isCredentials: Bool) throws(AWSError) {
    self.path = path
    let text: String
    do {
      text = try Files.text(path, limit: 1 << 20)
    } catch {
      if error.isMissingFile { return }
      throw .configuration(place: path, reason: error.reason)
    }
    var section: SectionName?
    var isIgnored = true
    var lastName: String?
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let place = "\(path):\(index + 1)"
      let isIndented = line.first == " " || line.first == "\t"
      let content = line.trimmedASCII
      if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
      if !isIndented, content.hasPrefix("[") {
        section = try Self.sectionName(Self.withoutComment(content), isCredentials: isCredentials, place)
        isIgnored = section == nil
        lastName = nil
        if let section { sections[section, default: [:]] = sections[section, default: [:]] }
        continue
      }
      if isIgnored, section == nil, lastName == nil, sections.isEmpty, !isIndented {
        throw .configuration(place: place, reason: "a setting stands before the first [section]")
      }
      guard let section else { continue }
      if isIndented, let lastName {
        Self.nest(content, in: &sections[section, default: [:]][lastName]!)
        continue
      }
      guard let equals = content.firstIndex(of: "=") else {
        throw .configuration(place: place, reason: "this line is no \"name = value\"")
      }
      let name = content[..<equals].trimmedASCII.lowercased()
      let value = Self.withoutComment(content[content.index(after: equals)...].trimmedASCII)
      sections[section, default: [:]][name] = Setting(value: String(value), line: index + 1)
      lastName = name
    }
  }

  private static func nest(_ content: Substring, in setting: inout Setting) {
    if setting.value.isEmpty, let equals = content.firstIndex(of: "=") {
      let value = withoutComment(content[content.index(after: equals)...].trimmedASCII)
      setting.nested[content[..<equals].trimmedASCII.lowercased()] = String(value)
    } else {
      setting.value += "\n" + content
    }
  }

  /// The section that a header opens; `nil` for one that only other tools know.
  private static func sectionName(
    _ header: Substring, isCredentials: Bool, _ place: String
  ) throws(AWSError) -> SectionName? {
    guard header.hasSuffix("]") else {
      throw .configuration(place: place, reason: "the section's header has no ]")
    }
    let words = header.dropFirst().dropLast().trimmedASCII
      .split(maxSplits: 1, omittingEmptySubsequences: true) { $0 == " " || $0 == "\t" }
    guard let first = words.first else { throw .configuration(place: place, reason: "the section has no name") }
    if isCredentials { return SectionName(kind: .profile, name: unquoted(header.dropFirst().dropLast().trimmedASCII)) }
    if words.count == 1 { return first == "default" ? SectionName(kind: .profile, name: "default") : nil }
    return SectionKind(rawValue: String(first)).map {
      SectionName(kind: $0, name: unquoted(words[1].trimmedASCII))
    }
  }

  private static func unquoted(_ text: Substring) -> String {
    guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote else {
      return String(text)
    }
    return String(text.dropFirst().dropLast())
  }

  /// The text up to a `#` or `;` that follows a space.
  private static func withoutComment(_ text: Substring) -> Substring {
    var isAfterSpace = false
    for index in text.indices {
      if isAfterSpace, text[index] == "#" || text[index] == ";" { return text[..<index].trimmedASCII }
      isAfterSpace = text[index] == " " || text[index] == "\t"
    }
    return text
  }
}

extension StringProtocol where SubSequence == Substring {
  /// The text without spaces and tabs at its ends.
  var trimmedASCII: Substring {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
