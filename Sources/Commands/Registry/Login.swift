import ArgumentParser
import Host
import JSON
import OCI
import Registry

/// `drydock login`: checks a login and keeps it where Docker and podman look, too.
struct Login: Command {
  static let configuration = CommandConfiguration(
    commandName: "login",
    abstract: "Log in to a registry; the password comes on standard input.",
    discussion: """
      The login goes to the program that Docker's configuration names for it, else into the file that REGISTRY_AUTH_FILE
      names, else into ~/.docker/config.json. It is checked first.

      EXAMPLES
        drydock login example.com -u deploy < token
      """)

  @Argument(help: "The registry, HOST[:PORT]; docker.io if absent.")
  var host = Reference.defaultDomain

  @Option(name: [.customShort("u"), .long], help: "The user's name.")
  var username: String

  @OptionGroup var registry: RegistryOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let password = try Self.password()
    let login = RegistryLogin.password(user: username, password: password)
    let configuration = try registry.configuration()
    try await RegistryClient.check(login, domain: host, configuration: configuration)
    let place = try await configuration.logins.store(login, for: host)
    output.print(
      text: "logged in to \(host); the login is in \(place)\n",
      json: .object(["host": .string(host), "place": .string(place)]))
  }

  private static func password() throws -> String {
    var text = try Files.text("/dev/stdin", limit: 1 << 16)
    while text.hasSuffix("\n") || text.hasSuffix("\r\n") { text.removeLast() }
    guard !text.isEmpty else {
      throw Failure(
        .badInput, "there is no password on standard input", hint: "for example: drydock login HOST -u USER < FILE")
    }
    return text
  }
}

/// `drydock logout`: forgets a login.
struct Logout: Command {
  static let configuration = CommandConfiguration(commandName: "logout", abstract: "Forget the login for a registry.")

  @Argument(help: "The registry, HOST[:PORT]; docker.io if absent.")
  var host = Reference.defaultDomain

  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let places = try await LoginStore(environment: Environment.all).erase(host)
    output.print(
      text: places.isEmpty ? "there was no login for \(host)\n" : places.map { "\($0): login removed\n" }.joined(),
      json: .object(["removed": .strings(places)]))
  }
}
