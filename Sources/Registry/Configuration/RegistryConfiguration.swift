public import HTTP
import Host

/// All that decides how registries are reached: a value, so that tests and programs can have several.
public struct RegistryConfiguration: Sendable {
  /// Certificates, proxies, retries.
  public var http: HTTPConfiguration
  /// Mirrors, rewrites, prohibitions.
  public var registries: RegistriesConfiguration
  /// The users' logins.
  public var logins: LoginStore
  /// Folders that hold a folder `HOST[:PORT]` with `ca.crt`, `*.cert` and `*.key`, the first one wins.
  public var certificateFolders: [String]
  /// Whether only this machine may be asked.
  public var isOffline = false
  /// How many blobs are transferred at a time.
  public var parallelBlobs = 6
  /// Over how many connections one large blob comes.
  public var parallelRanges = 6
  /// The lengths of its ranges, in bytes; a blob of less than two comes in one answer.
  public var rangeBytes = 2 << 20...32 << 20
  /// The length, in bytes, up to which a blob is sent in one request; a larger one goes in pieces of that length.
  ///
  /// Some registries read a blob that came in pieces once more from their disk, so the pieces are large.
  public var uploadChunkBytes = 256 << 20
  /// How long a transfer may stand still.
  public var stall: Duration = .seconds(30)

  /// Told, once each, what registries want people to know.
  public var warn: @Sendable (String) -> Void = { _ in }

  /// Makes a configuration.
  public init(
    http: HTTPConfiguration = HTTPConfiguration(), registries: RegistriesConfiguration = RegistriesConfiguration(),
    logins: LoginStore = LoginStore(paths: [], writtenPath: ""), certificateFolders: [String] = []
  ) {
    self.http = http
    self.registries = registries
    self.logins = logins
    self.certificateFolders = certificateFolders
  }

  /// Reads this machine's settings, as Docker and the containers tools do.
  public init(environment: [String: String]) throws(RegistryError) {
    self.init(
      http: HTTPConfiguration(environment: environment),
      registries: try RegistriesConfiguration(environment: environment), logins: LoginStore(environment: environment),
      certificateFolders: [
        Path.join(environment["HOME"] ?? "/root", ".config/containers/certs.d"), "/etc/containers/certs.d",
        "/etc/docker/certs.d",
      ])
  }

  /// The certificates that hold for one host, beside what holds for all.
  func http(for endpoint: Endpoint) -> HTTPConfiguration {
    var http = http
    // No proxy leads back to this machine, whatever NO_PROXY says.
    if endpoint.isLoopback { http.proxies = Proxies() }
    if endpoint.isInsecure { http.trustedHosts.insert(endpoint.host) }
    for folder in certificateFolders.map({ Path.join($0, endpoint.domain) }) {
      guard let names = try? Files.list(folder) else { continue }
      if let authority = names.first(where: { $0.hasSuffix(".crt") }) {
        // OpenSSL looks into the folder for what the file does not have: the host's own authority comes on top.
        http.certificateFile = Path.join(folder, authority)
        http.certificateFolder = http.certificateFolder ?? "/etc/ssl/certs"
      }
      if let certificate = names.first(where: { $0.hasSuffix(".cert") }) {
        http.clientCertificate = Path.join(folder, certificate)
        http.clientKey = Path.join(folder, String(certificate.dropLast(5)) + ".key")
      }
      break
    }
    return http
  }
}
