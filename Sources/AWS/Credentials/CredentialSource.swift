import HTTP
import Host
import JSON
import Synchronization

/// A place that keys may come from.
protocol CredentialSource: Sendable {
  /// How an error names it, for example `the environment`.
  var name: String { get }
  /// The keys; `nil` if this place was not set up, an error if it was and failed.
  func credentials() async throws(AWSError) -> AWSCredentials?
}

/// Keys that stand in variables.
struct EnvironmentCredentials: CredentialSource {
  let environment: [String: String]
  var name: String { "the environment" }

  func credentials() throws(AWSError) -> AWSCredentials? {
    let key = environment["AWS_ACCESS_KEY_ID"]
    let secret = environment["AWS_SECRET_ACCESS_KEY"]
    if key == nil, secret == nil { return nil }
    guard let key, let secret else {
      let missing = key == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
      throw .credentials(source: name, reason: "\(missing) is not set")
    }
    return AWSCredentials(
      accessKeyID: key, secretAccessKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"])
  }
}

/// The form in which programs and metadata services hand out keys.
enum CredentialDocument {
  /// Reads a document; its members' names are the same everywhere but for the token and the end.
  static func read(_ bytes: [UInt8], from source: String) throws(AWSError) -> AWSCredentials {
    let document: JSONValue
    do { document = try JSONValue(parsing: bytes) } catch {
      throw .credentials(source: source, reason: "it answered something that is no JSON")
    }
    if let code = document["Code"]?.string, code != "Success" {
      throw .credentials(source: source, reason: "it answered \(code)")
    }
    guard let key = document["AccessKeyId"]?.string, let secret = document["SecretAccessKey"]?.string else {
      throw .credentials(source: source, reason: "its answer has no AccessKeyId or no SecretAccessKey")
    }
    return AWSCredentials(
      accessKeyID: key, secretAccessKey: secret,
      sessionToken: document["Token"]?.string ?? document["SessionToken"]?.string,
      expiration: document["Expiration"]?.string.flatMap { Clock.seconds(rfc3339: $0) })
  }
}
