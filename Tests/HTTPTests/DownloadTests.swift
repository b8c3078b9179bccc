import Host
import OCI
import Synchronization
import TestSupport
import Testing
import Trust

@testable import HTTP

struct DownloadTests {
  static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  static let expected = HTTPClient.Expectation(digest: SHA256.digest(of: content), size: Int64(content.count))

  @Test(arguments: [true, false])
  func `a file appears whole, with its digest, and nothing else stays`(isExpected: Bool) async throws {
    let directory = try TemporaryDirectory()
    let server = Server { _ in Server.Answer(body: Self.content) }
    defer { server.stop() }
    let path = directory.path + "/below/file"
    let seen = Mutex<[Int64]>([])
    let download = try await makeClient().download(
      HTTPRequest(HTTPURL(parsing: server.origin)), to: path, expecting: isExpected ? Self.expected : nil
    ) { received, total in
      if total == Int64(Self.content.count) { seen.withLock { $0.append(received) } }
    }
    #expect(try Files.read(path) == Self.content)
    #expect(download.digest == Self.expected.digest)
    #expect(download.size == Int64(Self.content.count))
    #expect(try Files.list(directory.path + "/below") == ["file"])
    let counts = seen.withLock { $0 }
    #expect(counts.last == Int64(Self.content.count))
    #expect(counts == counts.sorted())
  }

  @Test func `an empty file is a file`() async throws {
    let directory = try TemporaryDirectory()
    let server = Server { _ in Server.Answer() }
    defer { server.stop() }
    let expected = HTTPClient.Expectation(digest: SHA256.digest(of: []), size: 0)
    _ = try await makeClient().download(
      HTTPRequest(HTTPURL(parsing: server.origin)), to: directory.path + "/e", expecting: expected)
    #expect(try Files.read(directory.path + "/e").isEmpty)
  }

  @Test func `what a killed run left is continued`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    try Files.write(Array(Self.content[..<100_000]), to: path + ".part")
    let server = Server { _ in Server.Answer(body: Self.content) }
    defer { server.stop() }
    let download = try await makeClient().download(
      HTTPRequest(HTTPURL(parsing: server.origin)), to: path, expecting: Self.expected)
    #expect(download.resumedFrom == 100_000)
    #expect(server.requests.map { $0["Range"] } == ["bytes=100000-"])
    #expect(try Files.read(path) == Self.content)
  }

  @Test func `what a killed run left whole is only checked`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    try Files.write(Self.content, to: path + ".part")
    let server = Server { _ in Server.Answer(500) }
    defer { server.stop() }
    _ = try await makeClient().download(
      HTTPRequest(HTTPURL(parsing: server.origin)), to: path, expecting: Self.expected)
    #expect(try Files.read(path) == Self.content)
    #expect(server.requests.isEmpty)
  }

  enum ServerKind: String, CaseIterable, Sendable { case honest, withoutRanges, withShiftedRanges }

  @Test(arguments: ServerKind.allCases, [50_000, 300_000, 400_000])
  func `wrong bytes that a killed run left do no harm`(kind: ServerKind, count: Int) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    try Files.write([UInt8](repeating: 1, count: count), to: path + ".part")
    let server = Server { _ in
      Server.Answer(
        body: Self.content, fault: kind == .withShiftedRanges ? .shiftedRange : .none,
        ignoresRanges: kind == .withoutRanges)
    }
    defer { server.stop() }
    // Without a size even a part that is too long is asked to be continued.
    for expected in [Self.expected, HTTPClient.Expectation(digest: Self.expected.digest)] {
      let download = try await makeClient().download(
        HTTPRequest(HTTPURL(parsing: server.origin)), to: path, expecting: expected)
      #expect(download.digest == Self.expected.digest)
      #expect(try Files.read(path) == Self.content)
      #expect(!Files.exists(path + ".part"))
      try Files.write([UInt8](repeating: 1, count: count), to: path + ".part")
    }
  }

  @Test func `without a digest nothing is continued`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    try Files.write([9, 9, 9], to: path + ".part")
    let server = Server { _ in Server.Answer(body: Self.content) }
    defer { server.stop() }
    _ = try await makeClient().download(HTTPRequest(HTTPURL(parsing: server.origin)), to: path)
    #expect(try Files.read(path) == Self.content)
  }

  static let breaks: [Server.Fault] = [.truncated(after: 150_000), .reset(after: 150_000), .silent]

  @Test(arguments: breaks.indices)
  func `a transfer that breaks goes on where it broke`(index: Int) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    let server = Server { Server.Answer(body: Self.content, fault: $0.earlier == 0 ? Self.breaks[index] : .none) }
    defer { server.stop() }
    _ = try await makeClient().download(
      HTTPRequest(HTTPURL(parsing: server.origin)), to: path, expecting: Self.expected)
    #expect(try Files.read(path) == Self.content)
    #expect(server.requests.count == 2)
    if case .truncated = Self.breaks[index] { #expect(server.requests[1]["Range"] == "bytes=150000-") }
  }

  @Test func `what came before a fault is kept for the next run`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    let server = Server { Server.Answer(body: Self.content, fault: $0.earlier == 0 ? .truncated(after: 1000) : .none) }
    defer { server.stop() }
    let request = HTTPRequest(try HTTPURL(parsing: server.origin))
    _ = await failure {
      try await makeClient(attempts: 1).download(request, to: path, expecting: Self.expected)
    }
    #expect(!Files.exists(path))
    #expect(try FileStatus(of: path + ".part").size == 1000)
    let download = try await makeClient().download(request, to: path, expecting: Self.expected)
    #expect(download.resumedFrom == 1000)
    #expect(try Files.read(path) == Self.content)
  }

  @Test func `another content is refused and leaves nothing`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    var other = Self.content
    other[77] ^= 1
    let (wrong, longer) = (other, Self.content + [0])
    let server = Server { Server.Answer(body: $0.target == "/wrong" ? wrong : longer) }
    defer { server.stop() }
    let errors = [
      "/wrong": HTTPError.Kind.digestMismatch(expected: Self.expected.digest, found: SHA256.digest(of: wrong)),
      "/longer": .tooLarge(limit: 300_000),
    ]
    for (target, kind) in errors {
      let error = await failure {
        try await makeClient().download(
          HTTPRequest(HTTPURL(parsing: server.origin + target)), to: path, expecting: Self.expected)
      }
      #expect(error?.kind == kind)
      #expect(try Files.list(directory.path) == [])
    }
    #expect(server.requests.count == 2)
  }

  @Test func `a shorter content is refused by its size`() async throws {
    let directory = try TemporaryDirectory()
    let server = Server { _ in Server.Answer(body: [1, 2]) }
    defer { server.stop() }
    let error = await failure {
      try await makeClient().download(
        HTTPRequest(HTTPURL(parsing: server.origin)), to: directory.path + "/file", expecting: Self.expected)
    }
    #expect(error?.kind == .wrongSize(expected: 300_000, found: 2))
    #expect(try Files.list(directory.path) == [])
  }

  @Test func `a status that is no success is an error and no file`() async throws {
    let directory = try TemporaryDirectory()
    let server = Server { _ in Server.Answer(404, body: Array("not here".utf8)) }
    defer { server.stop() }
    let error = await failure {
      try await makeClient().download(HTTPRequest(HTTPURL(parsing: server.origin)), to: directory.path + "/file")
    }
    #expect(error?.kind == .status(404))
    #expect(try Files.list(directory.path) == [])
  }

  @Test func `a folder that cannot be written to is this machine's fault`() async throws {
    let directory = try TemporaryDirectory()
    try Files.write("", to: directory.path + "/file")
    let server = Server { _ in .text("") }
    defer { server.stop() }
    let error = await failure {
      try await makeClient().download(HTTPRequest(HTTPURL(parsing: server.origin)), to: directory.path + "/file/x")
    }
    #expect(error?.fault == .machine)
  }

  @Test func `a full disk is this machine's fault`() throws {
    // A device that is always full, met where a transfer goes on behind its first byte.
    let full = try FileHandle(writing: "/dev/full", .keep)
    var head = ResponseHead()
    for line in ["HTTP/1.1 206 Part\r\n", "Content-Range: bytes 1-3/4\r\n"] {
      #expect(Array(line.utf8).withUnsafeBytes { head.receive($0) } == nil)
    }
    let order = TransferOrder(
      method: .get, url: try HTTPURL(parsing: "http://example.org/"), headers: [:], body: nil, file: nil,
      limits: .init(),
      acceptsCompression: false, sharesConnection: true, destination: .file(descriptor: full.number, offset: 1),
      configuration: HTTPConfiguration(), progress: nil)
    let receiver = BodyReceiver(head: head, order: order)
    #expect(receiver.begin() == nil)
    let kind = [UInt8](repeating: 0, count: 3).withUnsafeBytes { receiver.receive($0) }
    #expect(kind == .file(path: "", reason: "No space left on device"))
    #expect(kind.map { HTTPError($0, at: order.url).fault } == .machine)
  }

  @Test func `two downloads of one file at a time do not mix`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    let server = Server { _ in Server.Answer(body: Self.content, fault: .slow(piece: 50_000, milliseconds: 5)) }
    defer { server.stop() }
    let client = makeClient()
    let request = HTTPRequest(try HTTPURL(parsing: server.origin))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { _ = try await client.download(request, to: path, expecting: Self.expected) }
      }
      for try await _ in group {}
    }
    #expect(try Files.read(path) == Self.content)
    #expect(try Files.list(directory.path) == ["file"])
  }
}
