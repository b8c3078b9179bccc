import Host

/// A file of yum's and dnf's notation: sections with keys and values (dnf.conf(5)).
struct RepositoryFile {
  /// The sections in their order.
  private(set) var sections: [(name: String, values: [String: String])] = []

  /// Reads lines of `[section]`, `key = value` and continuations, which are indented.
  init(_ text: String) {
    var key: String?
    for line in text.lines {
      let content = line.drop { $0 == " " || $0 == "\t" }
      guard let first = content.first, first != "#", first != ";" else {
        if content.isEmpty { key = nil }
        continue
      }
      if first == "[", let end = content.firstIndex(of: "]") {
        sections.append((String(content[content.index(after: content.startIndex)..<end]), [:]))
        key = nil
      } else if content.startIndex != line.startIndex, let key, !sections.isEmpty {
        sections[sections.count - 1].values[key, default: ""] += "\n" + Self.trimmed(content)
      } else if let equals = content.firstIndex(of: "="), !sections.isEmpty {
        let name = Self.trimmed(content[..<equals]).lowercased()
        sections[sections.count - 1].values[name] = Self.trimmed(content[content.index(after: equals)...])
        key = name
      }
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text.drop(while: \.isWhitespace))
  }

  /// Splits a list as dnf does: at blanks, commas and line ends.
  static func list(_ text: String?) -> [String] {
    (text ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
  }

  /// Reads a switch; nil when it is none.
  static func isOn(_ text: String?) -> Bool? {
    switch text?.lowercased() {
    case "1", "yes", "true", "on": true
    case "0", "no", "false", "off": false
    default: nil
    }
  }
}
