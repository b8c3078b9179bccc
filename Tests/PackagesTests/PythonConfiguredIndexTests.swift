import HTTP
import Host
import OCI
import Packages
import Testing
import Trust
import Versions

/// What this machine's own index serves, read for real.
struct PythonConfiguredIndexTests {
  @Test func `the configured index gives files, metadata and a wheel that agree`() async throws {
    let directory = try TemporaryDirectory()
    let environment = Environment.all
    let configuration = try PipConfiguration.ofThisMachine(environment: environment)
    let client = HTTPClient(
      configuration: configuration.applied(to: HTTPConfiguration(environment: environment), environment: environment))
    let index = SimpleIndex(configuration: configuration, client: client, cacheDirectory: directory.path)
    let name = try project("six")
    let file = try #require(try await index.files(of: name).first { $0.fileName == "six-1.16.0-py2.py3-none-any.whl" })
    let metadata = try await index.metadata(of: file, project: name)
    #expect(metadata.requiresPython?.description == ">=2.7,!=3.0.*,!=3.1.*,!=3.2.*")
    let download = try await index.fetch(file, into: directory.path + "/" + file.fileName)
    #expect(download.digest.hex == file.sha256)
  }
}
