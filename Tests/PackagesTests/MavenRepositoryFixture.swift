import HTTP
import Host
import OCI
import TestSupport
import Trust

@testable import Packages

/// A Maven repository in memory.
///
/// Each line is an artifact of the group `x` and what it needs: `a 1: b 1, c [1,2) scope=runtime, d 1 optional, e 1 -f`. Words with `=` set
/// the type, the classifier and the scope; `-f` excludes. Poms that need more are given as XML.
struct MavenRepositoryFixture {
  private(set) var files: [String: [UInt8]] = [:]

  init(_ text: String, poms: [String: String] = [:]) {
    var versions: [String: [String]] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      let head = parts[0].split(separator: " ").map(String.init)
      let needs = parts.count > 1 ? parts[1].split(separator: ";").map(Self.dependency).joined() : ""
      add(head[0], head[1], "<dependencies>\(needs)</dependencies>")
      versions[head[0], default: []].append(head[1])
    }
    for (name, body) in poms {
      let head = name.split(separator: " ").map(String.init)
      add(head[0], head[1], body)
      versions[head[0], default: []].append(head[1])
    }
    for (name, versions) in versions {
      let list = versions.map { "<version>\($0)</version>" }.joined()
      files["/x/\(name)/maven-metadata.xml"] = Array(
        "<metadata><versioning><versions>\(list)</versions></versioning></metadata>".utf8)
    }
  }

  private mutating func add(_ name: String, _ version: String, _ body: String) {
    let stem = "/x/\(name)/\(version)/\(name)-\(version)"
    let identity =
      body.contains("<parent>") && !body.contains("<own/>")
      ? "<artifactId>\(name)</artifactId>"
      : "<groupId>x</groupId><artifactId>\(name)</artifactId><version>\(version)</version>"
    let own = body.split(separator: "<own/>", omittingEmptySubsequences: false).joined()
    put("\(stem).pom", "<project><modelVersion>4.0.0</modelVersion>\(identity)\(own)</project>")
    put("\(stem).jar", "jar \(name) \(version)")
    put("\(stem)-tests.jar", "tests \(name) \(version)")
  }

  /// Adds a file with its SHA-1.
  mutating func put(_ path: String, _ text: String) {
    files[path] = Array(text.utf8)
    let digest = LegacyDigest.sha1(of: Array(text.utf8))
    files[path + ".sha1"] = Array(digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().utf8)
  }

  /// Changes a file after its digest was made.
  mutating func damage(_ path: String) { files[path]?.append(0x20) }

  mutating func remove(_ path: String) { files[path] = nil }

  mutating func put(_ path: String, bytes: [UInt8]) { files[path] = bytes }

  static func dependency(_ text: some StringProtocol) -> String {
    let words = String(text).split(separator: " ").map(String.init)
    guard words.count > 0 else { return "" }
    var xml = "<groupId>x</groupId><artifactId>\(words[0])</artifactId>"
    for word in words.dropFirst() {
      if word.hasPrefix("-") {
        let name = word == "-*" ? ("*", "*") : ("x", String(word.dropFirst()))
        xml +=
          "<exclusions><exclusion><groupId>\(name.0)</groupId><artifactId>\(name.1)</artifactId></exclusion></exclusions>"
      } else if word == "optional" {
        xml += "<optional>true</optional>"
      } else if let equals = word.firstIndex(of: "=") {
        xml += "<\(word[..<equals])>\(word[word.index(after: equals)...])</\(word[..<equals])>"
      } else {
        xml += "<version>\(word)</version>"
      }
    }
    return "<dependency>\(xml)</dependency>"
  }

  /// Serves the files and runs a body with a client for them.
  func with<Result>(
    _ body: (MavenRepositories, HTTPTestServer, TemporaryDirectory) async throws -> Result
  ) async throws -> Result {
    let files = files
    let cache = try TemporaryDirectory()
    defer { cache.remove() }
    return try await HTTPTestServer.with({ request in files[request.target].map { .init(body: $0) } ?? .init(404) }) {
      server in
      var configuration = HTTPConfiguration()
      configuration.retry = RetryPolicy(attempts: 1)
      let settings = try MavenSettings(environment: [MavenSettings.variable: "\(server.origin)"])
      return try await body(
        MavenRepositories(
          settings: settings, client: HTTPClient(configuration: configuration), cache: cache.path + "/cache"), server,
        cache)
    }
  }
}
