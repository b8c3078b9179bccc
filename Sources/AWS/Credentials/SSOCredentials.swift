import HTTP
import Host
import JSON
import Trust

/// The keys of a role in IAM Identity Center, for a person who has signed in with `aws sso login` before.
///
/// AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider".
struct SSOCredentials: CredentialSource {
  let profile: String
  let account: String
  let role: String
  /// What the cached token is filed under: the session's name, or the start address where there is no session.
  let cacheKey: String
  let region: String
  let configuration: AWSConfiguration
  let http: HTTPClient

  var name: String { "the sign-in of profile \(profile)" }

  /// `nil` if the profile is none of Identity Center.
  init?(profile: Profile, configuration: AWSConfiguration, http: HTTPClient) throws(AWSError) {
    guard let account = profile["sso_account_id"], let role = profile["sso_role_name"] else { return nil }
    let session = profile["sso_session"]
    let section = session.flatMap { configuration.profiles.section(.ssoSession, $0) }
    if let session, section == nil {
      throw .configuration(
        place: configuration.profiles.config.path, reason: "there is no section [sso-session \(session)]")
    }
    guard let region = section?["sso_region"] ?? profile["sso_region"],
      let cacheKey = session ?? profile["sso_start_url"]
    else {
      throw .configuration(
        place: configuration.profiles.config.path,
        reason: "the profile \(profile.name) has no sso_region, or neither sso_session nor sso_start_url")
    }
    self.profile = profile.name
    self.account = account
    self.role = role
    self.cacheKey = cacheKey
    self.region = region
    self.configuration = configuration
    self.http = http
  }

  func credentials() async throws(AWSError) -> AWSCredentials? {
    let token = try cachedToken()
    let endpoint = try configuration.endpoint(of: .sso, region: region)
    let query =
      "role_name=\(PercentEncoding.encodedComponent(role))&account_id=\(PercentEncoding.encodedComponent(account))"
    let url: HTTPURL
    do { url = try endpoint.url.resolving("/federation/credentials?" + query) } catch {
      throw .configuration(place: "sso_role_name", reason: error.description)
    }
    let answer = try await ServiceCaller(http: http).send("SSO GetRoleCredentials") { () throws(AWSError) in
      HTTPRequest(url, headers: ["x-amz-sso_bearer_token": token])
    }
    guard let keys = (try? JSONValue(parsing: answer.body))?["roleCredentials"],
      let key = keys["accessKeyId"]?.string, let secret = keys["secretAccessKey"]?.string
    else { throw .malformed(service: "SSO", reason: "it has no keys") }
    return AWSCredentials(
      accessKeyID: key, secretAccessKey: secret, sessionToken: keys["sessionToken"]?.string,
      expiration: keys["expiration"]?.integer.map { $0 / 1000 })
  }

  private func cachedToken() throws(AWSError) -> String {
    let home = configuration.environment["HOME"] ?? Environment.home
    let path = "\(home)/.aws/sso/cache/\(Hexadecimal.text(LegacyDigest.sha1(of: Array(cacheKey.utf8)))).json"
    let remedy = "sign in with: aws sso login --profile \(profile)"
    let document: JSONValue
    do { document = try JSONValue(parsing: try Files.read(path, limit: 1 << 20)) } catch {
      throw .credentials(source: name, reason: "there is no token that can be read in \(path); \(remedy)")
    }
    guard let token = document["accessToken"]?.string else {
      throw .credentials(source: name, reason: "\(path) has no accessToken; \(remedy)")
    }
    let end = document["expiresAt"]?.string.flatMap { Clock.seconds(rfc3339: $0.replacingUTCSuffix) }
    if let end, end <= Clock.now { throw .credentials(source: name, reason: "the token has ended; \(remedy)") }
    return token
  }
}

extension String {
  /// Older versions of the AWS CLI write `UTC` where RFC 3339 has `Z`.
  fileprivate var replacingUTCSuffix: String { hasSuffix("UTC") ? dropLast(3) + "Z" : self }
}
