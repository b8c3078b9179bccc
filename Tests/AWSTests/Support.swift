import Host
import TestSupport
import Testing

@testable import AWS

/// A home directory with the files that AWS's tools read, and an environment that knows nothing of this machine.
struct Home {
  let directory: TemporaryDirectory
  var path: String { directory.path }

  init(config: String = "", credentials: String = "") throws {
    directory = try TemporaryDirectory(prefix: "aws-tests")
    try Files.createDirectory(directory.path + "/.aws/sso/cache")
    if !config.isEmpty { try Files.write(config, to: directory.path + "/.aws/config") }
    if !credentials.isEmpty { try Files.write(credentials, to: directory.path + "/.aws/credentials") }
  }

  /// The environment of a process at home, without a metadata service unless a test has one.
  func environment(_ more: [String: String] = [:]) -> [String: String] {
    ["HOME": path, "AWS_EC2_METADATA_DISABLED": "true"].merging(more) { $1 }
  }

  func client(_ more: [String: String] = [:], profile: String? = nil) throws -> AWSClient {
    var options = AWSConfiguration.Options()
    options.profile = profile
    return AWSClient(configuration: try AWSConfiguration(environment: environment(more), options: options))
  }
}

/// The error that the body ends with; that it ends with none is recorded as an issue.
func failure(of body: () async throws -> Void) async -> AWSError? {
  do {
    try await body()
    Issue.record("there was no error")
  } catch let error as AWSError {
    return error
  } catch {
    Issue.record(error)
  }
  return nil
}
