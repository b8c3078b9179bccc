internal import Host
internal import OCI
internal import YAML

// The kinds of tests, one method each.

extension TestSpecificationReader {
  mutating func command(_ node: YAMLNode) -> CommandTest? {
    let keys = [
      "name", "setup", "teardown", "command", "args", "envVars", "expectedOutput", "excludedOutput", "expectedError",
      "excludedError", "exitCode", "timeout", "services",
    ]
    guard let values = yaml.mapping(node, "commandTests", keys: keys) else { return nil }
    let name = name(values, node, "commandTests")
    var command: [String]?
    if let value = values["command"] {
      command = words(value)
    } else {
      yaml.report(node, "each of 'commandTests' needs 'command'")
    }
    let arguments = values["args"].map { self.arguments($0) } ?? []
    let test = (
      setup: commands(values["setup"], "setup"), teardown: commands(values["teardown"], "teardown"),
      environment: variables(values["envVars"], "envVars"),
      output: expectation(values["expectedOutput"], values["excludedOutput"]),
      errors: expectation(values["expectedError"], values["excludedError"]),
      exitCode: values["exitCode"].flatMap { yaml.integer($0, "exitCode", in: 0...255) } ?? 0,
      timeout: timeout(values["timeout"], default: .seconds(60)), services: services(values["services"])
    )
    guard let name, let command, !command.isEmpty else { return nil }
    return CommandTest(
      name: name, setup: test.setup, teardown: test.teardown, command: command + arguments,
      environment: test.environment, output: test.output, errors: test.errors, exitCode: test.exitCode,
      timeout: test.timeout, services: test.services)
  }

  /// Reads a command: a text in schema 2.0.0, a list in 1.0.0.
  private mutating func words(_ node: YAMLNode) -> [String]? {
    guard case .sequence(let nodes) = node.content else { return yaml.text(node, "command").map { [$0] } }
    if nodes.isEmpty { yaml.report(node, "a command needs a program") }
    return arguments(node)
  }

  /// Reads a list of texts of which some may be empty.
  private mutating func arguments(_ node: YAMLNode) -> [String] {
    elements(node, "the arguments") { reader, node in reader.scalar(node) }
  }

  private mutating func commands(_ node: YAMLNode?, _ what: String) -> [[String]] {
    elements(node, what) { reader, node in reader.words(node) }
  }

  mutating func fileExistence(_ node: YAMLNode) -> FileExistenceTest? {
    let keys = ["name", "path", "shouldExist", "permissions", "uid", "gid", "isExecutableBy"]
    guard let values = yaml.mapping(node, "fileExistenceTests", keys: keys) else { return nil }
    let name = name(values, node, "fileExistenceTests")
    let path = path(values, node, "fileExistenceTests")
    let identifiers = 0...4_294_967_294
    let permissions = values["permissions"].flatMap { self.permissions($0) }
    let uid = values["uid"].flatMap { yaml.integer($0, "uid", in: identifiers) }
    let gid = values["gid"].flatMap { yaml.integer($0, "gid", in: identifiers) }
    let executor = values["isExecutableBy"].flatMap { self.executor($0) }
    let shouldExist = values["shouldExist"].flatMap { yaml.boolean($0, "shouldExist") } ?? true
    guard let name, let path else { return nil }
    return FileExistenceTest(
      name: name, path: path, shouldExist: shouldExist, permissions: permissions, uid: uid, gid: gid,
      executableBy: executor)
  }

  private mutating func permissions(_ node: YAMLNode) -> String? {
    guard let text = yaml.text(node, "permissions") else { return nil }
    guard text.count >= 10, text.suffix(9).allSatisfy({ "rwxsStT-".contains($0) }) else {
      yaml.report(node, "expected permissions as in '-rw-r--r--', found '\(text)'")
      return nil
    }
    return text
  }

  private mutating func executor(_ node: YAMLNode) -> FileExistenceTest.Executor? {
    guard let text = yaml.text(node, "isExecutableBy") else { return nil }
    let executor = FileExistenceTest.Executor(rawValue: text)
    if executor == nil { yaml.report(node, "expected isExecutableBy as owner, group, other or any, found '\(text)'") }
    return executor
  }

  mutating func fileContent(_ node: YAMLNode) -> FileContentTest? {
    let keys = ["name", "path", "expectedContents", "excludedContents"]
    guard let values = yaml.mapping(node, "fileContentTests", keys: keys) else { return nil }
    let name = name(values, node, "fileContentTests")
    let path = path(values, node, "fileContentTests")
    let contents = expectation(values["expectedContents"], values["excludedContents"])
    guard let name, let path else { return nil }
    return FileContentTest(name: name, path: path, contents: contents)
  }

  private mutating func path(_ values: [String: YAMLNode], _ node: YAMLNode, _ what: String) -> String? {
    guard let value = values["path"] else {
      yaml.report(node, "each of '\(what)' needs 'path'")
      return nil
    }
    return yaml.text(value, "path")
  }

  mutating func license(_ node: YAMLNode) -> LicenseTest? {
    guard let values = yaml.mapping(node, "licenseTests", keys: ["debian", "files"]) else { return nil }
    return LicenseTest(
      readsDebian: values["debian"].flatMap { yaml.boolean($0, "debian") } ?? false,
      files: values["files"].flatMap { yaml.texts($0, "files") } ?? [])
  }

  mutating func script(_ node: YAMLNode) -> ScriptTest? {
    let keys = ["name", "file", "args", "envVars", "timeout", "services"]
    guard let values = yaml.mapping(node, "scripts", keys: keys) else { return nil }
    let name = name(values, node, "scripts")
    var file: String?
    if let value = values["file"], let text = yaml.text(value, "file") {
      // The folder is mounted; nothing outside of it can be meant.
      file = Path.contained(text)
      if file == nil { yaml.report(value, "'\(text)' leaves the folder of tests.yaml") }
    } else {
      yaml.report(node, "each of 'scripts' needs 'file'", hint: "name a Python file beside tests.yaml")
    }
    let arguments = values["args"].map { self.arguments($0) } ?? []
    let environment = variables(values["envVars"], "envVars")
    let timeout = timeout(values["timeout"], default: .seconds(300))
    let services = services(values["services"])
    guard let name, let file else { return nil }
    return ScriptTest(
      name: name, file: file, arguments: arguments, environment: environment, timeout: timeout, services: services)
  }

  mutating func metadata(_ node: YAMLNode) -> MetadataTest? {
    let keys = [
      "env", "envVars", "unboundEnvVars", "labels", "entrypoint", "cmd", "exposedPorts", "unexposedPorts", "volumes",
      "unmountedVolumes", "workdir", "user", "healthcheck",
    ]
    guard let values = yaml.mapping(node, "metadataTest", keys: keys) else { return nil }
    var test = MetadataTest()
    test.environment = entries(values["env"], "env") + entries(values["envVars"], "envVars")
    test.unboundVariables = elements(values["unboundEnvVars"], "unboundEnvVars") { $0.pair($1, "unboundEnvVars")?.name }
    test.labels = entries(values["labels"], "labels")
    test.entrypoint = values["entrypoint"].map { arguments($0) }
    test.command = values["cmd"].map { arguments($0) }
    test.exposedPorts = texts(values["exposedPorts"], "exposedPorts")
    test.unexposedPorts = texts(values["unexposedPorts"], "unexposedPorts")
    test.volumes = texts(values["volumes"], "volumes")
    test.unmountedVolumes = texts(values["unmountedVolumes"], "unmountedVolumes")
    test.workingDirectory = values["workdir"].flatMap { yaml.text($0, "workdir") }
    test.user = values["user"].flatMap { yaml.text($0, "user") }
    test.healthcheck = values["healthcheck"].flatMap { healthcheck($0) }
    return test
  }

  private mutating func texts(_ node: YAMLNode?, _ what: String) -> [String] {
    node.flatMap { yaml.texts($0, what) } ?? []
  }

  private mutating func entries(_ node: YAMLNode?, _ what: String) -> [MetadataTest.Entry] {
    elements(node, what) { reader, node in
      guard let (name, value, isPattern) = reader.pair(node, what) else { return nil }
      let text = reader.scalar(value) ?? ""
      guard isPattern else { return MetadataTest.Entry(name: name, value: .text(text)) }
      return reader.pattern(text, value ?? node).map { MetadataTest.Entry(name: name, value: .pattern($0)) }
    }
  }

  /// Reads the words of `docker inspect`: `[CMD, program, …]`, `[CMD-SHELL, line]` or `[NONE]`.
  private mutating func healthcheck(_ node: YAMLNode) -> Healthcheck.Test? {
    let words = arguments(node)
    switch (words.first, words.count) {
    case ("NONE", 1): return Healthcheck.Test.none
    case ("CMD", 2...): return .exec(Array(words.dropFirst()))
    case ("CMD-SHELL", 2): return .shell(words[1])
    default:
      yaml.report(node, "expected healthcheck as [CMD, program, …], [CMD-SHELL, line] or [NONE]")
      return nil
    }
  }
}
