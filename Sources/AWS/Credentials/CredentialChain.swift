import HTTP
import Host

/// All the places that keys may come from, in the order in which AWS's own tools look.
///
/// AWS SDKs and Tools Reference Guide, "Standardized credential providers": the first place that is set up decides, also
/// if it fails; only the last ones are tried on the off-chance.
struct CredentialChain: Sendable {
  let configuration: AWSConfiguration
  let http: HTTPClient

  private var service: SecurityTokenService { SecurityTokenService(configuration: configuration, http: http) }

  func credentials() async throws(AWSError) -> AWSCredentials {
    var tried: [String] = []
    for source in try sources {
      if let credentials = try await source.credentials() { return credentials }
      tried.append("\(source.name) has none")
    }
    if let metadata = InstanceMetadata(configuration: configuration, http: http.configuration) {
      do {
        if let credentials = try await metadata.credentials() { return credentials }
      } catch {
        guard case .credentials(_, let reason) = error else { throw error }
        tried.append("\(metadata.name): \(reason)")
      }
    } else {
      tried.append("AWS_EC2_METADATA_DISABLED is set")
    }
    throw .noCredentials(tried)
  }

  private var sources: [any CredentialSource] {
    get throws(AWSError) {
      let environment = configuration.environment
      var sources: [any CredentialSource] = []
      // A profile on the command line is meant; keys that lie around in the environment are not.
      if !configuration.isProfileChosen { sources.append(EnvironmentCredentials(environment: environment)) }
      if !configuration.isProfileChosen,
        let identity = try WebIdentityCredentials(environment: environment, service: service)
      {
        sources.append(identity)
      }
      if let profile = configuration.profile {
        if let source = try source(of: profile, visited: []) { return sources + [source] }
        sources.append(EmptyProfile(profile: profile.name))
      }
      sources.append(ContainerCredentials(environment: environment, http: http.configuration))
      return sources
    }
  }

  /// What a profile says; `nil` if it says nothing of keys.
  private func source(of profile: Profile, visited: [String]) throws(AWSError) -> (any CredentialSource)? {
    if profile["role_arn"] != nil, profile["source_profile"] != nil || profile["credential_source"] != nil {
      return try assumedRole(profile, visited: visited + [profile.name])
    }
    if let identity = WebIdentityCredentials(profile: profile, service: service) { return identity }
    if let sso = try SSOCredentials(profile: profile, configuration: configuration, http: http) { return sso }
    if let keys = try StaticProfileCredentials(profile: profile) { return keys }
    return profile["credential_process"].map { ProcessCredentials(command: $0, profile: profile.name) }
  }

  private func assumedRole(_ profile: Profile, visited: [String]) throws(AWSError) -> any CredentialSource {
    func fault(_ reason: String) -> AWSError {
      .configuration(place: configuration.profiles.config.path, reason: "profile \(profile.name): \(reason)")
    }
    if profile["mfa_serial"] != nil {
      throw fault("its role wants a code from a device, for which nobody can be asked")
    }
    let source: any CredentialSource
    if let name = profile["source_profile"] {
      guard let base = configuration.profiles.profile(name) else {
        throw fault("its source_profile \(name) does not exist")
      }
      // A profile may name itself: its own keys take on its role.
      if name == profile.name, let keys = try StaticProfileCredentials(profile: base) {
        source = keys
      } else {
        guard !visited.contains(name) else { throw fault("its source_profile leads round in a circle") }
        guard let found = try self.source(of: base, visited: visited) else {
          throw fault("its source_profile \(name) has no keys")
        }
        source = found
      }
    } else {
      switch profile["credential_source"] {
      case "Environment": source = EnvironmentCredentials(environment: configuration.environment)
      case "EcsContainer":
        source = ContainerCredentials(environment: configuration.environment, http: http.configuration)
      case "Ec2InstanceMetadata":
        guard let metadata = InstanceMetadata(configuration: configuration, http: http.configuration) else {
          throw fault("its credential_source is switched off by AWS_EC2_METADATA_DISABLED")
        }
        source = metadata
      case let other:
        throw fault("credential_source is Environment, EcsContainer or Ec2InstanceMetadata, not \"\(other ?? "")\"")
      }
    }
    let role = SecurityTokenService.Role(
      arn: profile["role_arn"] ?? "", sessionName: profile["role_session_name"] ?? RoleSessionName.made(),
      externalID: profile["external_id"], seconds: profile["duration_seconds"])
    return AssumedRoleCredentials(role: role, source: source, service: service)
  }
}

/// Keys that stand in a profile.
struct StaticProfileCredentials: CredentialSource {
  let keys: AWSCredentials
  let profile: String
  var name: String { "profile \(profile)" }

  /// `nil` if the profile has no key.
  init?(profile: Profile) throws(AWSError) {
    let key = profile["aws_access_key_id"]
    let secret = profile["aws_secret_access_key"]
    if key == nil, secret == nil { return nil }
    guard let key, let secret else {
      throw .credentials(
        source: "profile \(profile.name)",
        reason: "\(key == nil ? "aws_access_key_id" : "aws_secret_access_key") is not set")
    }
    keys = AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: profile["aws_session_token"])
    self.profile = profile.name
  }

  func credentials() -> AWSCredentials? { keys }
}

/// A profile that says nothing of keys, to be named among what was tried.
private struct EmptyProfile: CredentialSource {
  let profile: String
  var name: String { "profile \(profile)" }
  func credentials() -> AWSCredentials? { nil }
}
