import HTTP
import Host

/// The two calls of STS that turn one identity into another one's keys.
///
/// AWS Security Token Service API Reference, version 2011-06-15.
struct SecurityTokenService: Sendable {
  let configuration: AWSConfiguration
  let http: HTTPClient

  /// A role and how it is taken on.
  struct Role: Sendable {
    let arn: String
    let sessionName: String
    var externalID: String?
    var seconds: String?
  }

  /// Keys of a role for somebody who has keys.
  func assume(_ role: Role, as credentials: AWSCredentials) async throws(AWSError) -> AWSCredentials {
    var form = form("AssumeRole", role)
    if let externalID = role.externalID { form.append(("ExternalId", externalID)) }
    let endpoint = try endpoint
    let request = request(form, to: endpoint)
    return try await send(
      { () throws(AWSError) in
        request.signed(
          SignatureV4(at: Clock.now, region: endpoint.region, service: "sts"), by: credentials)
      }, "AssumeRole", role)
  }

  /// Keys of a role for somebody who has an identity provider's token.
  func assume(_ role: Role, withToken token: String) async throws(AWSError) -> AWSCredentials {
    let request = request(
      form("AssumeRoleWithWebIdentity", role) + [("WebIdentityToken", token)], to: try endpoint)
    return try await send({ () throws(AWSError) in request }, "AssumeRoleWithWebIdentity", role)
  }

  /// Without a region the one address that serves all of them.
  private var endpoint: Endpoint {
    get throws(AWSError) {
      if configuration.region == nil, try configuration.configuredEndpoint(of: .sts) == nil {
        do {
          return Endpoint(url: try HTTPURL(parsing: "https://sts.amazonaws.com/"), region: "us-east-1", isCustom: false)
        } catch { throw .noRegion }
      }
      return try configuration.endpoint(of: .sts, region: configuration.region ?? "us-east-1")
    }
  }

  private func form(_ action: String, _ role: Role) -> [(String, String)] {
    var form = [
      ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role.arn), ("RoleSessionName", role.sessionName),
    ]
    if let seconds = role.seconds { form.append(("DurationSeconds", seconds)) }
    return form
  }

  private func request(_ form: [(String, String)], to endpoint: Endpoint) -> HTTPRequest {
    let body = form.map { "\($0.0)=\(PercentEncoding.encodedComponent($0.1))" }.joined(separator: "&")
    return HTTPRequest(
      .post, endpoint.url, headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"],
      body: Array(body.utf8))
  }

  private func send(
    _ request: () throws(AWSError) -> HTTPRequest, _ action: String, _ role: Role
  ) async throws(AWSError) -> AWSCredentials {
    let answer = try await ServiceCaller(http: http).send("STS \(action) of \(role.arn)", request)
    let document = XMLElements(answer.body)
    guard let key = document["AccessKeyId"], let secret = document["SecretAccessKey"],
      let token = document["SessionToken"]
    else { throw .malformed(service: "STS", reason: "it has no keys") }
    return AWSCredentials(
      accessKeyID: key, secretAccessKey: secret, sessionToken: token,
      expiration: document["Expiration"].flatMap { Clock.seconds(rfc3339: $0) })
  }
}
