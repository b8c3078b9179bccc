import Host
import Testing

@testable import GlueAthena

/// Where credentials would be found, without asking anybody.
struct CredentialSourcesTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var environment: [String: String] = [:]
    var files: [String: String] = [:]
    var metadata = false
    var found: String?
    var faults: [String] = []
  }

  static let examples: [Example] = [
    Example(testDescription: "nothing at all"),
    Example(
      testDescription: "keys in the environment",
      environment: ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"], found: "AWS_ACCESS_KEY_ID"),
    Example(
      testDescription: "half a key", environment: ["AWS_ACCESS_KEY_ID": "a"],
      faults: ["AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"]),
    Example(
      testDescription: "a web identity whose token is there",
      environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn"], files: ["/token": "x"],
      found: "AWS_WEB_IDENTITY_TOKEN_FILE"),
    Example(
      testDescription: "a web identity whose token is not",
      environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn"],
      faults: ["AWS_WEB_IDENTITY_TOKEN_FILE names /token, which is not there"]),
    Example(
      testDescription: "the default profile",
      files: ["/home/.aws/credentials": "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"],
      found: "the profile default in /home/.aws/credentials"),
    Example(
      testDescription: "a role in the configuration", environment: ["AWS_PROFILE": "dev"],
      files: ["/home/.aws/config": "# mine\n[default]\nregion=a\n[profile  dev]\nrole_arn=b\n"],
      found: "the profile dev in /home/.aws/config"),
    Example(
      testDescription: "a profile that nobody wrote", environment: ["AWS_PROFILE": "dev"],
      files: ["/home/.aws/config": "[profile other]\nrole_arn=b\n"],
      faults: ["no file has credentials of the profile dev"]),
    Example(
      testDescription: "a profile with a region only", files: ["/home/.aws/config": "[default]\nregion=a\n"]),
    Example(
      testDescription: "a container's agent", environment: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"],
      found: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    Example(testDescription: "the metadata service", metadata: true, found: "the machine's metadata service"),
    Example(
      testDescription: "the metadata service, forbidden", environment: ["AWS_EC2_METADATA_DISABLED": "true"],
      metadata: true),
  ]

  @Test(arguments: examples) func `sources are found in the order the SDKs ask`(example: Example) throws {
    let image = try FakeImage()
    for (path, text) in example.files { try image.write(path, text) }
    var environment = example.environment
    environment["HOME"] = "/home"
    let sources = CredentialSources(of: image.container(environment), usesInstanceMetadata: example.metadata)
    #expect(sources.found == example.found)
    #expect(sources.faults == example.faults)
  }
}
