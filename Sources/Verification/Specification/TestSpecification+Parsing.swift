public import YAML

extension TestSpecification {
  /// Reads `tests.yaml`, strictly: an unknown key is a fault with its place and the nearest key that exists.
  ///
  /// - Throws: ``YAMLFaults`` with every fault in the order of the text.
  public init(parsing text: String) throws(YAMLFaults) {
    let root: YAMLNode
    do { root = try YAMLNode(parsing: text) } catch { throw YAMLFaults(diagnostics: [error]) }
    var reader = TestSpecificationReader()
    let specification = reader.specification(root)
    try reader.finish()
    self = specification
  }
}

/// Turns nodes into tests.
struct TestSpecificationReader: ~Copyable {
  var yaml = YAMLReader()

  consuming func finish() throws(YAMLFaults) { try yaml.finish() }

  mutating func specification(_ root: YAMLNode) -> TestSpecification {
    var specification = TestSpecification()
    let keys = [
      "schemaVersion", "globalEnvVars", "containerRunOptions", "commandTests", "fileExistenceTests",
      "fileContentTests", "metadataTest", "licenseTests", "versions", "utilities", "imports", "scripts",
    ]
    guard let values = yaml.mapping(root, "tests.yaml", keys: keys) else { return specification }
    schemaVersion(values["schemaVersion"], of: root)
    specification.environment = variables(values["globalEnvVars"], "globalEnvVars")
    if let node = values["containerRunOptions"] { specification.runOptions = runOptions(node) }
    if let node = values["versions"] { specification.comparesVersions = versions(node) }
    if let node = values["utilities"] { specification.triesUtilities = utilities(node) }
    specification.imports = imports(values["imports"])
    specification.commands = elements(values["commandTests"], "commandTests") { $0.command($1) }
    specification.files = elements(values["fileExistenceTests"], "fileExistenceTests") { $0.fileExistence($1) }
    specification.contents = elements(values["fileContentTests"], "fileContentTests") { $0.fileContent($1) }
    specification.metadata = values["metadataTest"].flatMap { metadata($0) }
    specification.licenses = elements(values["licenseTests"], "licenseTests") { $0.license($1) }
    specification.scripts = elements(values["scripts"], "scripts") { $0.script($1) }
    return specification
  }

  private mutating func schemaVersion(_ node: YAMLNode?, of root: YAMLNode) {
    guard let node else {
      yaml.report(root, "'schemaVersion' is missing", hint: "begin the file with schemaVersion: \"2.0.0\"")
      return
    }
    guard let version = yaml.text(node, "schemaVersion"), !["1.0.0", "2.0.0"].contains(version) else { return }
    yaml.report(node, "the schema '\(version)' is not known", hint: "known are 1.0.0 and 2.0.0")
  }

  private mutating func utilities(_ node: YAMLNode) -> Bool {
    if case .scalar("lock", _) = node.content { return true }
    yaml.report(
      node, "expected utilities as 'lock'", hint: "those that drydock.lock holds are put to their smoke tests")
    return false
  }

  private mutating func versions(_ node: YAMLNode) -> Bool {
    if case .scalar("lock", _) = node.content { return true }
    yaml.report(node, "expected versions as 'lock'", hint: "the installed packages are compared with drydock.lock")
    return false
  }

  private mutating func imports(_ node: YAMLNode?) -> [String] {
    var modules: [String] = []
    for element in node.flatMap({ yaml.list($0, "imports") }) ?? [] {
      guard let module = yaml.text(element, "imports") else { continue }
      let parts = module.split(separator: ".", omittingEmptySubsequences: false)
      let isModule = parts.allSatisfy { part in
        !part.isEmpty && part.first?.isNumber == false && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
      }
      if isModule { modules.append(module) } else { yaml.report(element, "'\(module)' is no name of a Python module") }
    }
    return modules
  }

  private mutating func runOptions(_ node: YAMLNode) -> TestSpecification.RunOptions {
    var options = TestSpecification.RunOptions()
    let keys = ["user", "privileged", "allocateTty", "envFile", "envVars", "capabilities", "bindMounts"]
    guard let values = yaml.mapping(node, "containerRunOptions", keys: keys) else { return options }
    options.user = values["user"].flatMap { yaml.text($0, "user") }
    options.isPrivileged = values["privileged"].flatMap { yaml.boolean($0, "privileged") } ?? false
    if let terminal = values["allocateTty"], yaml.boolean(terminal, "allocateTty") == true {
      yaml.report(terminal, "a test can't be given a terminal here", hint: "leave 'allocateTty' out")
    }
    options.environmentFile = values["envFile"].flatMap { yaml.text($0, "envFile") }
    options.inherited = values["envVars"].flatMap { yaml.texts($0, "envVars") } ?? []
    options.capabilities = values["capabilities"].flatMap { yaml.texts($0, "capabilities") } ?? []
    options.binds = elements(values["bindMounts"], "bindMounts") { $0.bind($1) }
    return options
  }

  private mutating func bind(_ node: YAMLNode) -> TestSpecification.Bind? {
    guard let text = yaml.text(node, "bindMounts") else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let options = parts.count == 3 ? parts[2].split(separator: ",") : []
    guard (2...3).contains(parts.count), parts[0].hasPrefix("/"), parts[1].hasPrefix("/"),
      options.allSatisfy({ ["ro", "rw", "z", "Z"].contains($0) })
    else {
      yaml.report(node, "expected a mount as '/path/outside:/path/inside', found '\(text)'")
      return nil
    }
    return TestSpecification.Bind(source: parts[0], target: parts[1], isWritable: !options.contains("ro"))
  }

  // MARK: Parts of tests

  mutating func elements<Element>(
    _ node: YAMLNode?, _ what: String,
    _ read: (inout TestSpecificationReader, YAMLNode) -> Element?
  ) -> [Element] {
    var elements: [Element] = []
    for node in node.flatMap({ yaml.list($0, what) }) ?? [] {
      if let element = read(&self, node) { elements.append(element) }
    }
    return elements
  }

  mutating func variables(_ node: YAMLNode?, _ what: String) -> [TestSpecification.Variable] {
    elements(node, what) { reader, node in
      guard let (name, value, isPattern) = reader.pair(node, what) else { return nil }
      guard !isPattern else {
        reader.yaml.report(node, "a variable can't be set to a pattern", hint: "leave 'isRegex' out")
        return nil
      }
      return TestSpecification.Variable(name: name, value: reader.scalar(value) ?? "")
    }
  }

  /// Reads `key`, `value` and `isRegex`.
  mutating func pair(_ node: YAMLNode, _ what: String) -> (name: String, value: YAMLNode?, isPattern: Bool)? {
    guard let values = yaml.mapping(node, what, keys: ["key", "value", "isRegex"]) else { return nil }
    guard let name = values["key"].flatMap({ yaml.text($0, "key") }) else {
      yaml.report(node, "each of '\(what)' needs 'key'")
      return nil
    }
    return (name, node["value"], values["isRegex"].flatMap { yaml.boolean($0, "isRegex") } ?? false)
  }

  /// The text of a scalar, which may be empty.
  mutating func scalar(_ node: YAMLNode?) -> String? {
    guard let node else { return nil }
    guard case .scalar(let text, _) = node.content else {
      yaml.report(node, "expected the value as text")
      return nil
    }
    return node.isNull ? "" : text
  }

  mutating func expectation(_ expected: YAMLNode?, _ excluded: YAMLNode?) -> Expectation {
    Expectation(expected: patterns(expected), excluded: patterns(excluded))
  }

  private mutating func patterns(_ node: YAMLNode?) -> [Pattern] {
    elements(node, "the patterns") { reader, node in
      reader.yaml.text(node, "a pattern").flatMap { reader.pattern($0, node) }
    }
  }

  mutating func pattern(_ text: String, _ node: YAMLNode) -> Pattern? {
    do { return try Pattern(parsing: text) } catch {
      yaml.report(node, error.description, hint: "patterns have the syntax of RE2, as in Go")
      return nil
    }
  }

  mutating func timeout(_ node: YAMLNode?, default standard: Duration) -> Duration {
    node.flatMap { yaml.duration($0, "timeout") } ?? standard
  }

  mutating func services(_ node: YAMLNode?) -> [TestService] {
    let known = TestService.allCases.map(\.rawValue)
    return elements(node, "services") { reader, node in
      guard let name = reader.yaml.text(node, "services") else { return nil }
      let service = TestService(rawValue: name)
      if service == nil {
        reader.yaml.report(
          node, "the service '\(name)' is not known", hint: "known are \(known.joined(separator: ", "))")
      }
      return service
    }
  }

  mutating func name(_ values: [String: YAMLNode], _ node: YAMLNode, _ what: String) -> String? {
    guard let name = values["name"] else {
      yaml.report(node, "each of '\(what)' needs 'name'")
      return nil
    }
    return yaml.text(name, "name")
  }
}
