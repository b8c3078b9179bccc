internal import Host
internal import OCI
internal import Sandbox

/// How a container of an image is started: its plan, and what every command in it begins with.
struct ContainerSettings: Sendable {
  /// Where the folder of `tests.yaml` is seen.
  static let testFolder = "/run/drydock/tests"
  /// Where the packages that only tests need are seen.
  static let testSite = "/run/drydock/test-site"
  /// The most bytes kept of each output of a command.
  static let outputLimit = 1 << 20

  private static let hostname = "drydock"

  let plan: SandboxPlan
  private var template: SandboxCommand

  init(
    _ image: ImageRoot, options: TestSpecification.RunOptions = .init(), folder: String? = nil
  ) throws(VerificationError) {
    let user = options.user ?? image.config.user
    guard let identity = Accounts(of: image.files).identity(user) else { throw .unknownUser(user ?? "") }
    let directory = image.config.workingDirectory ?? "/"

    // What engines set is less than what the image sets, and that less than what is asked for.
    var variables = [
      "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": identity.home,
      "HOSTNAME": Self.hostname,
    ]
    variables.merge(image.variables) { $1 }
    variables.merge(try Self.variables(options, folder)) { $1 }
    template = SandboxCommand([], environment: variables)
    template.user = identity.user
    template.directory = directory
    template.capabilities = try Self.capabilities(options)

    var idle = SandboxCommand.idle
    idle.user = identity.user
    idle.output = .null
    idle.errors = .null
    var plan = SandboxPlan(root: .overlay(lower: [image.path], changes: .memory(limit: nil)), command: idle)
    plan.hostname = Self.hostname
    plan.allowsNesting = options.isPrivileged
    // Engines make the directory when the image has none.
    if image.files.locate(directory) == nil { plan.mounts.append(.init(directory, .memory())) }
    if let folder { plan.mounts.append(.init(Self.testFolder, .bind(folder))) }
    if let site = image.testSite { plan.mounts.append(.init(Self.testSite, .bind(site))) }
    plan.mounts += options.binds.map { .init($0.target, .bind($0.source, writable: $0.isWritable)) }
    self.plan = plan
  }

  /// A command as the image's user, in its directory and with its variables.
  func command(
    _ arguments: [String], environment: [String: String] = [:], timeout: Duration? = nil
  ) -> SandboxCommand {
    var command = template
    command.arguments = arguments
    command.environment.merge(environment) { $1 }
    command.output = .captured(limit: Self.outputLimit)
    command.errors = .captured(limit: Self.outputLimit)
    command.timeout = timeout
    return command
  }

  /// The variables that every command has.
  var environment: [String: String] { template.environment }

  private static func variables(
    _ options: TestSpecification.RunOptions, _ folder: String?
  ) throws(VerificationError) -> [String: String] {
    var variables: [String: String] = [:]
    if let file = options.environmentFile {
      // Other tools look for it from where they are started, which is often the folder above.
      let beside = Path.join(folder ?? Files.currentDirectory, file)
      do throws(SystemError) {
        variables = environment(file: try Files.text(Files.exists(beside) ? beside : file, limit: 1 << 20))
      } catch {
        throw .environmentFile(error)
      }
    }
    for name in options.inherited { if let value = Environment[name] { variables[name] = value } }
    return variables
  }

  /// Reads a file of `NAME=VALUE` lines as `docker run --env-file` does: a name alone is taken from the caller.
  static func environment(file text: String) -> [String: String] {
    var variables: [String: String] = [:]
    for line in text.lines {
      let line = line.drop { $0 == " " || $0 == "\t" }
      guard let first = line.first, first != "#" else { continue }
      if let equals = line.firstIndex(of: "=") {
        variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
      } else if let value = Environment[String(line)] {
        variables[String(line)] = value
      }
    }
    return variables
  }

  private static func capabilities(
    _ options: TestSpecification.RunOptions
  ) throws(VerificationError) -> Capabilities {
    let names = options.isPrivileged ? ["ALL"] : options.capabilities
    var capabilities = Capabilities.container
    for name in names {
      let upper = name.uppercased()
      let short = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
      if short == "ALL" {
        capabilities = Capabilities(rawValue: 1 << UInt64(capabilityNames.count) - 1)
      } else if let number = capabilityNames.firstIndex(of: short) {
        capabilities.insert(Capabilities(rawValue: 1 << UInt64(number)))
      } else {
        throw .unknownCapability(name)
      }
    }
    return capabilities
  }

  /// The names of `linux/capability.h` in their order.
  private static let capabilityNames = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
  ]
}
