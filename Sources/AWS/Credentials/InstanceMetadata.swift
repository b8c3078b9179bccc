import HTTP
import Host

/// The metadata service of an EC2 instance, in its second version, which needs a session token.
///
/// Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
struct InstanceMetadata: CredentialSource {
  private let client: MetadataClient
  private let base: String

  var name: String { "the instance's metadata service" }

  /// `nil` where `AWS_EC2_METADATA_DISABLED` says so.
  init?(configuration: AWSConfiguration, http: HTTPConfiguration) {
    let environment = configuration.environment
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    let isIPv6 =
      (environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]
      ?? configuration.profile?["ec2_metadata_service_endpoint_mode"])?.lowercased() == "ipv6"
    let endpoint =
      environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? configuration.profile?["ec2_metadata_service_endpoint"]
      ?? (isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
    base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
    client = MetadataClient(
      base: http, seconds: environment["AWS_METADATA_SERVICE_TIMEOUT"].flatMap { Double($0) } ?? 1,
      attempts: environment["AWS_METADATA_SERVICE_NUM_ATTEMPTS"].flatMap { Int($0) } ?? 1)
  }

  func credentials() async throws(AWSError) -> AWSCredentials? {
    let token = try await token()
    let path = "/latest/meta-data/iam/security-credentials/"
    guard let names = try await text(path, token), let role = names.split(whereSeparator: \.isNewline).first else {
      throw .credentials(source: name, reason: "the instance has no role")
    }
    let component = PercentEncoding.encodedComponent(role.trimmedASCII)
    guard let document = try await text(path + component, token) else {
      throw .credentials(source: name, reason: "it has no keys for the role \(role)")
    }
    return try CredentialDocument.read(Array(document.utf8), from: name)
  }

  /// The region that the instance stands in.
  func region() async throws(AWSError) -> String? {
    try await text("/latest/meta-data/placement/region", try await token()).map { String($0.trimmedASCII) }
  }

  private func token() async throws(AWSError) -> String {
    let request = HTTPRequest(
      .put, try url("/latest/api/token"), headers: ["X-aws-ec2-metadata-token-ttl-seconds": "21600"])
    let answer = try await send(request)
    guard answer.isSuccess, !answer.body.isEmpty else {
      throw .credentials(source: name, reason: "it gave no session token, but status \(answer.status)")
    }
    return String(decoding: answer.body, as: UTF8.self)
  }

  /// The text below a path; `nil` if there is none.
  private func text(_ path: String, _ token: String) async throws(AWSError) -> String? {
    let answer = try await send(HTTPRequest(try url(path), headers: ["X-aws-ec2-metadata-token": token]))
    if answer.status == 404 { return nil }
    guard answer.isSuccess else { throw .credentials(source: name, reason: "it answered status \(answer.status)") }
    return String(decoding: answer.body, as: UTF8.self)
  }

  private func url(_ path: String) throws(AWSError) -> HTTPURL {
    do { return try HTTPURL(parsing: base + path) } catch {
      throw .configuration(place: "AWS_EC2_METADATA_SERVICE_ENDPOINT", reason: error.description)
    }
  }

  private func send(_ request: HTTPRequest) async throws(AWSError) -> HTTPResponse {
    do { return try await client.send(request) } catch {
      if case .cancelled = error.kind { throw .cancelled }
      throw .credentials(source: name, reason: "it can't be reached")
    }
  }
}
