import HTTP
import Host

/// The keys that ECS, EKS and others hand to a container over HTTP.
///
/// AWS SDKs and Tools Reference Guide, "Container credential provider".
struct ContainerCredentials: CredentialSource {
  let environment: [String: String]
  let http: HTTPConfiguration

  var name: String { "the container's credential service" }

  private static let relativeBase = "http://169.254.170.2"
  /// Who may be asked without TLS: ECS, EKS, and the machine itself.
  private static let trustedHosts: Set = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]"]

  func credentials() async throws(AWSError) -> AWSCredentials? {
    let variable: String
    let text: String
    if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      (variable, text) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", Self.relativeBase + path)
    } else if let address = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
      (variable, text) = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
    } else {
      return nil
    }
    let url: HTTPURL
    do { url = try HTTPURL(parsing: text) } catch {
      throw .configuration(place: variable, reason: error.description)
    }
    guard url.scheme == .https || Self.trustedHosts.contains(url.host) || Self.isLoopback(url.host) else {
      throw .configuration(
        place: variable, reason: "without https only the machine itself and AWS's own addresses are asked")
    }
    var request = HTTPRequest(url)
    if let token = try token() { request.headers["Authorization"] = token }
    let answer: HTTPResponse
    do {
      answer = try await MetadataClient(base: http, seconds: 2, attempts: 3).send(request)
    } catch {
      if case .cancelled = error.kind { throw .cancelled }
      throw .credentials(source: name, reason: error.description)
    }
    guard answer.isSuccess else { throw .credentials(source: name, reason: "it answered status \(answer.status)") }
    return try CredentialDocument.read(answer.body, from: name)
  }

  /// The token is read each time: EKS replaces the file before it ends.
  private func token() throws(AWSError) -> String? {
    guard let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
      return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    }
    do {
      let text = try Files.text(path, limit: 1 << 20)
      return String(text.prefix { !$0.isNewline }.trimmedASCII)
    } catch {
      throw .credentials(source: name, reason: "\(error)")
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
