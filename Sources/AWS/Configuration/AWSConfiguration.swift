public import HTTP
import Host

/// What environment, files and options say of how AWS is reached, before anybody is asked.
public struct AWSConfiguration: Sendable {
  /// What a command line says; it wins over environment and files.
  public struct Options: Hashable, Sendable {
    /// The profile.
    public var profile: String?
    /// The region.
    public var region: String?
    /// The address of every service, as `AWS_ENDPOINT_URL`.
    public var endpointURL: String?

    /// Makes options that say nothing.
    public init() {}
  }

  /// The variables.
  let environment: [String: String]
  /// The profiles of both files.
  let profiles: ProfileSet
  /// The profile in use; `nil` if neither file has a default one.
  let profile: Profile?
  /// Whether the command line chose the profile, so that keys in the environment are not meant.
  let isProfileChosen: Bool
  /// The region, if one is named.
  public let region: String?
  /// Whether endpoints are wanted whose cryptography is validated by FIPS 140.
  public let usesFIPS: Bool
  /// Whether endpoints are wanted that have IPv6 addresses, too.
  public let usesDualStack: Bool
  private let options: Options

  /// Reads files and variables.
  ///
  /// - Throws: ``AWSError/configuration(place:reason:)``, also for a profile that is named and nowhere to be found.
  public init(environment: [String: String], options: Options = Options()) throws(AWSError) {
    let environment = environment.filter { !$0.value.isEmpty }
    self.environment = environment
    self.options = options
    profiles = try ProfileSet(environment: environment)
    let named = options.profile ?? environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
    let profile = profiles.profile(named ?? "default")
    if let named, profile == nil, named != "default" {
      throw .configuration(
        place: options.profile == nil ? "AWS_PROFILE" : "--profile",
        reason: "there is no profile \"\(named)\" in \(profiles.config.path) or \(profiles.credentials.path)")
    }
    self.profile = profile
    isProfileChosen = options.profile != nil
    region = options.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? profile?["region"]
    if let region { try Self.checkRegion(region) }
    func flag(_ variable: String, _ setting: String) throws(AWSError) -> Bool {
      let value = environment[variable] ?? profile?[setting] ?? "false"
      switch value.lowercased() {
      case "true": return true
      case "false": return false
      default: throw .configuration(place: variable, reason: "true or false is expected, not \"\(value)\"")
      }
    }
    usesFIPS = try flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
    usesDualStack = try flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
  }

  /// The address that settings name for a service instead of AWS's own.
  ///
  /// The order is that of the AWS SDKs: the service's variable, the general one, the profile's `services` section, and
  /// the profile's `endpoint_url`.
  func configuredEndpoint(of service: AWSService) throws(AWSError) -> HTTPURL? {
    let name = service.name.uppercased()
    var found: (place: String, text: String)?
    if let text = options.endpointURL {
      found = ("--endpoint-url", text)
    } else if environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true" {
      return nil
    } else if let text = environment["AWS_ENDPOINT_URL_\(name)"] {
      found = ("AWS_ENDPOINT_URL_\(name)", text)
    } else if let text = environment["AWS_ENDPOINT_URL"] {
      found = ("AWS_ENDPOINT_URL", text)
    } else if let profile, profile["ignore_configured_endpoint_urls"]?.lowercased() != "true" {
      let section = profile["services"].flatMap { profiles.section(.services, $0) }
      let text = section?[service.name.lowercased(), "endpoint_url"] ?? profile["endpoint_url"]
      found = text.map { ("endpoint_url of profile \(profile.name)", $0) }
    }
    guard let found else { return nil }
    do { return try HTTPURL(parsing: found.text) } catch {
      throw .configuration(place: found.place, reason: error.description)
    }
  }

  /// Refuses what would change the host that a request goes to.
  static func checkRegion(_ region: String) throws(AWSError) {
    let isLabel = region.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-")
    }
    guard isLabel, (1...63).contains(region.utf8.count) else {
      throw .configuration(place: "region", reason: "\"\(region)\" is no name of a region, such as eu-central-1")
    }
  }

  /// How requests go out: certificates and proxies of the environment, `AWS_CA_BUNDLE` first.
  ///
  /// Where no certificates are named, those of the system are used wherever it keeps them: a program that was linked on
  /// one distribution looks at one place only.
  public func httpConfiguration(userAgent: String) -> HTTPConfiguration {
    var http = HTTPConfiguration(environment: environment)
    http.userAgent = userAgent
    http.certificateFile = environment["AWS_CA_BUNDLE"] ?? profile?["ca_bundle"] ?? http.certificateFile
    if http.certificateFile == nil, http.certificateFolder == nil {
      http.certificateFile = Self.systemCertificates.first { Files.isFile($0) }
    }
    return http
  }

  /// Debian and Alpine; Amazon Linux, Fedora and RHEL; SUSE; others.
  private static let systemCertificates = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
  ]
}
