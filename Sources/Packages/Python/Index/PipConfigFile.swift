public import HTTP
import Host

/// Is the text of a `pip.conf`: settings by section and key.
///
/// The notation is that of Python's `RawConfigParser`: `key = value` or `key: value`, a value goes on in lines that are
/// indented deeper, comments are whole lines.
struct PipConfigFile {
  /// Values by section and by key in lower case, with `-` for `_`.
  private(set) var sections: [String: [String: String]] = [:]

  /// Reads the text; `path` is for errors only.
  init(parsing text: String, path: String) throws(PipConfigurationError) {
    var section: String?
    var key: String?
    var keyIndent = 0
    for (index, line) in text.lines.enumerated() {
      let content = line.trimming(" \t\r")
      if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
      let indent = line.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count
      if let section, let key, indent > keyIndent {
        sections[section]?[key]?.append("\n" + content)
      } else if content.hasPrefix("["), let end = content.lastIndex(of: "]") {
        let name = String(content[content.index(after: content.startIndex)..<end])
        if sections[name] == nil { sections[name] = [:] }
        section = name
        key = nil
      } else if let section, let separator = content.firstIndex(where: { $0 == "=" || $0 == ":" }) {
        let name = Self.normalise(content[..<separator].trimming(" \t"))
        sections[section]?[name] = content[content.index(after: separator)...].trimming(" \t")
        key = name
        keyIndent = indent
      } else {
        throw .malformed(path: path, line: index + 1)
      }
    }
  }

  /// The form in which pip compares names of settings.
  static func normalise(_ name: String) -> String {
    let lower = String(name.lowercased().map { $0 == "_" ? "-" : $0 })
    return lower.hasPrefix("--") ? String(lower.dropFirst(2)) : lower
  }
}

/// Reports settings of pip that can't be used.
public enum PipConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A line of a configuration file is neither a section nor a setting.
  case malformed(path: String, line: Int)
  /// A configuration file can't be read.
  case unreadable(path: String, reason: String)
  /// The address of an index is none; it is not repeated, as it may hold a password.
  case index(setting: String, reason: HTTPURL.ParseError)
  /// No index is configured and no pip is installed that would say which one is the default.
  case noIndex

  /// One sentence: which setting, and what is wrong with it.
  public var description: String {
    switch self {
    case .malformed(let path, let line):
      "\(path):\(line): this is neither a [section] nor a setting such as 'key = value'."
    case .unreadable(let path, let reason): "\(path) can't be read: \(reason)."
    case .index(let setting, let reason): "pip's setting '\(setting)' holds no address of an index: \(reason)"
    case .noIndex: "No Python index is configured, and there is no pip on this machine that would name its default."
    }
  }

  /// What the user may do about it.
  public var hint: String {
    switch self {
    case .noIndex: "set PIP_INDEX_URL, or install python3-pip-whl"
    default: "see 'pip config debug' for the files that pip reads"
    }
  }
}

extension StringProtocol {
  /// The text without these characters at its ends.
  func trimming(_ characters: String) -> String {
    guard let first = firstIndex(where: { !characters.contains($0) }),
      let last = lastIndex(where: { !characters.contains($0) })
    else { return "" }
    return String(self[first...last])
  }
}
