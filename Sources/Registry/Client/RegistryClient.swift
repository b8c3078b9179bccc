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
  private let common: HTTPClient
  private let state = Mutex(State())

  private struct State: Sendable {
    /// A client of its own where a host has certificates of its own.
    var clients: [String: HTTPClient] = [:]
    var schemes: [String: HTTPURL.Scheme] = [:]
    var challenges: [HTTPURL.Origin: [AuthChallenge]] = [:]
    var slots: [String: TransferSlots] = [:]
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
        && own.trustedHosts == configuration.http.trustedHosts
      let client = isCommon ? common : HTTPClient(configuration: own)
      state.clients[endpoint.domain] = client
      return client
    }
  }

  /// The address of the protocol's root at an endpoint.
  ///
  /// TLS is tried first everywhere; plain HTTP only where the settings name the host, or on this machine.
  func base(of endpoint: Endpoint) async throws(RegistryError) -> BaseAddress {
    let scheme = state.withLock { $0.schemes[endpoint.domain] }
    if let scheme { return BaseAddress(scheme: scheme, host: endpoint.host) }
    let secure = BaseAddress(scheme: .https, host: endpoint.host)
    guard endpoint.isInsecure || endpoint.isLoopback else { return remember(secure, endpoint) }
    var request = HTTPRequest(try secure.url(""))
    request.limits.connect = .seconds(5)
    do throws(HTTPError) {
      _ = try await http(for: endpoint).once(request)
      return remember(secure, endpoint)
    } catch {
      switch error.kind {
      case .cancelled: throw .cancelled
      case .tls(let reason) where reason.contains("certificate"): throw .http(error)
      default: return remember(BaseAddress(scheme: .http, host: endpoint.host), endpoint)
      }
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
