extension BuildStep {
  /// Reads what an instruction other than FROM means.
  init(_ instruction: Instruction) throws(DockerfileError) {
    command = try Self.command(instruction)
    text = instruction.text
    position = instruction.position
    isTrigger = false
  }

  private static func command(_ instruction: Instruction) throws(DockerfileError) -> BuildCommand {
    guard let kind = instruction.kind else {
      let near = InstructionKind.allCases.first {
        InstructionFlags.isNear($0.rawValue, instruction.keyword.text.lowercased())
      }
      throw DockerfileError(
        at: instruction.position, "unknown instruction: \(instruction.keyword.text)",
        hint: near.map { "did you mean \($0.rawValue.uppercased())?" })
    }
    switch kind {
    case .from: throw DockerfileError(at: instruction.position, "FROM isn't allowed here")
    case .add, .copy: return .copy(try copy(instruction, isAdd: kind == .add))
    case .run: return .run(try run(instruction))
    case .healthcheck: return .healthcheck(try healthcheck(instruction))
    case .arg: return .arg(try arguments(instruction))
    case .onbuild: return .onbuild(try trigger(instruction))
    case .cmd, .entrypoint:
      _ = try InstructionFlags(instruction)
      let line = commandLine(instruction.arguments)
      return kind == .cmd ? .cmd(line) : .entrypoint(line)
    case .shell:
      _ = try InstructionFlags(instruction)
      guard !instruction.plainWords.isEmpty else { throw needsOne(instruction) }
      guard case .json(let words) = instruction.arguments else {
        throw DockerfileError(
          at: instruction.position, "SHELL requires the arguments to be in JSON form",
          hint: "write SHELL [\"/bin/bash\", \"-c\"]")
      }
      return .shell(words)
    case .env, .label:
      _ = try InstructionFlags(instruction)
      guard case .pairs(let pairs) = instruction.arguments else { throw needsOne(instruction) }
      for pair in pairs where pair.name.text.isEmpty {
        throw DockerfileError(at: pair.name.position, "\(kind.rawValue.uppercased()) names can not be blank")
      }
      let values = pairs.map { (name: $0.name.text, value: $0.value.text) }
      return kind == .env ? .env(values) : .label(values)
    case .expose, .volume:
      _ = try InstructionFlags(instruction)
      let words = instruction.plainWords
      guard !words.isEmpty else { throw needsOne(instruction) }
      if kind == .expose { return .expose(words.map(\.text)) }
      for word in words where word.text.allSatisfy(\.isWhitespace) {
        throw DockerfileError(at: word.position, "VOLUME specified can not be an empty string")
      }
      return .volume(words.map(\.text))
    case .maintainer, .stopsignal, .user, .workdir:
      _ = try InstructionFlags(instruction)
      guard let word = instruction.plainWords.first else {
        throw DockerfileError(
          at: instruction.position, "\(kind.rawValue.uppercased()) requires exactly one argument")
      }
      switch kind {
      case .maintainer: return .maintainer(word.text)
      case .stopsignal: return .stopsignal(word.text)
      case .user: return .user(word.text)
      default: return .workdir(word.text)
      }
    }
  }

  private static func needsOne(_ instruction: Instruction) -> DockerfileError {
    DockerfileError(
      at: instruction.position, "\(instruction.keyword.text.uppercased()) requires at least one argument")
  }

  private static func commandLine(_ arguments: Instruction.Arguments) -> CommandLine {
    switch arguments {
    case .json(let words): .exec(words)
    case .text(let word): .shell(word.text)
    default: .shell("")
    }
  }

  private static func arguments(_ instruction: Instruction) throws(DockerfileError) -> [BuildArgument] {
    _ = try InstructionFlags(instruction)
    let words = instruction.plainWords
    guard !words.isEmpty else { throw needsOne(instruction) }
    var arguments: [BuildArgument] = []
    for word in words {
      let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard !parts[0].isEmpty else { throw DockerfileError(at: word.position, "ARG names can not be blank") }
      arguments.append(BuildArgument(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : nil))
    }
    return arguments
  }

  private static func trigger(_ instruction: Instruction) throws(DockerfileError) -> String {
    _ = try InstructionFlags(instruction)
    guard case .trigger(let inner) = instruction.arguments else { throw needsOne(instruction) }
    let name = inner.keyword.text.uppercased()
    if name == "ONBUILD" {
      throw DockerfileError(at: inner.position, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    }
    if name == "FROM" || name == "MAINTAINER" {
      throw DockerfileError(at: inner.position, "\(name) isn't allowed as an ONBUILD trigger")
    }
    _ = try command(inner)
    return inner.text + instruction.heredocs.map { "\n" + $0.content + $0.name }.joined()
  }

  // MARK: COPY, RUN, HEALTHCHECK

  private static func copy(_ instruction: Instruction, isAdd: Bool) throws(DockerfileError) -> CopyCommand {
    let name = isAdd ? "ADD" : "COPY"
    let words = instruction.plainWords
    guard words.count >= 2 else {
      throw DockerfileError(
        at: instruction.position,
        "\(name) requires at least two arguments, but only one was provided. Destination could not be determined")
    }
    var known: [String: InstructionFlags.Kind] = [
      "chown": .single, "chmod": .single, "link": .switched, "exclude": .repeated,
    ]
    known.merge(
      isAdd
        ? ["keep-git-dir": .switched, "checksum": .single, "unpack": .switched]
        : ["from": .single, "parents": .switched]
    ) { $1 }
    let flags = try InstructionFlags(instruction, known)
    if let word = flags.word("keep-git-dir") {
      throw DockerfileError(
        at: word.position, "--keep-git-dir needs a Git repository as source, which is not supported",
        hint: "clone it before the build and name the folder as a context: --build-context NAME=DIR")
    }
    if let word = flags.word("from"), word.text.contains("$") {
      throw DockerfileError(
        at: word.position,
        "variable expansion is not supported for --from, define a new stage with FROM using ARG from "
          + "global scope as a workaround", hint: "add 'FROM IMAGE AS NAME' and name that stage")
    }
    var sources: [CopyCommand.Source] = []
    for word in words.dropLast() {
      if !isAdd, flags.text("from") == nil, ["http://", "https://", "git@"].contains(where: word.text.hasPrefix) {
        throw DockerfileError(
          at: word.position, "source can't be a URL for COPY", hint: "ADD fetches what has an address")
      }
      if case .words = instruction.arguments, let heredoc = try? Heredoc(parsing: word.text),
        let document = instruction.heredocs.last(where: { $0.name == heredoc.name })
      {
        sources.append(.heredoc(document))
      } else {
        sources.append(.path(word.text))
      }
    }
    let last = words[words.count - 1]
    if case .words = instruction.arguments, (try? Heredoc(parsing: last.text)) ?? nil != nil {
      throw DockerfileError(at: last.position, "\(name) cannot accept a heredoc as a destination")
    }
    return CopyCommand(
      isAdd: isAdd, sources: sources, destination: last.text, from: flags.text("from"), owner: flags.text("chown"),
      mode: flags.text("chmod"), isLinked: flags.isOn("link"), keepsParents: flags.isOn("parents"),
      excludes: flags.all("exclude").map(\.text), checksum: flags.text("checksum"),
      unpacks: flags.word("unpack").map { _ in flags.isOn("unpack") })
  }

  private static func run(_ instruction: Instruction) throws(DockerfileError) -> RunCommand {
    let flags = try InstructionFlags(
      instruction, ["mount": .repeated, "network": .single, "security": .single, "device": .repeated])
    for mount in flags.all("mount") { try RunMount.check(mount) }
    var network: RunCommand.Network?
    if let word = flags.word("network") {
      network = RunCommand.Network(rawValue: word.text)
      guard network != nil else {
        throw DockerfileError(
          at: word.position, "unsupported network mode \(GoQuoting.quoted(word.text))",
          hint: "default, none and host are supported")
      }
    }
    if let word = flags.word("security"), word.text != "sandbox" {
      guard word.text == "insecure" else {
        throw DockerfileError(at: word.position, "security \(GoQuoting.quoted(word.text)) is not valid")
      }
      throw DockerfileError(
        at: word.position, "--security=insecure is not supported",
        hint: "steps run with a container's ordinary privileges; drop the flag")
    }
    if let word = flags.word("device") {
      throw DockerfileError(at: word.position, "--device is not supported", hint: "steps have no devices of the host")
    }
    return RunCommand(
      command: commandLine(instruction.arguments), heredocs: instruction.heredocs, mounts: flags.all("mount"),
      network: network)
  }

  private static func healthcheck(_ instruction: Instruction) throws(DockerfileError) -> HealthcheckCommand? {
    guard case .health(let type, let arguments) = instruction.arguments else { throw needsOne(instruction) }
    let kind = type.text.uppercased()
    if kind == "NONE" {
      if case .none = arguments { return nil }
      throw DockerfileError(at: type.position, "HEALTHCHECK NONE takes no arguments")
    }
    let flags = try InstructionFlags(
      instruction,
      ["interval": .single, "timeout": .single, "start-period": .single, "start-interval": .single, "retries": .single])
    guard kind == "CMD" else {
      throw DockerfileError(
        at: type.position, "Unknown type \(GoQuoting.quoted(kind)) in HEALTHCHECK (try CMD)")
    }
    let line = commandLine(arguments)
    guard line != .shell(""), line != .exec([]) else {
      throw DockerfileError(at: type.position, "Missing command after HEALTHCHECK CMD")
    }
    func time(_ name: String) throws(DockerfileError) -> Duration? {
      guard let word = flags.word(name), !word.text.isEmpty else { return nil }
      guard let time = GoDuration.parse(word.text) else {
        throw DockerfileError(
          at: word.position, "time: invalid duration \(GoQuoting.quoted(word.text))", hint: "write it as in 1m30s")
      }
      if time == .zero { return nil }
      guard time >= .milliseconds(1) else {
        throw DockerfileError(at: word.position, "Interval \(GoQuoting.quoted(name)) cannot be less than 1ms")
      }
      return time
    }
    var retries: Int?
    if let word = flags.word("retries"), !word.text.isEmpty {
      guard let number = Int32(word.text) else {
        throw DockerfileError(at: word.position, "--retries is no number: \(word.text)")
      }
      guard number >= 0 else {
        throw DockerfileError(at: word.position, "--retries cannot be negative (\(number))")
      }
      retries = number == 0 ? nil : Int(number)
    }
    return HealthcheckCommand(
      command: line, interval: try time("interval"), timeout: try time("timeout"),
      startPeriod: try time("start-period"), startInterval: try time("start-interval"), retries: retries)
  }
}
