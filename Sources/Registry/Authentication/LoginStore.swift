import Host

/// Where this machine's users keep their logins to registries.
public struct LoginStore: Sendable {
  /// The files that are read, in this order.
  public let paths: [String]
  /// The file that a new login goes to.
  public let writtenPath: String
  private let environment: [String: String]?
  private let helperFolder: String?
  /// A login that holds everywhere and lies in no file.
  private let fixed: RegistryLogin?
  /// What Amazon's registries are shown where nobody logged in; the variables say where AWS's keys are.
  private let amazon: ECRLogins?

  /// Names the files.
  ///
  /// - Parameter helperFolder: Where the programs that keep logins are, if not in `PATH`.
  public init(
    paths: [String], writtenPath: String, environment: [String: String]? = nil, helperFolder: String? = nil
  ) {
    self.paths = paths
    self.writtenPath = writtenPath
    self.environment = environment
    self.helperFolder = helperFolder
    fixed = nil
    amazon = environment.map { ECRLogins(environment: $0) }
  }

  /// Knows one login for everything, and keeps none.
  public init(fixed login: RegistryLogin) {
    paths = []
    writtenPath = ""
    environment = nil
    helperFolder = nil
    fixed = login
    amazon = nil
  }

  /// Finds the files as Docker and the containers tools do.
  ///
  /// `REGISTRY_AUTH_FILE` alone, if it is set; else the containers tools' files, then Docker's.
  public init(environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let path = value("REGISTRY_AUTH_FILE") {
      self.init(paths: [path], writtenPath: path, environment: environment)
      return
    }
    let home = value("HOME") ?? "/root"
    let docker = Path.join(value("DOCKER_CONFIG") ?? Path.join(home, ".docker"), "config.json")
    let settings = Path.join(value("XDG_CONFIG_HOME") ?? Path.join(home, ".config"), "containers/auth.json")
    let session = value("XDG_RUNTIME_DIR").map { Path.join($0, "containers/auth.json") }
    self.init(
      paths: [session, settings, docker].compactMap { $0 }, writtenPath: docker, environment: environment)
  }

  private func helper(_ name: String) throws(RegistryError) -> CredentialHelper {
    try CredentialHelper(name: name, folder: helperFolder, environment: environment)
  }

  /// The login for a repository, if there is one; for Amazon's registries it may be had for AWS's keys.
  public func login(domain: String, repository: String) async throws(RegistryError) -> RegistryLogin? {
    if let fixed { return fixed }
    for path in paths {
      switch try LoginFile(path: path).place(domain: domain, repository: repository) {
      case .inline(let login): return login
      case .helper(let name):
        let helper = try self.helper(name)
        if let login = try await helper.login(for: domain) { return login }
      case nil: break
      }
    }
    return try await amazon?.login(for: domain)
  }

  /// Forgets a login that was lent for a while and is not accepted any more; says whether there may be a newer one.
  func renews(_ domain: String) -> Bool { amazon?.forget(domain) ?? false }

  /// Keeps a login; says where.
  public func store(_ login: RegistryLogin, for domain: String) async throws(RegistryError) -> String {
    let file = try LoginFile(path: writtenPath)
    guard let name = file.helper(for: domain) else {
      try file.setting(login, for: domain).write()
      return writtenPath
    }
    try await helper(name).store(login, for: domain)
    return "docker-credential-\(name)"
  }

  /// Forgets the logins of a registry; says where they were.
  public func erase(_ domain: String) async throws(RegistryError) -> [String] {
    var places: [String] = []
    for path in paths {
      let file = try LoginFile(path: path)
      if let name = file.helper(for: domain) {
        let helper = try self.helper(name)
        if try await helper.login(for: domain) != nil {
          try await helper.erase(domain)
          places.append("docker-credential-\(name)")
        }
      }
      if file.holdsLogin(of: domain) {
        try file.setting(nil, for: domain).write()
        places.append(path)
      }
    }
    return places
  }
}
