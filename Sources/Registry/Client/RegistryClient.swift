import HTTP
import Host
import JSON
public import OCI
import Synchronization

/// A way to all registries: connections, tokens and settings, made once for a command.
public final class RegistryClient: Sendable {
  /// How registries are reached.
  public let configuration: RegistryConfiguration
  let tokens: TokenAuthority
  let demand = TransferDemand()
  private let common: HTTPClient
  private let state = Mutex(State())

  private struct State: Sendable {
    /// A client of its own where a host has certificates of its own.
    var clients: [String: HTTPClient] = [:]
    var schemes: [String: HTTPURL.Scheme] = [:]
    var challenges: [HTTPURL.Origin: [AuthChallenge]] = [:]
    var slots: [String: TransferSlots] = [:]
    var warnings: Set<String> = []
  }

  /// Makes a client.
  public init(configuration: RegistryConfiguration) {
    self.configuration = configuration
    tokens = TokenAuthority(logins: configuration.logins)
    common = HTTPClient(configuration: configuration.http)
  }

  /// The repository of a reference.
  public func repository(_ reference: Reference) throws(RegistryError) -> Repository {
    let endpoints = try configuration.registries.endpoints(for: reference)
    let reachable = configuration.isOffline ? endpoints.filter(\.isLoopback) : endpoints
    guard !reachable.isEmpty else { throw .offline(reference.name) }
    return Repository(client: self, reference: reference, endpoints: reachable)
  }

  /// Asks a registry whether it accepts a login; what it says otherwise is thrown.
  public static func check(
    _ login: RegistryLogin, domain: String, configuration: RegistryConfiguration
  ) async throws(RegistryError) {
    var configuration = configuration
    // The login is not stored before it is known to be good: it passes through memory.
    configuration.logins = LoginStore(fixed: login)
    let client = RegistryClient(configuration: configuration)
    let reference: Reference
    do throws(Reference.ParseError) { reference = try Reference(domain: domain, repository: "login") } catch {
      throw .place(domain, reason: "\(error)")
    }
    let repository = try client.repository(reference)
    guard let endpoint = repository.endpoints.last else { return }
    let scope = RequestScope(endpoint, actions: "", repository: "")
    let response = try await client.send(scope) { (base) throws(RegistryError) in HTTPRequest(try base.url("")) }
    guard response.isSuccess else { throw RegistryClient.refusal(response, at: endpoint.domain) }
  }

  // MARK: Hosts

  func http(for endpoint: Endpoint) -> HTTPClient {
    state.withLock { state in
      if let client = state.clients[endpoint.domain] { return client }
      let own = configuration.http(for: endpoint)
      let isCommon =
        own.certificateFile == configuration.http.certificateFile
        && own.clientCertificate == configuration.http.clientCertificate
        && own.proxies == configuration.http.proxies
        && own.trustedHosts == configuration.http.trustedHosts
      let client = isCommon ? common : HTTPClient(configuration: own)
      state.clients[endpoint.domain] = client
      return client
    }
  }

  /// The address of the protocol's root at an endpoint.
  ///
  /// It is TLS everywhere but where the settings name the host, or on this machine. There both are tried without a login: on
  /// this machine plain HTTP first, as setting up TLS takes longer than all else, elsewhere TLS first.
  func base(of endpoint: Endpoint) async throws(RegistryError) -> BaseAddress {
    let scheme = state.withLock { $0.schemes[endpoint.domain] }
    if let scheme { return BaseAddress(scheme: scheme, host: endpoint.host) }
    let secure = BaseAddress(scheme: .https, host: endpoint.host)
    let plain = BaseAddress(scheme: .http, host: endpoint.host)
    guard endpoint.isInsecure || endpoint.isLoopback else { return remember(secure, endpoint) }
    let candidates = endpoint.isLoopback ? [plain, secure] : [secure, plain]
    for candidate in candidates where try await speaksProtocol(candidate, endpoint) {
      return remember(candidate, endpoint)
    }
    // Nobody answers as a registry does; the request itself will find out why.
    return plain
  }

  private func speaksProtocol(_ base: BaseAddress, _ endpoint: Endpoint) async throws(RegistryError) -> Bool {
    var request = HTTPRequest(try base.url(""))
    request.limits.connect = .seconds(5)
    request.limits.redirects = 0
    do throws(HTTPError) {
      let response = try await http(for: endpoint).once(request)
      let challenges = Self.challenges(in: response)
      if response.status == 401, !challenges.isEmpty { remember(challenges, of: request.url.origin) }
      // Servers with TLS answer a plain request by 400 or by a redirect.
      return base.scheme == .https || [200, 401, 403, 404, 429, 500, 502, 503].contains(response.status)
    } catch {
      if error.kind == .cancelled { throw .cancelled }
      if base.scheme == .https, case .tls(let reason) = error.kind, reason.contains("certificate") {
        throw .http(error)
      }
      return false
    }
  }

  private func remember(_ base: BaseAddress, _ endpoint: Endpoint) -> BaseAddress {
    state.withLock { $0.schemes[endpoint.domain] = base.scheme }
    return base
  }

  /// The places for transfers of content; small requests need none.
  func slots(of endpoint: Endpoint) -> TransferSlots {
    state.withLock { state in
      if let slots = state.slots[endpoint.domain] { return slots }
      let slots = TransferSlots(configuration.http.connectionsPerHost - 2)
      state.slots[endpoint.domain] = slots
      return slots
    }
  }

  /// Tells what a registry wants people to know, if it was not told before.
  ///
  /// Specification: OCI distribution-spec 1.1, "Warnings".
  func tellWarnings(of response: HTTPResponse, from domain: String) {
    for field in response.headers.fields where field.name.lowercased() == "warning" {
      for warning in RegistryWarning.parsing(field.value) {
        let text = "\(domain): \(Self.line(warning.text))"
        // A registry that thinks of a new one each time is not listened to for ever.
        let isNew = state.withLock { $0.warnings.count < 20 && $0.warnings.insert(text).inserted }
        if isNew { configuration.warn(text) }
      }
    }
  }

  func challenges(of origin: HTTPURL.Origin) -> [AuthChallenge]? { state.withLock { $0.challenges[origin] } }

  func remember(_ challenges: [AuthChallenge], of origin: HTTPURL.Origin) {
    state.withLock { $0.challenges[origin] = challenges }
  }
}

/// Scheme and host of a registry.
struct BaseAddress: Hashable, Sendable {
  let scheme: HTTPURL.Scheme
  let host: String

  /// An address below `/v2/`.
  func url(_ path: String) throws(RegistryError) -> HTTPURL {
    do throws(HTTPURL.ParseError) { return try HTTPURL(parsing: "\(scheme.rawValue)://\(host)/v2/\(path)") } catch {
      throw .place(host, reason: "\(error)")
    }
  }
}
