/// A shell command that installs packages, as far as it can be pinned.
struct InstallCommand: Hashable {
  /// Who installs.
  enum Tool: Hashable {
    /// `apt-get` and `apt`.
    case apt
    /// `yum`, `dnf`, `microdnf`.
    case rpm
    /// `pip`, by whatever name.
    case pip
  }

  let tool: Tool
  /// What is asked for.
  let packages: [ShellScanner.Word]
  /// The files that pip is told to read, each with the option's first byte and its own end.
  var requirementFiles: [(path: String, range: Range<Int>)] = []
  /// Whether pip is to take only hashed files already.
  var isHashed = false
  /// Where packages and files stand: from the first byte of the first to the end of the last.
  let range: Range<Int>

  static func == (first: InstallCommand, second: InstallCommand) -> Bool {
    first.tool == second.tool && first.range == second.range
  }

  func hash(into hasher: inout Hasher) { hasher.combine(range) }

  /// Reads a command's words; nil if it installs nothing.
  init?(_ command: [ShellScanner.Word]) {
    var words = command[...]
    // What only sets the scene for the program behind it.
    while let first = words.first {
      let isAssignment = first.text.firstIndex(of: "=").map {
        !first.text[..<$0].contains("/") && $0 != first.text.startIndex
      }
      guard
        ["sudo", "env", "exec", "command", "nice", "if", "then", "do", "!", "{"].contains(first.text)
          || isAssignment == true
      else { break }
      words.removeFirst()
    }
    guard let program = words.popFirst().map({ $0.text.split(separator: "/").last.map(String.init) ?? "" }) else {
      return nil
    }
    switch program {
    case "apt-get", "apt", "aptitude": self.init(apt: words)
    case "yum", "dnf", "microdnf": self.init(rpm: words)
    case _ where program.hasPrefix("pip") && program.dropFirst(3).allSatisfy({ $0.isNumber || $0 == "." }):
      self.init(pip: words)
    case _ where program.hasPrefix("python") && program.dropFirst(6).allSatisfy({ $0.isNumber || $0 == "." }):
      guard words.popFirst()?.text == "-m", words.popFirst()?.text == "pip" else { return nil }
      self.init(pip: words)
    default: return nil
    }
  }

  private init?(apt words: ArraySlice<ShellScanner.Word>) {
    self.init(.apt, words, optionsWithValue: ["-o", "-c", "-t", "--option", "--config-file", "--target-release"])
  }

  private init?(rpm words: ArraySlice<ShellScanner.Word>) {
    self.init(
      .rpm, words,
      optionsWithValue: [
        "-c", "-d", "-e", "-R", "-x", "--config", "--exclude", "--enablerepo", "--disablerepo", "--repo", "--repoid",
        "--installroot", "--releasever", "--setopt", "--forcearch",
      ])
  }

  private init?(
    _ tool: Tool, _ words: ArraySlice<ShellScanner.Word>, optionsWithValue: Set<String>
  ) {
    var found: [ShellScanner.Word] = []
    var isInstall = false
    var rest = words
    while let word = rest.popFirst() {
      if word.text.hasPrefix("-") {
        if optionsWithValue.contains(word.text) { rest = rest.dropFirst() }
        continue
      }
      if !isInstall {
        guard word.text == "install" else { return nil }
        isInstall = true
        continue
      }
      found.append(word)
    }
    guard let first = found.first, let last = found.last else { return nil }
    self.tool = tool
    packages = found
    range = first.range.lowerBound..<last.range.upperBound
  }

  /// Options of `pip install` that change which files come; with them a list is somebody's own affair.
  private static let valued: Set<String> = [
    "-c", "--constraint", "-e", "--editable", "-t", "--target", "--platform", "--python-version", "--implementation",
    "--abi", "--root", "--prefix", "--src", "--upgrade-strategy", "-C", "--config-settings", "--global-option",
    "--no-binary", "--only-binary", "--progress-bar", "--root-user-action", "--report", "-i", "--index-url",
    "--extra-index-url", "-f", "--find-links", "--python", "--log", "--proxy", "--retries", "--timeout",
    "--exists-action", "--trusted-host", "--cert", "--client-cert", "--cache-dir",
  ]

  private init?(pip words: ArraySlice<ShellScanner.Word>) {
    var rest = words
    while let word = rest.first, word.text.hasPrefix("-") {
      rest.removeFirst()
      if Self.valued.contains(word.text) { rest = rest.dropFirst() }
    }
    guard rest.popFirst()?.text == "install" else { return nil }
    var found: [ShellScanner.Word] = []
    var files: [(path: String, range: Range<Int>)] = []
    var hashed = false
    while let word = rest.popFirst() {
      switch word.text {
      case "-r", "--requirement":
        guard let file = rest.popFirst() else { return nil }
        files.append((file.text, word.range.lowerBound..<file.range.upperBound))
      case _ where word.text.hasPrefix("--requirement="):
        files.append((String(word.text.dropFirst(14)), word.range))
      case _ where word.text.hasPrefix("-r") && !word.text.hasPrefix("--"):
        files.append((String(word.text.dropFirst(2)), word.range))
      case "--require-hashes": hashed = true
      case "-e", "--editable": return nil
      case _ where Self.valued.contains(word.text): rest = rest.dropFirst()
      case _ where word.text.hasPrefix("-"): break
      default: found.append(word)
      }
    }
    let ranges = found.map(\.range) + files.map(\.range)
    guard let first = ranges.map(\.lowerBound).min(), let last = ranges.map(\.upperBound).max() else { return nil }
    tool = .pip
    packages = found
    requirementFiles = files
    isHashed = hashed
    range = first..<last
  }
}
