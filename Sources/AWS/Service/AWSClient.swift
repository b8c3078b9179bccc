public import HTTP
import Host
public import JSON
import Synchronization

/// Asks AWS's services: finds keys and region, signs, repeats what failed for a moment.
///
/// One client keeps its connections and keys for as long as it lives, so a command makes one and passes it around.
public final class AWSClient: Sendable {
  /// What environment, files and options say.
  public let configuration: AWSConfiguration
  let http: HTTPClient
  private let store: CredentialStore
  private let caller: ServiceCaller
  /// The seconds by which this machine's clock is behind the service's; it is written when a service complains.
  private let clockOffset = Atomic<Int>(0)

  /// Makes a client; the HTTP client is one of its own unless it is given.
  ///
  /// - Parameter attempts: How often a request is sent at most; services want more patience than a registry, as Athena's
  ///   quotas refill within seconds.
  public init(configuration: AWSConfiguration, http: HTTPClient? = nil, attempts: Int = 10) {
    let http = http ?? HTTPClient(configuration: configuration.httpConfiguration(userAgent: "glue-athena"))
    self.configuration = configuration
    self.http = http
    caller = ServiceCaller(http: http, attempts: attempts)
    store = CredentialStore(chain: CredentialChain(configuration: configuration, http: http))
  }

  /// The keys, from the first source of the chain that has some.
  public func credentials() async throws(AWSError) -> AWSCredentials { try await store.credentials() }

  /// The region that is named, or the one that this instance stands in.
  public func region() async throws(AWSError) -> String {
    if let region = configuration.region { return region }
    guard let metadata = InstanceMetadata(configuration: configuration, http: http.configuration),
      let region = try? await metadata.region()
    else { throw .noRegion }
    try AWSConfiguration.checkRegion(region)
    return region
  }

  /// Calls an operation of a service that speaks JSON 1.1.
  ///
  /// - Parameters:
  ///   - operation: The operation's name, for example `GetAuthorizationToken`.
  ///   - region: Another region than the client's own.
  /// - Throws: ``AWSError/service(_:)`` for what the service refuses.
  public func call(
    _ operation: String, of service: AWSService, _ input: JSONValue = .object([]), region: String? = nil
  ) async throws(AWSError) -> JSONValue {
    let body = try await bytes(operation, of: service, input, region: region)
    do { return try JSONValue(parsing: body.isEmpty ? Array("{}".utf8) : body) } catch {
      throw .malformed(service: "\(service.name) \(operation)", reason: error.description)
    }
  }

  /// Calls an operation of a service that speaks JSON 1.1, and leaves the answer as it came.
  func bytes(
    _ operation: String, of service: AWSService, _ input: JSONValue, region: String? = nil
  ) async throws(AWSError) -> [UInt8] {
    var signingRegion = region
    if signingRegion == nil { signingRegion = try await self.region() }
    let endpoint = try configuration.endpoint(of: service, region: signingRegion ?? "")
    var request = HTTPRequest(
      .post, endpoint.url,
      headers: [
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "\(service.targetPrefix ?? "").\(operation)",
      ], body: Array(input.text().utf8))
    request.limits.redirects = 0
    request.limits.bodyBytes = 256 << 20
    return try await send("\(service.name) \(operation)", request, to: service, endpoint.region).body
  }

  /// Signs and sends a request, also once more with other keys or another clock if the service wants that.
  func send(
    _ operation: String, _ request: HTTPRequest, to service: AWSService, _ region: String
  ) async throws(AWSError) -> HTTPResponse {
    var used: AWSCredentials?
    func attempt() async throws(AWSError) -> HTTPResponse {
      try await caller.send(operation) { () async throws(AWSError) in
        let credentials = try await self.store.credentials()
        used = credentials
        let now = Clock.now + self.clockOffset.load(ordering: .relaxed)
        return request.signed(
          SignatureV4(at: now, region: region, service: service.signingName), by: credentials,
          pathRule: service == .s3 ? .verbatim : .normalized)
      }
    }
    do {
      return try await attempt()
    } catch {
      guard case .service(let failure) = error else { throw error }
      if failure.isExpiredToken, let used {
        await store.forget(used)
      } else if failure.isAboutClock, let offset = failure.clockOffset {
        clockOffset.store(offset, ordering: .relaxed)
      } else {
        throw error
      }
      return try await attempt()
    }
  }
}
