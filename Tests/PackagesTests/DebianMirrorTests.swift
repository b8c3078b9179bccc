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

  static let requests: [[String]] = [
    ["python3", "tini"], ["openjdk-17-jre-headless"], ["default-jre-headless", "ca-certificates"],
    ["postgresql-client"],
    ["nginx-light"], ["git"], ["build-essential"], ["curl", "jq"], ["default-mta"], ["python3-pandas"],
  ]

  @Test(arguments: ["amd64", "arm64"]) func `apt chooses the same packages`(_ architecture: String) async throws {
    let work = try TemporaryDirectory()
    defer { work.remove() }
    let universe = try await Self.archive(cache: work.path + "/cache").universe(
      suites: DebianArchive.suites(ofRelease: "bookworm"), architecture: architecture)
    #expect(
      universe.evidence.allSatisfy { $0.indexes.allSatisfy { $0.path.contains("/binary-\(architecture)/") } })
    for folder in ["state/lists/partial", "cache/archives/partial"] {
      try Files.createDirectory("\(work.path)/\(folder)")
    }
    try Files.write("", to: work.path + "/status")
    let options = [
      "-q", "-o", "APT::Architecture=\(architecture)", "-o", "APT::Architectures=\(architecture)", "-o",
      "Dir::State=\(work.path)/state", "-o", "Dir::State::status=\(work.path)/status", "-o",
      "Dir::Cache=\(work.path)/cache", "-o", "Dir::Etc::SourceList=/dev/null",
      // Else apt counts itself as essential.
      "-o", "pkgCacheGen::ForceEssential=,",
    ]
    let update = try await Subprocess("apt-get", options + ["update"]).run()
    try #require(update.status == 0, "\(update.errorText)")
    for request in Self.requests {
      let result = try await Subprocess(
        "apt-get",
        options + ["--simulate", "--no-install-recommends", "install", "?essential", "usr-is-merged"] + request
      ).run()
      let theirs = result.text.split(separator: "\n").filter { $0.hasPrefix("Inst ") }.map { line in
        let words = line.split(separator: " ")
        return "\(words[1]) \(words[2].dropFirst())"
      }
      let ours = try DebianResolver(universe).resolve(["usr-is-merged"] + request).map { "\($0.name) \($0.version)" }
      #expect(Set(ours) == Set(theirs), "\(request): \(Set(ours).symmetricDifference(theirs).sorted())")
    }
  }
}
