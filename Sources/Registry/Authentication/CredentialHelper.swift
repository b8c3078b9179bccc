import Host
import JSON

/// A program that keeps logins, named `docker-credential-NAME`; secrets pass through its standard streams only.
///
/// Specification: the protocol of docker-credential-helpers.
struct CredentialHelper: Sendable {
  private let program: String
  private let folder: String?
  private let environment: [String: String]?

  init(name: String, folder: String? = nil, environment: [String: String]? = nil) throws(RegistryError) {
    let isPlain = name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "._-".utf8.contains(byte)
    }
    guard isPlain else { throw .helper(program: "docker-credential-…", reason: "its name is no plain word") }
    program = "docker-credential-\(name)"
    self.folder = folder
    self.environment = environment
  }

  /// The login for a registry, if the program has one.
  func login(for domain: String) async throws(RegistryError) -> RegistryLogin? {
    let result = try await run("get", input: LoginFile.serverName(of: domain))
    guard result.status == 0 else {
      // The protocol has no code for "none": this text is what all programs print.
      if result.text.contains("credentials not found") { return nil }
      throw .helper(program: program, reason: "'get' ended with status \(result.status)")
    }
    guard let answer = try? JSONValue(parsing: result.output), let user = answer["Username"]?.string,
      let secret = answer["Secret"]?.string
    else { throw .helper(program: program, reason: "its answer has no Username and Secret") }
    if user.isEmpty && secret.isEmpty { return nil }
    return user == "<token>" ? .identityToken(secret) : .password(user: user, password: secret)
  }

  /// Hands a login over.
  func store(_ login: RegistryLogin, for domain: String) async throws(RegistryError) {
    let (user, secret): (String, String) =
      switch login {
      case .password(let user, let password): (user, password)
      case .identityToken(let token), .registryToken(let token): ("<token>", token)
      }
    let entry = JSONValue.object([
      "ServerURL": .string(LoginFile.serverName(of: domain)), "Username": .string(user), "Secret": .string(secret),
    ])
    let result = try await run("store", input: entry.text())
    guard result.status == 0 else {
      throw .helper(program: program, reason: "'store' ended with status \(result.status)")
    }
  }

  /// Forgets the login for a registry.
  func erase(_ domain: String) async throws(RegistryError) {
    let result = try await run("erase", input: LoginFile.serverName(of: domain))
    guard result.status == 0 || result.text.contains("credentials not found") else {
      throw .helper(program: program, reason: "'erase' ended with status \(result.status)")
    }
  }

  private func run(_ action: String, input: String) async throws(RegistryError) -> Subprocess.Result {
    do throws(SystemError) {
      return try await Subprocess(folder.map { Path.join($0, program) } ?? program, [action], environment: environment)
        .run(input: Array(input.utf8), limit: 1 << 20)
    } catch {
      throw .helper(program: program, reason: error.reason)
    }
  }
}
