import HTTP
import Host
import OCI
import TestSupport
import Testing
import Trust
import Versions

@testable import Packages

@Suite struct `Maven repositories` {
  private static let sample = "a 1: b 1\nb 1"

  private static func request() throws -> MavenResolver.Request {
    MavenResolver.Request(artifacts: [try MavenCoordinate(parsing: "x:a:1")])
  }

  @Test func `artifacts are locked by digest, and found again from the cache`() async throws {
    try await MavenRepositoryFixture(Self.sample).with { repositories, server, _ in
      let (pins, poms) = try await repositories.pin(Self.request())
      #expect(pins.map(\.coordinate.description) == ["x:a:1", "x:b:1"])
      #expect(pins[0].digest == SHA256.digest(of: "jar a 1".utf8))
      #expect(pins[0].isDirect && !pins[1].isDirect)
      #expect(pins[0].dependencies.map(\.description) == ["x:b"])
      #expect(pins[0].coordinate.packageURL.description == "pkg:maven/x/a@1")
      #expect(poms.map(\.coordinate.description) == ["x:a:pom:1", "x:b:pom:1"])
      let before = server.requests.count
      let paths = try await repositories.fetch(pins)
      #expect(try paths.map { try Files.text($0) } == ["jar a 1", "jar b 1"])
      #expect(server.requests.count == before)
    }
  }

  private static func failure(
    _ change: (inout MavenRepositoryFixture) -> Void
  ) async throws -> (error: MavenError?, kept: [String]) {
    var fixture = MavenRepositoryFixture(sample)
    change(&fixture)
    let request = try request()
    return try await fixture.with { repositories, _, directory in
      do throws(MavenError) {
        _ = try await repositories.pin(request)
        return (nil, [])
      } catch {
        let kept = (try? Files.list(directory.path + "/cache/sha256")) ?? []
        let arriving = (try? Files.list(directory.path + "/cache/arriving")) ?? []
        return (error, kept + arriving)
      }
    }
  }

  @Test func `what is not what stands beside it is refused and not kept`() async throws {
    let jar = "/x/b/1/b-1.jar"
    #expect(try await Self.failure { _ in }.error == nil)
    let damaged = try await Self.failure { $0.damage(jar) }
    guard case .wrongContent("x:b:1", _) = damaged.error else {
      Issue.record("\(String(describing: damaged.error))")
      return
    }
    #expect(damaged.error?.fault == .network)
    #expect(!damaged.kept.contains(SHA256.digest(of: "jar b 1 ".utf8).hex))
    let pom = try await Self.failure { $0.damage("/x/a/1/a-1.pom") }
    guard case .wrongContent = pom.error else {
      Issue.record("\(String(describing: pom.error))")
      return
    }
    #expect(pom.kept.isEmpty)
    // A better digest counts beside a right SHA-1.
    let better = try await Self.failure {
      $0.put(jar + ".sha256", bytes: Array(String(repeating: "0", count: 64).utf8))
    }
    #expect(better.error?.description.contains("its digest is not the one") == true)
    let best = try await Self.failure { $0.put(jar + ".sha512", bytes: Array(String(repeating: "0", count: 128).utf8)) }
    #expect(best.error?.description.contains("its digest is not the one") == true)
    let absent = try await Self.failure { $0.remove("/x/b/1/b-1.pom") }
    #expect(absent.error == .unknownArtifact("x:b:pom:1", chain: ["x:a:1"]))
    let noFile = try await Self.failure { $0.remove(jar) }
    #expect(noFile.error == .unknownArtifact("x:b:1", chain: []))
    let broken = try await Self.failure {
      $0.put("/x/a/1/a-1.pom", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><project>&b;</project>")
    }
    #expect(broken.error?.description.contains("document type declaration is refused") == true)
    let hostile = try await Self.failure {
      $0.put(
        "/x/a/1/a-1.pom",
        "<project><dependencies>\(MavenRepositoryFixture.dependency("../../etc 1"))</dependencies></project>")
    }
    #expect(hostile.error?.description.contains("is no name of an artifact") == true)
  }

  @Test func `a locked file with another digest, or gone, is refused`() async throws {
    var fixture = MavenRepositoryFixture(Self.sample)
    let pins = try await fixture.with { repositories, _, _ in try await repositories.pin(Self.request()).pins }
    fixture.damage("/x/b/1/b-1.jar")
    let changed = try await fixture.with { repositories, _, _ in
      await #expect(throws: MavenError.self) { try await repositories.fetch(pins) }
    }
    guard case .wrongContent = changed else {
      Issue.record("\(String(describing: changed))")
      return
    }
    fixture.remove("/x/b/1/b-1.jar")
    let gone = try await fixture.with { repositories, _, _ in
      await #expect(throws: MavenError.self) { try await repositories.fetch(pins) }
    }
    #expect(gone == .vanished("x:b:1"))
  }

  @Test func `circles of parents and of imports end with an error`() async throws {
    let parent = "<parent><groupId>x</groupId><artifactId>a</artifactId><version>1</version></parent>"
    let management = """
      <dependencyManagement><dependencies>
      \(MavenRepositoryFixture.dependency("a 1 type=pom scope=import"))</dependencies></dependencyManagement>
      """
    for body in [parent, management] {
      try await MavenRepositoryFixture("", poms: ["a 1": body]).with { repositories, _, _ in
        let error = await #expect(throws: MavenError.self) { try await repositories.pin(Self.request()) }
        #expect(error == .tooDeep("x:a:1") || error == .tooDeep("x:a:pom:1"))
      }
    }
  }

  @Test func `versions that are not known, or change, are refused`() async throws {
    func message(_ universe: String, _ request: String) async throws -> String? {
      try await MavenRepositoryFixture(universe).with { repositories, _, _ in
        let request = MavenResolver.Request(artifacts: [try MavenCoordinate(parsing: request)])
        return await #expect(throws: MavenError.self) { try await repositories.pin(request) }?.description
      }
    }
    #expect(
      try await message("a 1: b", "x:a:1")
        == "The version of x:b in x:a:1 is not known: neither it nor what it inherits states one.")
    #expect(
      try await message("a 1: b ${gone}", "x:a:1") == "The version of x:b in x:a:1 is not known: ${gone} has no value.")
    #expect(try await message("a 1: b [3,4)\nb 1\nb 2", "x:a:1") == "No version of x:b lies in [3,4); the newest is 2.")
    #expect(try await message("a 1-SNAPSHOT", "x:a:1-SNAPSHOT")?.contains("whose bytes change") == true)
  }

  @Test func `repositories come from the settings, through mirrors and with logins`() throws {
    let home = try TemporaryDirectory()
    defer { home.remove() }
    try Files.createDirectory(home.path + "/.m2")
    try Files.write(
      """
      <settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
        <mirrors>
          <mirror><id>all</id><url>https://mirror.example.org/maven</url><mirrorOf>*,!own</mirrorOf></mirror>
        </mirrors>
        <servers><server><id>own</id><username>me</username><password>${env.SECRET}</password></server></servers>
        <profiles>
          <profile><id>one</id><repositories>
            <repository><id>own</id><url>https://own.example.org/maven</url></repository>
            <repository><id>other</id><url>https://other.example.org/maven</url></repository>
          </repositories></profile>
          <profile><id>two</id><repositories>
            <repository><id>off</id><url>https://off.example.org/maven</url></repository>
          </repositories></profile>
        </profiles>
        <activeProfiles><activeProfile>one</activeProfile></activeProfiles>
      </settings>
      """, to: home.path + "/.m2/settings.xml")
    let settings = try MavenSettings(environment: ["HOME": home.path, "SECRET": "s3"], root: home.path)
    #expect(settings.repositories.map(\.name) == ["own", "all"])
    #expect(settings.repositories.map(\.url.host) == ["own.example.org", "mirror.example.org"])
    #expect(settings.repositories[0].credentials == .basic(user: "me", password: "s3"))
    let nothing = try MavenSettings(environment: ["HOME": home.path + "/nobody"], root: home.path)
    #expect(nothing.repositories.isEmpty)
    // An installed Maven says what it asks when nobody says otherwise.
    #expect(try MavenSettings(environment: [:]).repositories.map(\.name) == ["central"])
  }

  static let mirrors: [(of: String, name: String, address: String, standsIn: Bool)] = [
    ("*", "a", "https://a.example.org", true), ("a", "a", "https://a.example.org", true),
    ("b,a", "a", "https://a.example.org", true), ("b", "a", "https://a.example.org", false),
    ("*,!a", "a", "https://a.example.org", false), ("external:*", "a", "https://a.example.org", true),
    ("external:*", "a", "http://localhost/maven", false), ("external:http:*", "a", "https://a.example.org", false),
    ("external:http:*", "a", "http://a.example.org", true),
  ]

  @Test(arguments: mirrors)
  func `a mirror stands in for what it says`(of: String, name: String, address: String, standsIn: Bool) {
    let mirror = MavenSettingsFile.Mirror(
      name: "m", address: "", of: of.split(separator: ",").map(String.init), isBlocked: false)
    #expect(mirror.standsIn(for: name, at: address) == standsIn)
  }
}
