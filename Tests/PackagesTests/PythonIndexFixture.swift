import HTTP
import Packages
import TestSupport
import Versions

extension SimpleIndex {
  /// An index client for servers on loopback, with a login if one is given.
  convenience init(
    _ origins: [String], findLinks: [PipConfiguration.Place] = [], cache: String? = nil,
    strategy: Strategy = .firstIndex, alwaysAsks: Bool = false, _ change: (inout HTTPConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = HTTPConfiguration()
    configuration.retry = RetryPolicy(attempts: 2, base: .milliseconds(5), longest: .seconds(1))
    change(&configuration)
    self.init(
      configuration: PipConfiguration(
        indexes: try origins.map { try HTTPURL(parsing: $0 + "/simple/") }, findLinks: findLinks),
      client: HTTPClient(configuration: configuration), cacheDirectory: cache, strategy: strategy,
      alwaysAsks: alwaysAsks)
  }
}

/// The name of a project.
func project(_ name: String) throws -> PackageName { try PackageName(parsing: name) }

/// The error of an index that the body ends with, if it ends with one.
func indexFailure<Result>(of body: () async throws -> Result) async throws -> PythonIndexFailure? {
  do { _ = try await body() } catch let failure as PythonIndexFailure { return failure }
  return nil
}
