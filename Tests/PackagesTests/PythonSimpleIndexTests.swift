import HTTP
import Host
import Packages
import TestSupport
import Testing
import Trust
import Versions

struct PythonSimpleIndexTests {
  static let wheels = [
    MadeUpWheel("alpha", "1.0", requires: ["beta>=2", "gamma; extra == 'more'"]),
    MadeUpWheel("alpha", "2.0", requires: ["beta>=3"], padding: 400_000, metadataFirst: true),
    MadeUpWheel("beta", "3.0", padding: 400_000),
  ]

  // MARK: Every kind of index

  @Test(arguments: TestIndex.Format.allCases, TestIndex.MetadataService.allCases)
  func `files and metadata are the same from every kind of index`(
    format: TestIndex.Format, metadata: TestIndex.MetadataService
  ) async throws {
    for hasRanges in [true, false] {
      let directory = try TemporaryDirectory()
      let server = TestIndex(wheels: Self.wheels, format: format, metadata: metadata, hasRanges: hasRanges).serve()
      defer { server.stop() }
      let index = try SimpleIndex([server.origin], cache: directory.path)
      for name in ["alpha", "beta"] {
        let files = try await index.files(of: project(name))
        let wheels = Self.wheels.filter { $0.name == name }
        #expect(files.map(\.fileName) == wheels.map(\.fileName))
        #expect(files.map(\.sha256) == wheels.map(\.sha256))
        #expect(files.map(\.url) == wheels.map { server.origin + "/files/" + $0.fileName })
        for (file, wheel) in zip(files, wheels) {
          let found = try await index.metadata(of: file, project: project(name))
          #expect(try found == PythonMetadata(parsing: wheel.metadata.utf8))
          let path = directory.path + "/store/" + file.fileName
          try await index.fetch(file, into: path)
          #expect(try Files.read(path) == wheel.bytes)
        }
      }
    }
  }

  @Test func `an announced metadata file is all that is read of a wheel`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    let file = try await index.files(of: project("beta"))[0]
    _ = try await index.metadata(of: file, project: project("beta"))
    #expect(server.requests.map(\.target) == ["/simple/beta/", "/files/beta-3.0-py3-none-any.whl.metadata"])
  }

  @Test func `a host is asked few times for metadata files that it does not have`() async throws {
    let server = TestIndex(wheels: Self.wheels, metadata: .none).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    for file in try await index.files(of: project("alpha")) {
      _ = try await index.metadata(of: file, project: project("alpha"))
    }
    #expect((1...4).contains(server.requests.count { $0.target.hasSuffix(".metadata") }))
    // The first wheel is small, so its end is the whole; of the second its end, and the metadata at its start.
    #expect(
      server.requests.compactMap { $0["Range"] }
        == ["bytes=0-\(Self.wheels[0].bytes.count - 1)"] + Self.rangesOfSecondWheel)
  }

  static var rangesOfSecondWheel: [String] {
    let size = wheels[1].bytes.count
    let info = "alpha-2.0.dist-info/METADATA".utf8.count + wheels[1].metadata.utf8.count + 30
    return ["bytes=\(size - 131_072)-\(size - 1)", "bytes=0-\(info - 1)"]
  }

  @Test func `a host without ranges sends a wheel once, and it is fetched from the cache`() async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels, metadata: .none, hasRanges: false).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin], cache: directory.path)
    let file = try await index.files(of: project("beta"))[0]
    _ = try await index.metadata(of: file, project: project("beta"))
    let before = server.requests.count
    try await index.fetch(file, into: directory.path + "/wheel")
    #expect(try Files.read(directory.path + "/wheel") == Self.wheels[2].bytes)
    #expect(server.requests.count == before)
  }

  @Test func `asking at the same time makes one request`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask {
          let file = try await index.files(of: project("alpha"))[0]
          _ = try await index.metadata(of: file, project: project("alpha"))
        }
      }
      for try await _ in group {}
    }
    #expect(server.requests.count == 2)
  }

  // MARK: Several indexes and places

  @Test func `an index that comes first has a project alone, and the next is not told of it`() async throws {
    let main = TestIndex(wheels: Self.wheels).serve()
    defer { main.stop() }
    let company = TestIndex(wheels: [MadeUpWheel("alpha", "0.1")]).serve()
    defer { company.stop() }
    let index = try SimpleIndex([main.origin, company.origin])
    #expect(try await index.files(of: project("alpha")).map(\.version.description) == ["0.1"])
    #expect(main.requests.isEmpty)
    #expect(try await index.files(of: project("beta")).count == Self.wheels.count { $0.name == "beta" })
  }

  @Test func `several indexes and directories are one, the first to name a file wins`() async throws {
    let directory = try TemporaryDirectory()
    let local = MadeUpWheel("alpha", "4.0", requires: ["delta"])
    try Files.write(local.bytes, to: directory.path + "/" + local.fileName)
    try Files.write("no wheel", to: directory.path + "/notes.txt")
    let other = MadeUpWheel("alpha", "3.0")
    let first = TestIndex(wheels: Self.wheels).serve()
    defer { first.stop() }
    let second = TestIndex(wheels: [Self.wheels[0], other], format: .html).serve()
    defer { second.stop() }
    let index = try SimpleIndex(
      [first.origin, second.origin], findLinks: [.directory(directory.path), .directory(directory.path + "/missing")],
      strategy: .unsafeBestMatch)
    let files = try await index.files(of: project("alpha"))
    try #require(files.map(\.version.description) == ["1.0", "2.0", "3.0", "4.0"])
    #expect(files[0].url.hasPrefix(first.origin))
    #expect(files[3].sha256 == local.sha256)
    #expect(files[3].size == local.bytes.count)
    let metadata = try await index.metadata(of: files[3], project: project("alpha"))
    #expect(metadata.requirements.map(\.name) == [try project("delta")])
    try await index.fetch(files[3], into: directory.path + "/out/wheel")
    #expect(try Files.read(directory.path + "/out/wheel") == local.bytes)
    try Files.write("changed", to: directory.path + "/" + local.fileName)
    let failure = try await indexFailure { try await index.fetch(files[3], into: directory.path + "/out/again") }
    guard case .fileDigest = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(try Files.list(directory.path + "/out") == ["wheel"])
  }

  @Test func `a page of links is a place too`() async throws {
    let server = TestIndex(
      wheels: Self.wheels,
      override: { request in
        guard request.target == "/links.html" else { return nil }
        return .text(
          "<a href='files/beta-3.0-py3-none-any.whl'>b</a><a href=files/alpha-1.0-py3-none-any.whl>a</a>",
          type: "text/html")
      }
    ).serve()
    defer { server.stop() }
    let index = try SimpleIndex([], findLinks: [.page(HTTPURL(parsing: server.origin + "/links.html"))])
    #expect(try await index.files(of: project("beta")).map(\.fileName) == ["beta-3.0-py3-none-any.whl"])
    #expect(try await index.files(of: project("alpha")).map(\.fileName) == ["alpha-1.0-py3-none-any.whl"])
    #expect(server.requests.count == 1)
  }

  @Test func `links of a page that moved start where it moved to, also out of the cache`() async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let target = server.origin
    let mover = HTTPTestServer { HTTPTestServer.Answer(301, fields: ["Location": target + $0.target.dropFirst(6)]) }
    defer { mover.stop() }
    for _ in 0..<2 {
      let index = try SimpleIndex([mover.origin + "/a/b/c"], cache: directory.path)
      let file = try await index.files(of: project("alpha"))[0]
      #expect(file.url == server.origin + "/files/alpha-1.0-py3-none-any.whl")
    }
    #expect(mover.requests.count == 1)
  }

  // MARK: Logins and proxies

  @Test func `the login comes from the address or from the netrc file, and shows nowhere`() async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels, authorization: "Basic bWU6c2VjcmV0").serve()
    defer { server.stop() }
    let netrc = try SimpleIndex([server.origin]) {
      $0.netrc = Netrc(parsing: "machine 127.0.0.1 login me password secret")
    }
    let address = try SimpleIndex(["http://me:secret@127.0.0.1:\(server.port)"], cache: directory.path)
    for index in [netrc, address] {
      let file = try await index.files(of: project("alpha"))[0]
      #expect(!file.url.contains("secret"))
      _ = try await index.metadata(of: file, project: project("alpha"))
      try await index.fetch(file, into: directory.path + "/wheel")
    }
    for entry in try Files.list(directory.path + "/pages") {
      #expect(try !Files.text(directory.path + "/pages/" + entry).contains("secret"))
    }
    let wrong = try SimpleIndex(["http://me:wrong@127.0.0.1:\(server.port)"])
    let failure = try await indexFailure { try await wrong.files(of: project("alpha")) }
    #expect(failure == .http(HTTPError(.status(401), at: try HTTPURL(parsing: server.origin + "/simple/alpha/"))))
    #expect(failure?.description.contains("wrong") == false)
    #expect(failure?.hint != nil)
  }

  @Test func `an index behind a proxy with a certificate authority of its own is reached by pip's settings`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let proxy = try await InterceptingProxy(host: "index.example.org", before: server, in: directory.path)
    defer { proxy.stop() }
    let variables = [
      "PIP_INDEX_URL": "https://index.example.org/simple", "PIP_PROXY": proxy.address,
      "PIP_CERT": proxy.certificateAuthority, "HOME": directory.path, "PIP_CONFIG_FILE": "/dev/null",
    ]
    let configuration = try PipConfiguration.ofThisMachine(environment: variables)
    var http = configuration.applied(to: HTTPConfiguration(environment: variables), environment: variables)
    http.retry = RetryPolicy(attempts: 1)
    let index = SimpleIndex(
      configuration: configuration, client: HTTPClient(configuration: http), cacheDirectory: nil)
    let file = try await index.files(of: project("alpha"))[0]
    #expect(file.url == "https://index.example.org/files/alpha-1.0-py3-none-any.whl")
    try await index.fetch(file, into: directory.path + "/wheel")
    #expect(try Files.read(directory.path + "/wheel") == Self.wheels[0].bytes)
    #expect(proxy.targets.allSatisfy { $0 == "index.example.org:443" })
    #expect(!proxy.targets.isEmpty)
  }

  // MARK: The cache

  @Test(arguments: [
    (["ETag": "\"one\"", "Cache-Control": "max-age=0"], 2, true),
    (["ETag": "\"one\"", "Cache-Control": "no-cache"], 2, true),
    (["Cache-Control": "max-age=300"], 1, false), ([:], 1, false), (["Cache-Control": "no-store"], 2, false),
    (["Cache-Control": "max-age=300", "Age": "300"], 2, false),
  ])
  func `a page is asked for again when its freshness is over, and read again only if it changed`(
    fields: [String: String], requests: Int, isConditional: Bool
  ) async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels, pageFields: fields).serve()
    defer { server.stop() }
    for _ in 0..<2 {
      // Each run of the tool has an index of its own; only the directory is shared.
      let index = try SimpleIndex([server.origin], cache: directory.path)
      #expect(try await index.files(of: project("alpha")).count == 2)
    }
    #expect(server.requests.count == requests)
    #expect((server.requests.last?["If-None-Match"] == "\"one\"") == isConditional)
  }

  @Test func `a fresh page is confirmed by whoever wants to know`() async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels, pageFields: ["ETag": "\"one\""]).serve()
    defer { server.stop() }
    for _ in 0..<2 {
      let index = try SimpleIndex([server.origin], cache: directory.path, alwaysAsks: true)
      #expect(try await index.files(of: project("alpha")).count == 2)
    }
    #expect(server.requests.map { $0["If-None-Match"] } == [nil, "\"one\""])
  }

  @Test func `metadata of a digest is never asked for twice`() async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    for _ in 0..<2 {
      let index = try SimpleIndex([server.origin], cache: directory.path)
      let file = try await index.files(of: project("beta"))[0]
      _ = try await index.metadata(of: file, project: project("beta"))
    }
    #expect(server.requests.count == 2)
  }

  @Test func `a damaged cache is as good as none`() async throws {
    let directory = try TemporaryDirectory()
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    for round in 0..<4 {
      let index = try SimpleIndex([server.origin], cache: directory.path)
      let file = try await index.files(of: project("alpha"))[0]
      _ = try await index.metadata(of: file, project: project("alpha"))
      for kind in ["pages", "metadata"] {
        for name in try Files.list(directory.path + "/" + kind) {
          let path = directory.path + "/\(kind)/\(name)"
          var bytes = try Files.read(path)
          switch round {
          case 0: bytes[bytes.count - 3] ^= 1
          case 1: bytes = []
          default: bytes = Array(bytes.prefix(bytes.count / 2))
          }
          try Files.write(bytes, to: path)
        }
      }
    }
    #expect(server.requests.count == 8)
  }

  @Test func `a cache that cannot be written to is done without`() async throws {
    let directory = try TemporaryDirectory()
    try Files.write("", to: directory.path + "/file")
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let index = try SimpleIndex([server.origin], cache: directory.path + "/file/cache")
    #expect(try await index.files(of: project("alpha")).count == 2)
  }
}
