internal import Dockerfiles
internal import OCI

/// Steps that change the configuration alone.
extension StageRun {
  func configure(_ step: BuildStep, _ state: inout StageState) throws(DockerfileError) {
    switch step.command {
    case .copy, .run, .workdir: return
    case .arg(let arguments): try declare(arguments, step, &state)
    case .cmd(let line):
      state.config.command = words(line, state)
      state.hasOwnCommand = true
      note("CMD \(Self.quoted(state.config.command))", &state)
    case .entrypoint(let line):
      state.config.entrypoint = words(line, state)
      // The base's command was meant for the base's program.
      if !state.hasOwnCommand { state.config.command = [] }
      note("ENTRYPOINT \(Self.quoted(state.config.entrypoint))", &state)
    case .env(let pairs):
      // All values of one instruction see the variables from before it.
      let before = state
      var text = "ENV"
      for pair in pairs {
        let (name, value) = (try expand(pair.name, before, at: step), try expand(pair.value, before, at: step))
        state.setEnvironment(name, value)
        text += " \(name)=\(value)"
      }
      note(text, &state)
    case .label(let pairs):
      var text = "LABEL"
      for pair in pairs {
        let (name, value) = (try expand(pair.name, state, at: step), try expand(pair.value, state, at: step))
        state.config.labels[name] = value
        text += " \(name)=\(value)"
      }
      note(text, &state)
    case .expose(let words): try expose(words, step, &state)
    case .volume(let words):
      var volumes: [String] = []
      for word in words {
        let path = try expand(word, state, at: step)
        guard !path.isEmpty else {
          throw DockerfileError(at: step.position, "VOLUME specified can not be an empty string")
        }
        volumes.append(path)
        if !state.config.volumes.contains(path) { state.config.volumes.append(path) }
      }
      note("VOLUME [\(volumes.joined(separator: " "))]", &state)
    case .user(let text):
      let user = try expand(text, state, at: step)
      state.config.user = user.isEmpty ? nil : user
      note("USER \(user)", &state)
    case .stopsignal(let text):
      let signal = try expand(text, state, at: step)
      guard Self.isSignal(signal) else {
        throw DockerfileError(at: step.position, "invalid signal: \(signal)", hint: "write it as in SIGTERM or 15")
      }
      state.config.stopSignal = signal
      note("STOPSIGNAL \(signal)", &state)
    case .shell(let words):
      state.config.shell = words
      note("SHELL [\(words.joined(separator: " "))]", &state)
    case .healthcheck(let check): healthcheck(check, &state)
    case .maintainer(let text):
      state.config.author = text
      note("MAINTAINER \(text)", &state)
    case .onbuild(let text): state.config.onBuild.append(text)
    }
  }

  private func note(_ text: String, _ state: inout StageState) { state.note(text, created: created) }

  /// A command as the configuration has it: the shell stands before a line.
  func words(_ line: CommandLine, _ state: StageState) -> [String] {
    switch line {
    case .exec(let words): words
    case .shell(let text): state.shell + [text]
    }
  }

  private static func quoted(_ words: [String]) -> String {
    "[" + words.map(GoQuoting.quoted).joined(separator: " ") + "]"
  }

  private func declare(
    _ arguments: [BuildArgument], _ step: BuildStep, _ state: inout StageState
  ) throws(DockerfileError) {
    var texts: [String] = []
    for argument in arguments {
      var value = options.arguments[argument.name]
      if value == nil, let standard = argument.value { value = try expand(standard, state, at: step) }
      value = value ?? plan.globals[argument.name]
      // Without a value it keeps the one it has.
      if let value { state.arguments[argument.name] = value }
      if !state.declared.contains(argument.name) { state.declared.append(argument.name) }
      texts.append(value.map { "\(argument.name)=\($0)" } ?? argument.name)
    }
    note("ARG " + texts.joined(separator: " "), &state)
  }

  private func expose(_ texts: [String], _ step: BuildStep, _ state: inout StageState) throws(DockerfileError) {
    var ports: [String] = []
    for text in texts {
      for word in try words(text, state, at: step) {
        let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = parts.count > 1 && !parts[1].isEmpty ? parts[1].lowercased() : "tcp"
        guard ["tcp", "udp", "sctp"].contains(kind) else {
          throw DockerfileError(at: step.position, "invalid proto: \(kind)")
        }
        guard let range = Self.ports(String(parts[0])) else {
          throw DockerfileError(at: step.position, "invalid containerPort: \(word)")
        }
        ports += range.map { "\($0)/\(kind)" }
      }
    }
    for port in ports where !state.config.exposedPorts.contains(port) { state.config.exposedPorts.append(port) }
    note("EXPOSE [\(Set(ports).sorted().joined(separator: " "))]", &state)
  }

  /// The container's ports in `[[ADDRESS:]PORT:]PORT[-PORT]`; what is before them says nothing about the image, but has to make sense.
  private static func ports(_ text: String) -> ClosedRange<UInt16>? {
    func range(_ text: Substring) -> ClosedRange<UInt16>? {
      let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
        return nil
      }
      return first...last
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let inside = range(parts[parts.count - 1]) else { return nil }
    if parts.count > 1, case let outside = parts[parts.count - 2], !outside.isEmpty {
      guard let outer = range(outside), inside.count == 1 || outer.count == inside.count else { return nil }
    }
    if parts.count > 2 {
      let address = parts.dropLast(2).joined(separator: ":")
      let isBracketed = address.hasPrefix("[") && address.hasSuffix("]")
      guard address.isEmpty || Self.isAddress(isBracketed ? String(address.dropFirst().dropLast()) : address) else {
        return nil
      }
    }
    return inside
  }

  private static func isAddress(_ text: String) -> Bool {
    if text.contains(":") { return text.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) } }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  private func healthcheck(_ check: HealthcheckCommand?, _ state: inout StageState) {
    guard let check else {
      state.config.healthcheck = Healthcheck(test: .none)
      return note("HEALTHCHECK NONE", &state)
    }
    let test: Healthcheck.Test =
      switch check.command {
      case .exec(let words): .exec(words)
      case .shell(let text): .shell(text)
      }
    state.config.healthcheck = Healthcheck(
      test: test, interval: check.interval, timeout: check.timeout, startPeriod: check.startPeriod,
      startInterval: check.startInterval, retries: check.retries)
    let words =
      switch check.command {
      case .exec(let words): ["CMD"] + words
      case .shell(let text): ["CMD-SHELL", text]
      }
    note("HEALTHCHECK \(Self.quoted(words))", &state)
  }

  private static let signals: Set<String> = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF",
    "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2",
    "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
  ]

  private static func isSignal(_ text: String) -> Bool {
    if let number = Int(text) { return (1...64).contains(number) }
    var name = text.uppercased()
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    if signals.contains(name) { return true }
    for (prefix, sign) in [("RTMIN+", 1), ("RTMAX-", -1)] where name.hasPrefix(prefix) {
      if let number = Int(name.dropFirst(prefix.count)) { return (0...30).contains(number) && sign != 0 }
    }
    return false
  }
}
