import HTTP
import Host
import JSON
import OCI

/// Whom a request asks, and what for.
struct RequestScope: Hashable, Sendable {
  let endpoint: Endpoint
  /// For example `pull` or `pull,push`.
  let actions: String
  let repository: String
  /// Repositories that a mount reads from.
  var others: Set<String> = []

  init(_ endpoint: Endpoint, actions: String, repository: String? = nil, others: Set<String> = []) {
    self.endpoint = endpoint
    self.actions = actions
    self.repository = repository ?? endpoint.repository
    self.others = others
  }
}

extension RegistryClient {
  /// Sends a request with whatever login its registry wants, and again with a fresh one if that is refused.
  ///
  /// - Parameters:
  ///   - sink: Who takes the body of a success; the transfer is then not repeated after a fault.
  ///   - make: The request; its credentials are set here, and only for addresses of the registry's own origin.
  func send(
    _ scope: RequestScope, into sink: (any HTTPBodySink)? = nil,
    progress: HTTPProgress? = nil, _ make: (BaseAddress) throws(RegistryError) -> HTTPRequest
  ) async throws(RegistryError) -> HTTPResponse {
    let base = try await base(of: scope.endpoint)
    let home = try base.url("").origin
    let tokenScope = TokenAuthority.Scope(
      origin: home, domain: scope.endpoint.domain, repository: scope.repository, actions: scope.actions,
      others: scope.others)
    let client = http(for: scope.endpoint)
    var credentials = await tokens.known(tokenScope)
    if credentials == nil, let challenges = challenges(of: home) {
      credentials = try await tokens.answer(challenges, for: tokenScope, rejected: nil, through: client)
    }
    // A token may end while it is on its way, and a second one, too, under load; more than that is a refusal.
    var refusals = 0
    while true {
      var request = try make(base)
      let isHome = request.url.origin == home
      if isHome { request.credentials = credentials }
      let response: HTTPResponse
      do throws(HTTPError) {
        response =
          sink == nil && request.file == nil
          ? try await client.data(for: request, progress: progress)
          : try await client.once(request, into: sink, progress: progress)
      } catch {
        throw error.kind == .cancelled ? .cancelled : .http(error)
      }
      if isHome { tellWarnings(of: response, from: scope.endpoint.domain) }
      guard isHome, response.status == 401, response.url.origin == home else { return response }
      refusals += 1
      let challenges = Self.challenges(in: response)
      guard refusals <= 2, !challenges.isEmpty else {
        throw .unauthorized(
          domain: scope.endpoint.domain, user: credentials.map { "\($0)" },
          reason: Self.details(of: response).first.map { "\($0.code.rawValue) \($0.message)" } ?? "status 401")
      }
      remember(challenges, of: home)
      credentials = try await tokens.answer(challenges, for: tokenScope, rejected: credentials, through: client)
    }
  }

  /// What an answer wants to know of whoever asked.
  static func challenges(in response: HTTPResponse) -> [AuthChallenge] {
    response.headers.fields.filter { $0.name.lowercased() == "www-authenticate" }
      .flatMap { AuthChallenge.parsing($0.value) }
  }

  /// The error that an answer without success is.
  ///
  /// - Parameter missing: What does not exist if the status is 404.
  static func refusal(_ response: HTTPResponse, at place: String, missing: String? = nil) -> RegistryError {
    let details = details(of: response)
    if response.status == 404, let missing { return .missing(missing) }
    let pause = retryAfter(response.headers["Retry-After"], now: Int64(Clock.now))
    return .refused(status: response.status, details: details, at: place, retryAfter: pause)
  }

  /// The errors in the body of an answer.
  ///
  /// Specification: OCI distribution-spec 1.1, "Error Codes".
  static func details(of response: HTTPResponse) -> [RegistryErrorDetail] {
    guard response.body.count <= 1 << 20, let json = try? JSONValue(parsing: response.body) else { return [] }
    return (json["errors"]?.array ?? []).prefix(8).compactMap { error in
      guard let code = error["code"]?.string else { return nil }
      return RegistryErrorDetail(code: .init(rawValue: line(code)), message: line(error["message"]?.string ?? ""))
    }
  }

  /// A registry's words as one short line without control characters, which could play tricks with a terminal.
  static func line(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(160).filter {
          $0.value >= 0x20 && $0.value != 0x7f && !(0x80...0x9f).contains($0.value)
        }))
  }
}
