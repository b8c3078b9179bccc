import HTTP
import Host

/// The keys of a role that an identity provider's token opens: EKS's service accounts, CI systems.
struct WebIdentityCredentials: CredentialSource {
  let tokenFile: String
  let role: SecurityTokenService.Role
  let service: SecurityTokenService

  var name: String { "the web identity token in \(tokenFile)" }

  /// `nil` if neither the environment nor the profile names a token.
  init?(environment: [String: String], service: SecurityTokenService) throws(AWSError) {
    guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
    guard let arn = environment["AWS_ROLE_ARN"] else {
      throw .configuration(place: "AWS_ROLE_ARN", reason: "it is not set, and AWS_WEB_IDENTITY_TOKEN_FILE is")
    }
    tokenFile = file
    role = SecurityTokenService.Role(
      arn: arn, sessionName: environment["AWS_ROLE_SESSION_NAME"] ?? RoleSessionName.made())
    self.service = service
  }

  init?(profile: Profile, service: SecurityTokenService) {
    guard let file = profile["web_identity_token_file"], let arn = profile["role_arn"] else { return nil }
    tokenFile = file
    role = SecurityTokenService.Role(
      arn: arn, sessionName: profile["role_session_name"] ?? RoleSessionName.made(),
      seconds: profile["duration_seconds"])
    self.service = service
  }

  func credentials() async throws(AWSError) -> AWSCredentials? {
    let token: String
    do { token = try Files.text(tokenFile, limit: 1 << 20) } catch {
      throw .credentials(source: name, reason: "\(error)")
    }
    return try await service.assume(role, withToken: String(token.prefix { !$0.isNewline }.trimmedASCII))
  }
}

/// The keys of a role that a profile names, for whoever the profile says has keys.
struct AssumedRoleCredentials: CredentialSource {
  let role: SecurityTokenService.Role
  let source: any CredentialSource
  let service: SecurityTokenService

  var name: String { "the role \(role.arn)" }

  func credentials() async throws(AWSError) -> AWSCredentials? {
    guard let credentials = try await source.credentials() else {
      throw .credentials(source: name, reason: "\(source.name) has none to start from")
    }
    return try await service.assume(role, as: credentials)
  }
}

/// Names of sessions that appear in the account's log.
enum RoleSessionName {
  static func made() -> String { "glue-athena-\(Clock.now)" }
}
