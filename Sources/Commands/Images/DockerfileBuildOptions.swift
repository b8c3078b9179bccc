import ArgumentParser
import Building
import Dockerfiles
import Host
import OCI
import Registry

/// Options of a build from a Dockerfile, by the names that `docker build` gives them.
struct DockerfileBuildOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Build this Dockerfile; the argument is its context.", valueName: "dockerfile"))
  var file: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Keep the image in the store under this name.", valueName: "name"))
  var tag: [String] = []

  @Option(help: ArgumentHelp("Build this stage.", valueName: "stage"))
  var target: String?

  @Option(help: ArgumentHelp("Set an ARG; without a value it is taken from the environment.", valueName: "name=value"))
  var buildArg: [String] = []

  @Option(
    help: ArgumentHelp(
      "Give FROM and --from a folder or an image by name: DIR, docker-image://NAME, oci-layout://DIR[:TAG|@DIGEST].",
      valueName: "name=place"))
  var buildContext: [String] = []

  @Option(
    help: ArgumentHelp("Show a secret to RUN --mount=type=secret.", valueName: "id=id[,src=file|,env=name]"))
  var secret: [String] = []

  @Option(help: ArgumentHelp("Forward an SSH agent to RUN --mount=type=ssh.", valueName: "id[=socket]"))
  var ssh: [String] = []

  @Option(
    help: ArgumentHelp(
      "Build for this platform; several, with commas between, make an index. Of a lock, these instead of all.",
      valueName: "os/arch"))
  var platform: [String] = []

  @Option(help: ArgumentHelp("Add a label.", valueName: "name=value"))
  var label: [String] = []

  @Flag(help: "Do every step again.")
  var noCache = false

  @Option(
    help: ArgumentHelp("Do every step of these stages again, with commas between their names.", valueName: "stages"))
  var noCacheFilter: [String] = []

  @Option(help: ArgumentHelp("Use what another build kept at this place.", valueName: "place"))
  var cacheFrom: [String] = []

  @Option(help: ArgumentHelp("Keep the layers of all steps at this place, for --cache-from.", valueName: "place"))
  var cacheTo: [String] = []

  @Flag(help: "Let RUN use the network, at the price of reproducibility.")
  var allowNetwork = false

  @Option(
    help: ArgumentHelp("The same by Docker's name: host lets RUN use the network.", valueName: "default|host|none"))
  var network: Network = .default

  @Option(help: ArgumentHelp("Let RUN know a host by name.", valueName: "name:address"))
  var addHost: [String] = []

  @Flag(
    help: ArgumentHelp(
      "Let RUN read from the network through a proxy, and write what it got into the Dockerfile's .lock.",
      discussion: "Later builds give RUN the same again, from the store or by its hash, and nothing else."))
  var record = false

  @Flag(help: "Leave logs, caches and backups in the layers of RUN.")
  var noScrub = false

  @Option(help: ArgumentHelp("The most memory of a RUN, in bytes or as in 2g.", valueName: "size"))
  var memory: String?

  @Option(help: ArgumentHelp("The most shared memory (/dev/shm) of a RUN, 64m unless said.", valueName: "size"))
  var shmSize: String?

  @Option(help: ArgumentHelp("Write the image's digest into a file.", valueName: "file"))
  var iidfile: String?

  @Option(help: ArgumentHelp("Write names and digests into a file as JSON, like docker buildx.", valueName: "file"))
  var metadataFile: String?

  /// The network of commands that say nothing about it.
  enum Network: String, ExpressibleByArgument, CaseIterable {
    case `default`, host, none
  }

  /// Whether commands have the host's network.
  var givesNetwork: Bool { allowNetwork || network == .host }

  /// Whether any of these was given that a build from an image.yaml knows nothing of.
  var isUsed: Bool {
    file != nil || target != nil || !buildArg.isEmpty || !buildContext.isEmpty || !secret.isEmpty || !ssh.isEmpty
      || !label.isEmpty || noCache || !noCacheFilter.isEmpty || !addHost.isEmpty || !cacheFrom.isEmpty
      || !cacheTo.isEmpty || givesNetwork || record || noScrub
      || memory != nil || shmSize != nil
  }

  /// The options as they are written, but for the Dockerfile's and those that say where results and caches come from or go.
  var repeated: [String] {
    func words(_ option: String, _ values: [String]) -> [String] { values.map { "--\(option)=\($0)" } }
    return words("target", target.map { [$0] } ?? []) + words("build-arg", buildArg)
      + words("build-context", buildContext) + words("add-host", addHost) + words("secret", secret) + words("ssh", ssh)
      + words("platform", platform) + words("label", label)
      + words("memory", memory.map { [$0] } ?? []) + words("shm-size", shmSize.map { [$0] } ?? [])
      + (givesNetwork ? ["--allow-network"] : [])
      + (noScrub ? ["--no-scrub"] : [])
  }

  /// What the options say about a build of a context.
  func options(context: String, dockerfile: String) throws -> DockerfileOptions {
    var options = DockerfileOptions(context: context, ignoring: try Self.ignoreFile(context, dockerfile))
    options.target = target
    options.arguments = try pairs(buildArg, "--build-arg", fromEnvironment: true)
    options.labels = try pairs(label.map { $0.contains("=") ? $0 : $0 + "=" }, "--label")
    for (name, place) in try pairs(buildContext, "--build-context") {
      options.contexts[name] = try Self.context(place, name)
    }
    for text in secret {
      let (id, value) = try Self.secret(text)
      options.secrets[id] = value
    }
    for text in ssh {
      let (id, socket) = try Self.socket(text)
      options.agentSockets[id] = socket
    }
    options.platform = try platforms()[0]
    // As with buildx the environment's is an argument of the build, too.
    if options.arguments["SOURCE_DATE_EPOCH"] == nil, let epoch = Environment["SOURCE_DATE_EPOCH"] {
      options.arguments["SOURCE_DATE_EPOCH"] = epoch
    }
    if let epoch = options.arguments["SOURCE_DATE_EPOCH"], !epoch.isEmpty {
      guard let seconds = Int(epoch), seconds >= 0 else {
        throw Failure(.badInput, "SOURCE_DATE_EPOCH is no number of seconds: \(epoch)")
      }
      options.epoch = seconds
    }
    options.usesCache = !noCache
    for name in noCacheFilter.flatMap({ $0.split(separator: ",") }) {
      options.uncachedStages.insert(name.trimmed.lowercased())
    }
    for text in addHost {
      let (name, address) = try Self.host(text)
      options.hosts[name] = address
    }
    guard !record || !givesNetwork else {
      throw Failure(
        .badInput, "--record and --allow-network exclude each other",
        hint: "what goes by the host's network can't be recorded")
    }
    options.allowsNetwork = givesNetwork
    options.recordsNetwork = record
    options.scrubs = !noScrub
    if let memory { options.memoryLimit = try Self.size(memory, "--memory") }
    if let shmSize { options.sharedMemoryLimit = try Self.size(shmSize, "--shm-size") }
    return options
  }

  private static func size(_ text: String, _ option: String) throws -> Int {
    guard let bytes = ByteCount.parse(text) else {
      throw Failure(.badInput, "\(option): '\(text)' is no size", hint: "write it as in 512m or 2g")
    }
    return bytes
  }

  /// The platforms to build for, each once.
  func platforms() throws -> [Platform] {
    if platform.isEmpty { return [try SelectionOptions.platform(nil)] }
    var platforms: [Platform] = []
    for part in platform.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let parsed: Platform
      do { parsed = try Platform(argument: String(part.trimmed), own: Processor.own) } catch {
        throw Failure(.badInput, "--platform: \(error)")
      }
      if !platforms.contains(parsed) { platforms.append(parsed) }
    }
    return platforms
  }

  /// The file beside the Dockerfile that bears its name, else the context's.
  ///
  /// What was recorded is never seen: it would change what it is a record of.
  private static func ignoreFile(_ context: String, _ dockerfile: String) throws -> IgnoreFile {
    let file = try givenIgnoreFile(context, dockerfile)
    let lock = Path.absolute(dockerfile) + ".lock"
    guard lock.hasPrefix(context + "/") else { return file }
    let name = lock.dropFirst(context.count + 1).map { "\\*?[".contains($0) ? "\\\($0)" : String($0) }.joined()
    return IgnoreFile(patterns: file.patterns + [try IgnorePattern(parsing: name)])
  }

  private static func givenIgnoreFile(_ context: String, _ dockerfile: String) throws -> IgnoreFile {
    for path in [dockerfile + ".dockerignore", "\(context)/.dockerignore", "\(context)/.containerignore"]
    where Files.isFile(path) {
      do { return try IgnoreFile(parsing: try Files.text(path, limit: 1 << 20)) } catch let error as DockerfileError {
        throw Failure(.badInput, "\(path):\(error)", hint: error.hint)
      }
    }
    return IgnoreFile(patterns: [])
  }

  func pairs(
    _ texts: [String], _ option: String, fromEnvironment: Bool = false
  ) throws -> [String: String] {
    var values: [String: String] = [:]
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard !parts[0].isEmpty, parts.count == 2 || fromEnvironment else {
        throw Failure(.badInput, "\(option): '\(text)' is not of the form NAME=VALUE")
      }
      values[String(parts[0])] = parts.count == 2 ? String(parts[1]) : Environment[String(parts[0])]
    }
    return values
  }

  private static func context(_ place: String, _ name: String) throws -> DockerfileOptions.NamedContext {
    if place == "docker-image://scratch" { return .scratch }
    for (scheme, form) in [("docker-image://", "docker://"), ("oci-layout://", "oci:")] where place.hasPrefix(scheme) {
      var rest = place.dropFirst(scheme.count)
      if form == "oci:", let at = rest.lastIndex(of: "@") {
        // A digest takes the place of a tag.
        rest = rest[..<at].prefix { $0 != ":" } + ":" + rest[rest.index(after: at)...]
      }
      return .image(try ImagePlace(parsing: form + rest))
    }
    for scheme in ["docker://", "oci:", "oci-archive:", "docker-archive:", "dir:"] where place.hasPrefix(scheme) {
      return .image(try ImagePlace(parsing: place))
    }
    guard Files.isDirectory(place) else {
      throw Failure(
        .badInput, "--build-context \(name): \(place) is no folder",
        hint: "an image is named docker-image://NAME or oci-layout://DIR")
    }
    return .folder(Path.absolute(place))
  }

  private static func secret(_ text: String) throws -> (String, DockerfileOptions.Secret) {
    var fields: [String: String] = [:]
    for field in text.split(separator: ",") {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    guard let id = fields["id"] else {
      throw Failure(.badInput, "--secret: '\(text)' has no id", hint: "write --secret id=NAME,src=FILE")
    }
    if let file = fields["src"] ?? fields["source"] {
      guard Files.isFile(file) else { throw Failure(.badInput, "--secret \(id): \(file) is no file") }
      return (id, .file(Path.absolute(file)))
    }
    let variable = fields["env"] ?? id
    guard Environment[variable] != nil else {
      throw Failure(
        .badInput, "--secret \(id): the environment has no \(variable)", hint: "name a file: id=\(id),src=FILE")
    }
    return (id, .variable(variable))
  }

  /// A host in Docker's notation: `NAME:ADDRESS` or `NAME=ADDRESS`, an address of version 6 with brackets or without.
  private static func host(_ text: String) throws -> (name: String, address: String) {
    let mark = text.firstIndex { $0 == "=" } ?? text.firstIndex { $0 == ":" }
    var address = mark.map { text[text.index(after: $0)...] } ?? ""
    if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
    let name = mark.map { text[..<$0] } ?? ""
    let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
    let isAddress = !address.isEmpty && address.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
    guard isName, isAddress else {
      throw Failure(.badInput, "--add-host: '\(text)' is not of the form NAME:ADDRESS")
    }
    return (String(name), String(address))
  }

  private static func socket(_ text: String) throws -> (id: String, path: String) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard let id = parts.first, let path = parts.count == 2 ? parts[1] : Environment["SSH_AUTH_SOCK"],
      Files.exists(path)
    else {
      throw Failure(
        .badInput, "--ssh: there is no agent's socket", hint: "start ssh-agent, or write --ssh default=SOCKET")
    }
    guard !Files.isFile(path) else {
      throw Failure(
        .badInput, "--ssh \(id): \(path) is a file and no socket", hint: "give the key to an agent: ssh-add \(path)")
    }
    return (id, Path.absolute(path))
  }
}
