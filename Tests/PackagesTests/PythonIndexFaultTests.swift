import HTTP
import Host
import OCI
import Synchronization
import TestSupport
import Testing
import Trust
import Versions

@testable import Packages

struct PythonIndexFaultTests {
  static let wheel = MadeUpWheel("alpha", "1.0", requires: ["beta"], padding: 200_000)
  static let wheelPath = "/files/" + wheel.fileName

  typealias Answer = HTTPTestServer.Answer

  @Test func `a project that no index has is not a fault of the network`() async throws {
    let server = TestIndex(wheels: [Self.wheel]).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin, server.origin + "/other"])
    await #expect(throws: PythonIndexError.unknownProject(try project("nothing"))) {
      try await index.files(of: project("nothing"))
    }
  }

  @Test func `an index that nobody runs is a fault of the network`() async throws {
    let server = TestIndex(wheels: [Self.wheel]).serve()
    let origin = server.origin
    server.stop()
    let failure = try await indexFailure { try await SimpleIndex([origin]).files(of: project("alpha")) }
    #expect(failure?.fault == .network)
    guard case .http(let error) = failure, case .unreachable = error.kind else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test func `an index that is down for a moment is asked again, one that stays down is an error`() async throws {
    let server = TestIndex(
      wheels: [Self.wheel], override: { $0.target.contains("beta") || $0.earlier == 0 ? Answer(503) : nil }
    ).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    #expect(try await index.files(of: project("alpha")).count == 1)
    let failure = try await indexFailure { try await index.files(of: project("beta")) }
    #expect(failure == .http(HTTPError(.status(503), at: try HTTPURL(parsing: server.origin + "/simple/beta/"))))
  }

  static let hostile: [(type: String, body: String)] = [
    ("application/octet-stream", "{}"), ("", "<html></html>"), ("application/json", "{"), ("application/json", "[]"),
    ("application/json", #"{"files": [}"#), ("application/json", #"{"files": []} trailing"#),
    ("application/json", #"{"meta": {"api-version": "2.0"}, "files": []}"#),
    ("text/html", #"<meta name="pypi:repository-version" content="2.0">"#),
    ("application/json", String(repeating: "[", count: 100_000)),
    ("application/json", #"{"x": "# + String(repeating: #"{"x":"#, count: 100_000)),
  ]

  @Test(arguments: hostile.indices)
  func `what is no page of an index is refused and not kept`(number: Int) async throws {
    let directory = try TemporaryDirectory()
    let (type, body) = Self.hostile[number]
    let server = HTTPTestServer { _ in .text(body, type: type) }
    defer { server.stop() }
    let failure = try await indexFailure {
      try await SimpleIndex([server.origin], cache: directory.path).files(of: project("alpha"))
    }
    guard case .page(let url, _) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(url == server.origin + "/simple/alpha/")
    #expect(!Files.exists(directory.path + "/pages"))
  }

  @Test func `a page without an end is cut off`() async throws {
    let server = HTTPTestServer { _ in
      Answer(fields: ["Content-Type": "text/html"], body: [UInt8](repeating: 0x20, count: 65 << 20))
    }
    defer { server.stop() }
    let failure = try await indexFailure { try await SimpleIndex([server.origin]).files(of: project("alpha")) }
    guard case .http(let error) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(error.kind == .tooLarge(limit: 64 << 20))
  }

  @Test func `a file with another digest is refused and leaves nothing`() async throws {
    let directory = try TemporaryDirectory()
    let other = Self.wheel.bytes.map { $0 ^ 1 }
    let server = TestIndex(wheels: [Self.wheel], override: { $0.target == Self.wheelPath ? Answer(body: other) : nil })
      .serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    let file = try await index.files(of: project("alpha"))[0]
    let failure = try await indexFailure { try await index.fetch(file, into: directory.path + "/wheel") }
    guard case .http(let error) = failure, case .digestMismatch = error.kind else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(failure?.fault == .network)
    #expect(try Files.list(directory.path) == [])
  }

  @Test func `a wheel that breaks off is continued`() async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(
      wheels: [Self.wheel],
      override: { request in
        guard request.target == Self.wheelPath, request.earlier == 0 else { return nil }
        return Answer(body: Self.wheel.bytes, fault: .truncated(after: 100_000))
      }
    ).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    let file = try await index.files(of: project("alpha"))[0]
    try await index.fetch(file, into: directory.path + "/wheel")
    #expect(try Files.read(directory.path + "/wheel") == Self.wheel.bytes)
    #expect(server.requests.last?["Range"] == "bytes=100000-")
  }

  @Test func `metadata with another digest than the announced is refused`() async throws {
    let server = TestIndex(
      wheels: [Self.wheel], override: { $0.target.hasSuffix(".metadata") ? .text(Self.wheel.metadata + "x") : nil }
    ).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    let file = try await index.files(of: project("alpha"))[0]
    let failure = try await indexFailure { try await index.metadata(of: file, project: project("alpha")) }
    guard case .metadataDigest(let name, let expected, _) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(name == Self.wheel.fileName)
    #expect(expected == Self.wheel.metadataDigest)
  }

  @Test func `metadata that nobody announced is compared with the wheel's when it is fetched`() async throws {
    let directory = try TemporaryDirectory()
    let forged = Self.wheel.metadata.replacing("beta", with: "evil")
    let server = TestIndex(
      wheels: [Self.wheel] + (0..<4).map { MadeUpWheel("beta", "1.\($0)") }, metadata: .silent,
      override: { $0.target.hasSuffix("alpha-1.0-py3-none-any.whl.metadata") ? .text(forged) : nil }
    ).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin], cache: directory.path + "/cache")
    // The first wheels are read by ranges, and show that the host serves such files without announcing them.
    for beta in try await index.files(of: project("beta")) {
      _ = try await index.metadata(of: beta, project: project("beta"))
    }
    while !index.traits.withLock({ $0.values.contains { $0.servesMetadata } }) {
      try await Task.sleep(for: .milliseconds(5))
    }
    let file = try await index.files(of: project("alpha"))[0]
    _ = try await index.metadata(of: file, project: project("alpha"))
    let failure = try await indexFailure { try await index.fetch(file, into: directory.path + "/wheel") }
    #expect(failure == .metadataDiffers(fileName: Self.wheel.fileName))
    #expect(!Files.exists(directory.path + "/wheel"))
  }

  @Test func `a host that lacks metadata of some wheels is asked for that of few`() async throws {
    let wheels = (0..<30).map { MadeUpWheel("alpha", "1.\($0)") }
    let server = TestIndex(
      wheels: wheels, metadata: .silent,
      override: { $0.target.hasSuffix("1.2-py3-none-any.whl.metadata") ? Answer(404) : nil }
    ).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    let files = try await index.files(of: project("alpha"))
    for file in files { _ = try await index.metadata(of: file, project: project("alpha")) }
    while !index.traits.withLock({ $0.values.contains { $0.missed > 0 } }) {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect((3...4).contains(server.requests.count { $0.target.hasSuffix(".metadata") }))
  }

  @Test func `a server that greets at every address is not believed to serve metadata`() async throws {
    let server = TestIndex(
      wheels: [Self.wheel], metadata: .silent,
      override: { $0.target.hasSuffix(".metadata") ? .text("<html>Welcome!</html>", type: "text/html") : nil }
    ).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    let file = try await index.files(of: project("alpha"))[0]
    let metadata = try await index.metadata(of: file, project: project("alpha"))
    #expect(metadata.requirements.count == 1)
  }

  static let brokenWheels: [(name: String, bytes: [UInt8])] = [
    ("no zip archive", Array("not a zip".utf8)), ("empty", []), ("zeros", [UInt8](repeating: 0, count: 1000)),
    ("cut off", Array(wheel.bytes.dropLast(40))),
    ("of another project", MadeUpWheel("beta", "1.0").bytes),
  ]

  @Test(arguments: brokenWheels.indices, [true, false])
  func `a wheel without usable metadata is a fact about the package`(number: Int, hasRanges: Bool) async throws {
    let directory = try TemporaryDirectory()
    let broken = Self.brokenWheels[number].bytes
    let page = """
      {"files": [{"filename": "\(Self.wheel.fileName)", "url": "\(Self.wheelPath)",
                  "hashes": {"sha256": "\(SHA256.digest(of: broken).hex)"}}]}
      """
    let server = HTTPTestServer { request in
      switch request.target {
      case "/simple/alpha/": .text(page, type: "application/json")
      case Self.wheelPath: Answer(body: broken, ignoresRanges: !hasRanges)
      default: Answer(404)
      }
    }
    defer { server.stop() }
    let index = try SimpleIndex([server.origin], cache: directory.path)
    let file = try await index.files(of: project("alpha"))[0]
    let error = await #expect(throws: PythonIndexError.self) {
      try await index.metadata(of: file, project: project("alpha"))
    }
    guard case .unusableMetadata(let name, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(name == Self.wheel.fileName)
  }

  @Test func `a source distribution says what it needs only when it is built`() async throws {
    let page = #"{"files": [{"filename": "alpha-1.0.tar.gz", "url": "/files/alpha-1.0.tar.gz", "hashes": {}}]}"#
    let server = HTTPTestServer { $0.target == "/simple/alpha/" ? .text(page, type: "application/json") : Answer(404) }
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    let file = try await index.files(of: project("alpha"))[0]
    #expect(file.isSourceDistribution)
    await #expect(throws: PythonIndexError.self) { try await index.metadata(of: file, project: project("alpha")) }
  }

  @Test(arguments: ["../../../etc/passwd", "file:///etc/passwd", "ftp://127.0.0.1/alpha-1.0-py3-none-any.whl"])
  func `a link can neither leave the web nor name a path`(address: String) async throws {
    let page = #"<a href="\#(address)">alpha-1.0-py3-none-any.whl</a>"#
    let server = HTTPTestServer { _ in .text(page, type: "text/html") }
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    await #expect(throws: PythonIndexError.unknownProject(try project("alpha"))) {
      try await index.files(of: project("alpha"))
    }
  }
}
