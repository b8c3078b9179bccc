import HTTP
import Host
import JSON

/// Gets and keeps the tokens for registries; one request runs for each scope, however many transfers wait for it.
///
/// Specification: the distribution project's "Token Authentication" and "OAuth2 Token Authentication".
actor TokenAuthority {
  /// What a token is for.
  struct Scope: Hashable, Sendable {
    let origin: HTTPURL.Origin
    let domain: String
    let repository: String
    /// For example `pull` or `pull,push`; empty for a mere login.
    let actions: String
    /// Other repositories that have to be readable, for a mount.
    var others: Set<String> = []

    var texts: [String] {
      (repository.isEmpty ? [] : ["repository:\(repository):\(actions)"])
        + others.sorted().map { "repository:\($0):pull" }
    }
  }

  private struct Grant: Sendable {
    let credentials: Credentials
    /// Until when it may be used.
    let end: ContinuousClock.Instant?
  }

  private typealias Outcome = Result<Grant, RegistryError>

  private let logins: LoginStore
  private var grants: [Scope: Grant] = [:]
  private var running: [Scope: Task<Outcome, Never>] = [:]

  init(logins: LoginStore) { self.logins = logins }

  /// What is known to be good for a scope, without asking anybody.
  func known(_ scope: Scope) -> Credentials? {
    guard let grant = grants[scope] else { return nil }
    if let end = grant.end, end < .now { return nil }
    return grant.credentials
  }

  /// Answers a challenge.
  ///
  /// - Parameter rejected: What the server did not accept; if somebody got something newer meanwhile, that is given.
  func answer(
    _ challenges: [AuthChallenge], for scope: Scope, rejected: Credentials?, through client: HTTPClient
  ) async throws(RegistryError) -> Credentials {
    if let known = known(scope), known != rejected { return known }
    let task: Task<Outcome, Never>
    if let existing = running[scope] {
      task = existing
    } else {
      let logins = logins
      task = Task {
        do throws(RegistryError) {
          return .success(try await Self.grant(challenges, scope, rejected, logins, client))
        } catch {
          return .failure(error)
        }
      }
      running[scope] = task
    }
    let outcome = await task.value
    running[scope] = nil
    let grant = try outcome.get()
    grants[scope] = grant
    return grant.credentials
  }

  private static func grant(
    _ challenges: [AuthChallenge], _ scope: Scope, _ rejected: Credentials?, _ logins: LoginStore, _ client: HTTPClient
  ) async throws(RegistryError) -> Grant {
    var login = try await logins.login(domain: scope.domain, repository: scope.repository)
    if let rejected, login?.basic == rejected, logins.renews(scope.domain) {
      login = try await logins.login(domain: scope.domain, repository: scope.repository)
    }
    if case .registryToken(let token)? = login {
      guard rejected == nil else {
        throw .unauthorized(domain: scope.domain, user: "the token", reason: "it was refused")
      }
      return Grant(credentials: .bearer(token), end: nil)
    }
    if let challenge = challenges.first(where: { $0.scheme == "bearer" }) {
      return try await token(challenge, scope, login, client)
    }
    if challenges.contains(where: { $0.scheme == "basic" }) {
      guard let basic = login?.basic else {
        throw .unauthorized(domain: scope.domain, user: nil, reason: "no user and password are known")
      }
      guard rejected != basic else {
        throw .unauthorized(domain: scope.domain, user: login?.user, reason: "user or password are wrong")
      }
      return Grant(credentials: basic, end: nil)
    }
    throw .unauthorized(
      domain: scope.domain, user: login?.user, reason: "it names no way to log in that is known here (Bearer, Basic)")
  }

  private static func token(
    _ challenge: AuthChallenge, _ scope: Scope, _ login: RegistryLogin?, _ client: HTTPClient
  ) async throws(RegistryError) -> Grant {
    guard let realm = challenge.parameters["realm"], let url = try? HTTPURL(parsing: realm) else {
      throw .malformed("its challenge names no valid realm", at: scope.domain)
    }
    guard url.scheme == .https || scope.origin.scheme == .http else {
      throw .malformed("its tokens come from an address without encryption", at: scope.domain)
    }
    var scopes = scope.texts
    // A registry that names the repository otherwise, behind a mirror for example, knows its own names best.
    if let named = challenge.parameters["scope"], !named.isEmpty, !scopes.contains(named), scope.others.isEmpty {
      scopes = [named]
    }
    let request = try tokenRequest(url, service: challenge.parameters["service"], scopes: scopes, login: login)
    let response: HTTPResponse
    do throws(HTTPError) { response = try await client.data(for: request) } catch { throw .http(error) }
    guard response.isSuccess else {
      throw .unauthorized(
        domain: scope.domain, user: login.map { $0.user ?? "\($0)" },
        reason: "\(response.url.origin) answered with status \(response.status)")
    }
    guard let json = try? JSONValue(parsing: response.body),
      let token = json["token"]?.string.flatMap({ $0.isEmpty ? nil : $0 }) ?? json["access_token"]?.string
    else { throw .malformed("it holds no token", at: "\(response.url.origin)") }
    // 60 seconds is what the specification says for an answer without a time; some of it is spent on the way.
    let seconds = min(max(json["expires_in"]?.integer ?? 60, 1), 86_400)
    return Grant(credentials: .bearer(token), end: .now + .seconds(seconds) * 0.8)
  }

  private static func tokenRequest(
    _ url: HTTPURL, service: String?, scopes: [String], login: RegistryLogin?
  ) throws(RegistryError) -> HTTPRequest {
    var fields: [(String, String)] = []
    if let service { fields.append(("service", service)) }
    if case .identityToken(let token)? = login {
      fields += [("grant_type", "refresh_token"), ("client_id", "drydock"), ("refresh_token", token)]
      if !scopes.isEmpty { fields.append(("scope", scopes.joined(separator: " "))) }
      var request = HTTPRequest(
        .post, url.bare, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form(fields).utf8))
      // A redirect would carry the token in the body to wherever it points.
      request.limits.redirects = 0
      request.limits.bodyBytes = 1 << 20
      return request
    }
    fields += scopes.map { ("scope", $0) }
    let joined = url.text + (url.query == nil ? "?" : "&") + form(fields)
    guard let address = try? HTTPURL(parsing: fields.isEmpty ? url.text : joined) else {
      throw .malformed("its realm is no valid address", at: url.description)
    }
    var request = HTTPRequest(address, credentials: login?.basic)
    request.limits.bodyBytes = 1 << 20
    return request
  }

  private static func form(_ fields: [(String, String)]) -> String {
    fields.map { "\($0.0)=\(PercentEncoding.encodedComponent($0.1))" }.joined(separator: "&")
  }
}
