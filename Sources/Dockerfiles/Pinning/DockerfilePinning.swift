public import OCI

/// What a Dockerfile leaves open, and the edits that close it: everything else stays as it was written.
///
/// Images get the digest of their tag, `apt-get install` and `yum install` versions, `ADD URL` a checksum, and `pip install`
/// a hashed requirements file, which the build sees through a bind mount. What is pinned already is left alone, so that
/// pinning twice is pinning once.
public struct DockerfilePinning: Sendable {
  /// A `pip install` and what it asks for.
  public struct PythonInstall: Sendable, Hashable {
    /// Requirements in the notation of PEP 508.
    public let requirements: [String]
    /// Files of requirements, as the command names them.
    public let files: [String]
    /// The image that the stage stands on, when it is known.
    public let base: String?
    /// Where the command stands.
    public let position: SourcePosition
  }

  /// Packages that one image's package manager is asked for.
  public struct SystemInstall: Sendable, Hashable {
    /// Who installs.
    public enum Tool: Sendable, Hashable {
      /// `apt-get`, `apt`.
      case apt
      /// `yum`, `dnf`, `microdnf`.
      case rpm
    }

    /// Who installs.
    public let tool: Tool
    /// The names.
    public let packages: [String]
    /// The image that the stage stands on, when it is known.
    public let base: String?
    /// Where the command stands.
    public let position: SourcePosition
  }

  /// What was found out.
  public struct Answers: Sendable {
    /// The digest that each image's tag leads to.
    public var images: [String: Digest] = [:]
    /// The version of each package, by the position of its command.
    public var packages: [SourcePosition: [String: String]] = [:]
    /// The name of the hashed requirements file of each `pip install`, relative to the context.
    public var requirements: [SourcePosition: String] = [:]
    /// The digest of each address.
    public var addresses: [String: Digest] = [:]

    /// Knows nothing.
    public init() {}
  }

  /// Where a step sees the build context: a directory that every root has, as one made for a mount would stay behind.
  static let mount = "/mnt"

  private let file: Dockerfile
  private let mentions: [ImageMention]
  private var runs: [(instruction: Instruction, commands: [(command: InstallCommand, base: String?)])] = []
  private var additions: [(address: String, end: Int)] = []
  /// What can't be pinned, and why.
  public private(set) var notes: [(position: SourcePosition, text: String)] = []

  /// Looks through a file.
  public init(_ file: Dockerfile) {
    self.file = file
    mentions = file.imageMentions()
    var bases: [String: String] = [:]
    var base: String?
    for instruction in file.instructions {
      switch (instruction.kind, instruction.arguments) {
      case (.from, .words(let words)):
        guard let first = words.first else { continue }
        base = bases[first.text.lowercased()] ?? file.expanded(first)
        if words.count == 3, let base { bases[words[2].text.lowercased()] = base }
      case (.run, .text(let word)): look(at: instruction, word, base)
      case (.run, .json(let words)):
        if ["apt-get", "apt", "yum", "dnf", "pip", "pip3"].contains(words.first) && words.contains("install") {
          notes.append((instruction.position, "the exec form is not pinned; write it as a shell command"))
        }
      case (.add, .words(let words)): look(at: instruction, words)
      default: break
      }
    }
  }

  private mutating func look(at instruction: Instruction, _ word: Instruction.Word, _ base: String?) {
    guard instruction.heredocs.isEmpty else {
      if instruction.heredocs.contains(where: { $0.content.contains("install") }) {
        notes.append((instruction.position, "commands in a here-document are not pinned"))
      }
      return
    }
    let commands = ShellScanner.commands(in: file.source, word.range, escape: file.escape).compactMap(
      InstallCommand.init)
    for command in commands {
      for package in command.packages where package.isDynamic && Self.isOpen(package, command.tool) {
        notes.append((file.position(of: package.range.lowerBound), "'\(package.text)' is for the shell to fill in"))
      }
    }
    if !commands.isEmpty { runs.append((instruction, commands.map { ($0, base) })) }
  }

  private mutating func look(at instruction: Instruction, _ words: [Instruction.Word]) {
    let sources = words.dropLast().map(\.text)
    guard let address = sources.first, address.hasPrefix("http://") || address.hasPrefix("https://"),
      !instruction.flags.contains(where: { $0.text.hasPrefix("--checksum") })
    else { return }
    if sources.count > 1 || address.contains("$") || address.hasSuffix(".git") || address.contains(".git#") {
      notes.append((instruction.position, "ADD is pinned only for a single address without variables"))
      return
    }
    let end = instruction.flags.last?.range.upperBound ?? instruction.keyword.range.upperBound
    additions.append((address, end))
  }

  /// Whether a package of a command has no version yet.
  private static func isOpen(_ package: ShellScanner.Word, _ tool: InstallCommand.Tool) -> Bool {
    switch tool {
    // `package/suite` and `package=version` are choices, a path is a file.
    case .apt: !package.text.contains("=") && !package.text.contains("/") && !package.text.hasSuffix("-")
    case .rpm:
      !package.text.contains("/") && !package.text.hasPrefix("@") && !package.text.contains("*")
        && !RPMName(package.text).hasVersion
    case .pip: true
    }
  }

  // MARK: What has to be found out

  /// The images whose digest is wanted, each once.
  public var images: [String] { mentions.map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }

  /// The addresses whose digest is wanted.
  public var addresses: [String] { additions.map(\.address) }

  /// The commands of system package managers that leave versions open.
  public var systemInstalls: [SystemInstall] {
    runs.flatMap { run in
      run.commands.compactMap { command, base in
        guard command.tool != .pip else { return nil }
        let open = command.packages.filter { !$0.isDynamic && Self.isOpen($0, command.tool) }.map(\.text)
        if open.isEmpty { return nil }
        return SystemInstall(
          tool: command.tool == .apt ? .apt : .rpm, packages: open, base: base, position: position(of: command))
      }
    }
  }

  /// The commands of pip that are not hashed yet.
  public var pythonInstalls: [PythonInstall] {
    runs.flatMap { run in
      run.commands.compactMap { command, base in
        guard command.tool == .pip, !command.isHashed, !command.packages.contains(where: \.isDynamic) else {
          return nil
        }
        return PythonInstall(
          requirements: command.packages.map(\.text), files: command.requirementFiles.map(\.path), base: base,
          position: position(of: command))
      }
    }
  }

  private func position(of command: InstallCommand) -> SourcePosition { file.position(of: command.range.lowerBound) }

  // MARK: Edits

  /// The file with everything pinned that was found out.
  public func pinned(with answers: Answers) -> [UInt8] {
    var edits: [(range: Range<Int>, text: String)] = []
    var places: Set<Int> = []
    for mention in mentions where places.insert(mention.end).inserted {
      if let digest = answers.images[mention.name] { edits.append((mention.end..<mention.end, "@\(digest)")) }
    }
    for addition in additions {
      if let digest = answers.addresses[addition.address] {
        edits.append((addition.end..<addition.end, " --checksum=\(digest)"))
      }
    }
    for run in runs {
      var needsMount = false
      for (command, _) in run.commands {
        let place = position(of: command)
        if command.tool == .pip {
          guard let name = answers.requirements[place] else { continue }
          edits += requirementEdits(command, name)
          needsMount = true
        } else {
          let versions = answers.packages[place] ?? [:]
          for package in command.packages where !package.isDynamic && Self.isOpen(package, command.tool) {
            guard let version = versions[package.text] else { continue }
            let end = package.range.upperBound - (isQuoted(package) ? 1 : 0)
            if command.tool == .apt {
              edits.append((end..<end, "=\(version)"))
            } else {
              let place = end - RPMName(package.text).architecture.utf8.count
              edits.append((place..<place, "-\(version)"))
            }
          }
        }
      }
      let mount = "--mount=type=bind,target=\(Self.mount)"
      if needsMount, !run.instruction.flags.contains(where: { $0.text == mount }) {
        let end = run.instruction.keyword.range.upperBound
        edits.append((end..<end, " \(mount)"))
      }
    }
    return file.applying(edits)
  }

  private func isQuoted(_ word: ShellScanner.Word) -> Bool {
    [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(file.source[word.range.upperBound - 1])
  }

  /// Puts the file where the first requirement stands and takes the others away with the space before them.
  private func requirementEdits(_ command: InstallCommand, _ name: String) -> [(range: Range<Int>, text: String)] {
    let ranges = (command.packages.map(\.range) + command.requirementFiles.map(\.range))
      .sorted { $0.lowerBound < $1.lowerBound }
    return ranges.enumerated().map { number, range in
      if number == 0 { return (range, "--require-hashes -r \(Self.mount)/\(name)") }
      var start = range.lowerBound
      // Continued lines go with their words; a comment between them stays where it is.
      let space = [0x20, 0x09, 0x0D, 0x0A, UInt8(ascii: file.escape)]
      while start > 0, space.contains(file.source[start - 1]) { start -= 1 }
      return (start..<range.upperBound, "")
    }
  }
}

extension Dockerfile {
  /// A base's name with the defaults of the global arguments filled in; nil when something is left open.
  func expanded(_ word: Instruction.Word) -> String? {
    var defaults: [String: String] = [:]
    for instruction in instructions {
      if instruction.kind == .from { break }
      guard instruction.kind == .arg, case .words(let words) = instruction.arguments else { continue }
      for word in words {
        let parts = word.text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { continue }
        defaults[parts[0]] = (try? WordExpander(defaults, escape: escape).expand(parts[1]).text) ?? parts[1]
      }
    }
    return expanded(word, with: defaults)
  }
}
