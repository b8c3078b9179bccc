internal import Layers

/// A script of an RPM package that would run when rpm installs it.
struct RPMScript: Hashable, Sendable {
  /// When it would run, in the word of spec files.
  let moment: String
  /// What would run it: a path, or `<lua>`.
  let interpreter: String
  /// Its text.
  let body: String

  /// Whether a program of the image runs it, and not rpm itself.
  var isProgram: Bool { !interpreter.hasPrefix("<") }

  /// The moments of an installation: the script's tag and that of its interpreter (rpm's "Package Format", "Scriptlets").
  private static let moments: [(name: String, body: Int, program: Int)] = [
    ("%pretrans", 1151, 1153), ("%pre", 1023, 1085), ("%post", 1024, 1086), ("%posttrans", 1152, 1154),
  ]

  /// The scripts of a package in the order in which they would run.
  static func all(of header: RPMHeader) -> [RPMScript] {
    moments.compactMap { name, body, program in
      let (tag, programTag) = (RPMHeader.Tag(rawValue: body), RPMHeader.Tag(rawValue: program))
      guard let interpreter = header.string(programTag) ?? (header.string(tag) == nil ? nil : "/bin/sh") else {
        return nil
      }
      return RPMScript(moment: name, interpreter: interpreter, body: header.string(tag) ?? "")
    }
  }

  /// Programs that change nothing a container needs, and why.
  private static let harmless: [String: String] = [
    "ldconfig": "the loader finds its libraries in the standard folders without a cache",
    "systemctl": "no systemd runs in a container", "systemd-update-helper": "no systemd runs in a container",
    "systemd-hwdb": "no systemd runs in a container", "udevadm": "no udev runs in a container",
    "install-info": "it lists manuals for the reader 'info'", "update-mime-database": "it serves desktops",
    "update-desktop-database": "it serves desktops", "gtk-update-icon-cache": "it serves desktops",
    "mandb": "it indexes manuals",
  ]

  /// Commands that do nothing, and words that stand before a command.
  private static let idle: Set<Substring> = [":", "true", "exit", "[", "test", "fi"]
  private static let keywords: Set<Substring> = ["if", "then", "else", "elif", "!"]
  /// The one place where output may go.
  private static let silencers = [">/dev/null", "> /dev/null", "2>&1", "2>/dev/null", "2> /dev/null", "&>/dev/null"]

  /// Why it does not matter that it is not run; nil when it may matter.
  ///
  /// Only a shell's plainest language is understood; any substitution, pipe or file that is written to may matter.
  var reasonItIsHarmless: String? {
    if body.isEmpty { return Self.harmless[interpreter.split(separator: "/").last.map(String.init) ?? ""] }
    guard ["/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash"].contains(interpreter) else { return nil }
    var text = body.split(separator: "\n").filter { !$0.drop { $0 == " " || $0 == "\t" }.hasPrefix("#") }
      .joined(separator: "\n")
    for word in Self.silencers.sorted(by: { $0.count > $1.count }) { text = text.replacing(word, with: " ") }
    text = text.replacing("&&", with: "\n").replacing("||", with: "\n")
    guard !text.contains(where: { "`<>|&\\".contains($0) }), !text.contains("$(") else { return nil }
    var reason = "it does nothing"
    for command in text.split(whereSeparator: { $0 == "\n" || $0 == ";" }) {
      var words = command.split { $0 == " " || $0 == "\t" }[...]
      while let first = words.first, Self.keywords.contains(first) { words.removeFirst() }
      guard let program = words.first else { continue }
      if Self.idle.contains(program) { continue }
      guard let known = program.split(separator: "/").last.flatMap({ Self.harmless[String($0)] }) else { return nil }
      reason = known
    }
    return reason
  }
}
