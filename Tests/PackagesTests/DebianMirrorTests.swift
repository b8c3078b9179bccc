import HTTP
import Host
import Packages
import Testing

/// What this machine's own mirror serves, read for real.
@Suite struct DebianMirrorTests {
  static func archive(cache: String) throws -> DebianArchive {
    let configuration = try AptConfiguration()
    let client = HTTPClient(
      configuration: configuration.httpConfiguration(over: HTTPConfiguration(environment: Environment.all)))
    return DebianArchive(configuration: configuration, client: client, cache: cache, now: Clock.now)
  }

  @Test func `the configured mirror gives a signed and closed set`() async throws {
    let cache = try TemporaryDirectory()
    defer { cache.remove() }
    let archive = try Self.archive(cache: cache.path)
    let suites = DebianArchive.suites(ofRelease: "bookworm")
    let universe = try await archive.universe(suites: suites, architecture: "amd64")
    #expect(universe.evidence.map(\.suite) == suites)
    #expect(universe.evidence.allSatisfy { !$0.signers.isEmpty && !$0.indexes.isEmpty })
    let pins = try DebianResolver(universe).resolve(["python3", "tini"])
    let names = Set(pins.map(\.name))
    #expect(names.isSuperset(of: ["python3", "tini", "dpkg", "libc6", "usr-is-merged"]))
    #expect(!names.contains("usrmerge"))
    #expect(pins.allSatisfy { names.isSuperset(of: $0.dependencies) })
    let tini = try #require(pins.first { $0.name == "tini" })
    let files = try await archive.fetch([tini])
    #expect(try FileStatus(of: files[0]).size == tini.size)
    #expect(try DebianResolver(universe, holding: pins).resolve(["tini", "python3"]) == pins)
  }
}
