import AWS
import HTTP
import Host
import JSON
import Synchronization

/// Logins for Amazon ECR, had for the keys that AWS's own tools would use.
///
/// Amazon ECR API Reference, `GetAuthorizationToken`: a name and a password, good for twelve hours at most.
final class ECRLogins: Sendable {
  private let environment: [String: String]
  /// For each region its login and until when it may be used, in seconds since 1970.
  private let known = Mutex<[String: (login: RegistryLogin, end: Int)]>([:])

  init(environment: [String: String]) { self.environment = environment }

  /// The login for a registry; `nil` if it is none of Amazon's.
  ///
  /// - Throws: ``RegistryError/unauthorized(domain:user:reason:)`` if there are no keys, or the service refuses them.
  func login(for domain: String) async throws(RegistryError) -> RegistryLogin? {
    guard let region = Self.region(of: domain) else { return nil }
    if let kept = known.withLock({ $0[region] }), kept.end > Clock.now { return kept.login }
    let answer: JSONValue
    do throws(AWSError) {
      let client = AWSClient(configuration: try AWSConfiguration(environment: environment))
      answer = try await client.call("GetAuthorizationToken", of: .ecr, region: region)
    } catch { throw Self.failure(error, domain) }
    let data = answer["authorizationData"]?.array?.first
    guard let token = data?["authorizationToken"]?.string, let bytes = Base64.decoded(token),
      let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
    else { throw .malformed("it holds no token", at: "ECR GetAuthorizationToken") }
    let login = RegistryLogin.password(
      user: String(decoding: bytes[..<colon], as: UTF8.self),
      password: String(decoding: bytes[(colon + 1)...], as: UTF8.self))
    // A token that ends while it is on its way is of no use; without a date it is asked for each time.
    let end = data?["expiresAt"]?.double.map { Int(min($0, 1e15)) - 60 } ?? 0
    known.withLock { $0[region] = (login, end) }
    return login
  }

  /// Forgets the login of a registry that did not accept it; says whether there was one.
  func forget(_ domain: String) -> Bool {
    Self.region(of: domain).map { region in known.withLock { $0.removeValue(forKey: region) != nil } } ?? false
  }

  private static func failure(_ error: AWSError, _ domain: String) -> RegistryError {
    switch error {
    case .network(let reason): .http(reason)
    case .cancelled: .cancelled
    case .configuration(let place, let reason): .configuration(path: place, reason: reason)
    default: .unauthorized(domain: domain, user: nil, reason: "\(error)")
    }
  }

  /// The region in a registry's name, `ACCOUNT.dkr.ecr.REGION.DOMAIN`.
  ///
  /// Only the domains that are Amazon's own count: nobody else may get such a password.
  static func region(of domain: String) -> String? {
    let parts = domain.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 5, parts[0].utf8.count == 12, parts[0].utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    let services = [["dkr", "ecr"], ["dkr", "ecr-fips"], ["dkr-ecr"], ["dkr-ecr-fips"]]
    guard let service = services.first(where: { parts.dropFirst().starts(with: $0) }) else { return nil }
    let rest = parts.dropFirst(1 + service.count)
    guard let region = rest.first, !region.isEmpty,
      domains.contains(rest.dropFirst().joined(separator: "."))
    else { return nil }
    return region
  }

  private static let domains: Set = [
    "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov", "csp.hci.ic.gov",
    "cloud.adc-e.uk", "on.aws", "on.amazonwebservices.com.cn", "on.amazonwebservices.eu",
  ]
}
