import Glibc
import Host
import JSON
import Synchronization
import TestSupport
import Testing

/// `drydock build --record`: what commands fetch is written down, and is all that they get ever after.
@Suite struct NetworkRecordingTests {
  private static let start = "FROM scratch\nCOPY root /\n"

  /// A context with busybox, and with curl if it is wanted.
  private func fixture(_ dockerfile: String, curl: Bool = false) async throws -> ProgramFixture {
    let fixture = try ProgramFixture(["app/Dockerfile": Self.start + dockerfile])
    try await fixture.addPrograms(["busybox"] + (curl ? ["curl"] : []), to: "app/root")
    return fixture
  }

  private func lock(_ fixture: ProgramFixture) throws -> JSONValue {
    try JSONValue(parsing: try Files.text(fixture.work + "/app/Dockerfile.lock"))
  }

  private func requests(_ fixture: ProgramFixture) throws -> [JSONValue] {
    try lock(fixture)["steps"]?.array?.flatMap { $0["requests"]?.array ?? [] } ?? []
  }

  // MARK: Recorded and replayed

  @Test(arguments: [nil, OrdinaryUser.Means.subordinates, .alone])
  func `what was recorded is built again without a server`(
    _ means: OrdinaryUser.Means?
  ) async throws {
    let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    let server = HTTPTestServer { request in
      switch request.target {
      case "/old": .init(302, fields: ["Location": "/new"])
      case "/new": .init(body: body)
      case "/list": .init(fields: ["Content-Type": "text/plain", "Set-Cookie": "s=1"], body: Array("a list".utf8))
      default: .init(404, body: Array("no \(request.earlier)".utf8))
      }
    }
    let fixture = try await fixture(
      """
      RUN busybox wget -q -O /new \(server.origin)/old && busybox wget -q -O /list \(server.origin)/list
      RUN busybox wget -q -O /again \(server.origin)/new; busybox wget -O /missing \(server.origin)/missing || echo no > /no
      RUN --network=none echo "$http_proxy" > /none
      """ + "\n")
    let recorded = try await fixture.run(["build", "app", "--record", "-q"], as: means)
    #expect(recorded.status == 0, "\(recorded)")
    #expect(server.requests.map(\.target).sorted() == ["/list", "/missing", "/new", "/old"])
    let requests = try requests(fixture)
    #expect(requests.compactMap { $0["status"]?.integer } == [404, 200, 200, 200, 302])
    #expect(requests.allSatisfy { ($0["status"]?.integer == 200) == ($0["sha256"] != nil) })
    #expect(!(try Files.text(fixture.work + "/app/Dockerfile.lock").contains("Set-Cookie")))
    // Known by what was recorded: nothing has to be done.
    let known = try await fixture.run(["build", "app", "--format", "json"], as: means)
    #expect(
      try JSONValue(parsing: known.output)["steps"]?.array?.filter { $0["cached"]?.bool == true }.count == 4, "\(known)"
    )
    server.stop()
    let replayed = try await fixture.run(["build", "app", "--no-cache", "-q"], as: means)
    #expect(replayed == recorded)
    let twice = try await fixture.run(
      ["build", "app", "--reproduce", "--quiet", "-o", "type=local,dest=out"], as: means)
    #expect(
      twice.status == 0 && twice.output.hasPrefix(recorded.output + "built twice, the same to the byte"), "\(twice)")
    #expect(try Files.read(fixture.work + "/out/new") == body)
    #expect(try Files.text(fixture.work + "/out/list") == "a list")
    #expect(try Files.text(fixture.work + "/out/no") == "no\n")
    #expect(try Files.text(fixture.work + "/out/none") == "\n")
    // Nothing of the proxy is in the image, nor the record itself.
    #expect(!Files.exists(fixture.work + "/out/run"))
    #expect(try fixture.mounts() == [])
    #expect(try Files.list(fixture.cache + "/work").isEmpty)
  }

  @Test func `TLS is ended at the proxy, and every usual client trusts it`() async throws {
    let server = HTTPTestServer { .text("secure \($0.target)") }
    defer { server.stop() }
    let directory = try TemporaryDirectory()
    let proxy = try await InterceptingProxy(host: "index.example.org", before: server, in: directory.path)
    let fixture = try await fixture(
      """
      RUN curl -sSf -o /a 'https://user:word@index.example.org/a?token=t0ken&x=1' && curl -sSfI https://index.example.org/b > /b
      RUN curl -sSfL --proto-default https -o /c index.example.org:443/c && test -s "$PIP_CERT" && test -s "$APT_CONFIG"
      """ + "\n", curl: true)
    let upstream = ["env", "https_proxy=\(proxy.address)", "CURL_CA_BUNDLE=\(proxy.certificateAuthority)"]
    let recorded = try await fixture.run(["build", "app", "--record", "-q"], under: upstream)
    #expect(recorded.status == 0, "\(recorded)")
    proxy.stop()
    let replayed = try await fixture.run("build", "app", "--no-cache", "-q", "-o", "type=local,dest=out")
    #expect(replayed == recorded)
    #expect(try Files.text(fixture.work + "/out/a") == "secure /a?token=t0ken&x=1")
    #expect(try Files.text(fixture.work + "/out/c") == "secure /c")
    let requests = try requests(fixture)
    let urls = requests.compactMap { $0["url"]?.string }.sorted()
    let host = "https://index.example.org"
    #expect(
      urls == ["\(host)/a?x=1", "\(host)/b", "\(host)/c"] || urls == ["\(host)/a?x=1", "\(host)/b", "\(host):443/c"])
    #expect(requests.first?["authorized"]?.bool == true)
    let text = requests.map { $0.text() }.joined()
    for secret in ["t0ken", "word", "dXNlcjp3b3Jk"] { #expect(!text.contains(secret)) }
  }

  // MARK: What is refused

  @Test func `a body that changed is refused with its address and both digests`() async throws {
    let answers = Mutex("one")
    let server = HTTPTestServer { _ in .text(answers.withLock { $0 }) }
    defer { server.stop() }
    let fixture = try await fixture("RUN busybox wget -q -O /f \(server.origin)/f || true\n")
    try #require(try await fixture.run("build", "app", "--record").status == 0)
    let lock = try Files.text(fixture.work + "/app/Dockerfile.lock")
    let hex = try #require(try requests(fixture).first?["sha256"]?.string)
    let blob = "\(fixture.cache)/store/blobs/sha256/\(hex)"
    // Gone, and fetched again.
    try Files.remove(blob)
    let again = try await fixture.run("build", "app", "--no-cache", "-q")
    #expect(again.status == 0, "\(again)")
    // Gone, and another one by now, of the same length and of another.
    for (text, found) in [
      ("two", "is sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"),
      ("longer", "has another length"), ("", "has another length"),
    ] {
      answers.withLock { $0 = text }
      try Files.remove(blob)
      #expect(
        try await fixture.run("build", "app", "--no-cache")
          == .init(
            3,
            errors: """
              error: app/Dockerfile:3:1: \(server.origin)/f was recorded as sha256:\(hex), but \(found) now
              hint: nothing of it was used; --record takes it as it is now

              """))
      try Files.write("one", to: blob)
    }
    // Gone, and nobody has it.
    try Files.remove(blob)
    server.stop()
    let gone = try await fixture.run("build", "app", "--no-cache")
    #expect(gone.status == 3)
    #expect(gone.errors.contains("Dockerfile:3:1: what was recorded of \(server.origin)/f is not in the store: "))
    #expect(try Files.text(fixture.work + "/app/Dockerfile.lock") == lock)
  }

  @Test func `an address that was not recorded is named`() async throws {
    let server = HTTPTestServer { .text($0.target) }
    defer { server.stop() }
    let fixture = try await fixture(
      "ARG F=f\nRUN busybox wget -q -O /f \(server.origin)/$F?password=p\nRUN echo x > /x\n")
    try #require(try await fixture.run("build", "app", "--record").status == 0)
    let count = server.requests.count
    let other = try await fixture.run("build", "app", "--build-arg", "F=g")
    #expect(other.status == 2)
    #expect(other.errors.contains("error: app/Dockerfile:4:1: process \"/bin/sh -c busybox wget"))
    #expect(other.errors.contains("\nnot answered: GET \(server.origin)/g: not recorded; build again with --record\n"))
    #expect(server.requests.count == count)
    // What is not recorded at all has no network, and is told how to get it.
    try Files.remove(fixture.work + "/app/Dockerfile.lock")
    let none = try await fixture.run("build", "app", "--no-cache")
    #expect(none.status == 2)
    #expect(none.errors.contains("hint: commands have no network here; --record lets them read"))
  }

  /// A command that asks for what can't be recorded, and what is said of it.
  static let refused: [(command: String, told: String)] = [
    ("curl -sSf -d x ORIGIN/f", "POST ORIGIN/f: only GET and HEAD can be recorded"),
    ("curl -sSf -T /bin/sh ORIGIN/f", "PUT ORIGIN/f: only GET and HEAD can be recorded"),
    ("curl -sSf -X GET -d x ORIGIN/f", "GET ORIGIN/f: only GET and HEAD can be recorded"),
    ("curl -sSf -x $http_proxy ftp://127.0.0.1/f", "GET ftp://127.0.0.1/f: a proxy needs an absolute address of http"),
    ("curl -sSf --noproxy '' --proxy '' http://127.0.0.1:3128/f", "GET /f: a proxy needs an absolute address"),
    (
      "printf 'CONNECT /x HTTP/1.1\\r\\n\\r\\n' | busybox nc 127.0.0.1 3128; false", "CONNECT /x: the target is no host"
    ),
    (
      "curl -sSf --cacert /bin/sh https://127.0.0.1:9/f",
      "https://127.0.0.1:9: the command did not accept the certificate"
    ),
  ]

  @Test(arguments: refused) func `what only a server sees is refused with the reason`(
    _ command: String, _ told: String
  ) async throws {
    let server = HTTPTestServer { .text($0.target) }
    defer { server.stop() }
    let fixture = try await fixture("RUN \(command.replacing("ORIGIN", with: server.origin))\n", curl: true)
    let outcome = try await fixture.run("build", "app", "--record")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("\nnot answered: \(told.replacing("ORIGIN", with: server.origin))"), "\(outcome)")
    #expect(server.requests.isEmpty)
    #expect(!Files.exists(fixture.work + "/app/Dockerfile.lock"))
  }

  /// What a server does wrong.
  static let faults: [HTTPTestServer.Fault] = [
    .silent, .truncated(after: 1000), .reset(after: 1000), .declaredLength(20_000), .unfinishedChunks,
  ]

  @Test(arguments: faults.indices) func `a command sees that an answer broke, and its next attempt is recorded`(
    _ number: Int
  ) async throws {
    let body = [UInt8](repeating: 7, count: 10_000)
    let server = HTTPTestServer { .init(body: body, fault: $0.earlier == 0 ? Self.faults[number] : .none) }
    defer { server.stop() }
    let fixture = try await fixture(
      "RUN curl -sSf -o /f \(server.origin)/f && exit 9; curl -sSf -o /f \(server.origin)/f\n", curl: true)
    let outcome = try await fixture.run("build", "app", "--record", "-o", "type=local,dest=out")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try Files.read(fixture.work + "/out/f") == body)
    #expect(try requests(fixture).compactMap { $0["size"]?.integer } == [10_000])
  }

  @Test func `an answer that may be better a moment later gives way to a better one`() async throws {
    let server = HTTPTestServer { .init($0.earlier < 2 ? 503 : 200, body: Array("text".utf8)) }
    let fixture = try await fixture(
      "RUN until busybox wget -q -O /f \(server.origin)/f; do echo again >> /n; busybox test $(busybox wc -l < /n) -lt 9; done\n"
    )
    let recorded = try await fixture.run("build", "app", "--record", "-q")
    #expect(recorded.status == 0, "\(recorded)")
    server.stop()
    #expect(try requests(fixture).compactMap { $0["status"]?.integer } == [200])
  }

  @Test func `a build that is killed while it records leaves nothing, and the next one records`() async throws {
    let server = HTTPTestServer {
      .init(body: [1, 2, 3, 4], fault: $0.earlier == 0 ? .stalled(after: 2) : .none)
    }
    defer { server.stop() }
    let fixture = try await fixture("RUN busybox wget -q -O /f \(server.origin)/f\n")
    _ = try await fixture.runKilled(["build", "app", "--record"]) { !server.requests.isEmpty }
    #expect(try fixture.mounts() == [])
    #expect(!Files.exists(fixture.work + "/app/Dockerfile.lock"))
    let next = try await fixture.run("build", "app", "--record", "-q")
    #expect(next.status == 0, "\(next)")
    #expect(try requests(fixture).compactMap { $0["size"]?.integer } == [4])
    #expect(try Files.list(fixture.cache + "/work").isEmpty)
    #expect(try Files.list(fixture.cache + "/store/ingest").isEmpty)
  }

  /// What ends a build, and who builds.
  static let interrupts: [(signal: Int32, means: OrdinaryUser.Means?)] = [
    (SIGINT, nil), (SIGTERM, nil), (SIGHUP, nil), (SIGINT, .subordinates), (SIGTERM, .alone),
  ]

  @Test(arguments: interrupts) func `a build that is interrupted while it records cleans up, and ends by the signal`(
    _ signal: Int32, _ means: OrdinaryUser.Means?
  ) async throws {
    let server = HTTPTestServer {
      .init(body: [1, 2, 3, 4], fault: $0.earlier == 0 ? .stalled(after: 2) : .none)
    }
    defer { server.stop() }
    let fixture = try await fixture("RUN busybox wget -q -O /f \(server.origin)/f; busybox sleep 3600\n")
    let outcome = try await fixture.runKilled(["build", "app", "--record"], by: signal, as: means) {
      !server.requests.isEmpty
    }
    #expect(outcome == .init(128 + signal))
    #expect(try fixture.mounts() == [])
    #expect(!Files.exists(fixture.work + "/app/Dockerfile.lock"))
    for folder in [fixture.cache + "/work", fixture.cache + "/store/ingest", fixture.temporary] {
      #expect(try Files.list(folder) == [], "\(folder)")
    }
  }

  @Test func `an address has one answer for a whole build`() async throws {
    let server = HTTPTestServer { .text("answer \($0.earlier)") }
    defer { server.stop() }
    let get = "busybox wget -q -O - \(server.origin)/f"
    let fixture = try await fixture("RUN \(get) > /a & \(get) > /b; wait\nRUN \(get) > /c\n")
    let recorded = try await fixture.run("build", "app", "--record", "-o", "type=local,dest=out")
    #expect(recorded.status == 0, "\(recorded)")
    for name in ["a", "b", "c"] { #expect(try Files.text("\(fixture.work)/out/\(name)") == "answer 0") }
    #expect(server.requests.count == 1)
  }

  @Test func `the record has no part in the image, and two ways to the network exclude each other`() async throws {
    let server = HTTPTestServer { .text($0.target) }
    defer { server.stop() }
    let fixture = try await fixture("COPY . /all\nRUN busybox wget -q -O /f \(server.origin)/f\n")
    let recorded = try await fixture.run("build", "app", "--record", "-q", "-o", "type=local,dest=out")
    #expect(recorded.status == 0, "\(recorded)")
    #expect(Files.exists(fixture.work + "/out/all/Dockerfile"))
    #expect(!Files.exists(fixture.work + "/out/all/Dockerfile.lock"))
    #expect(try await fixture.run("build", "app", "--no-cache", "-q") == recorded)
    #expect(
      try await fixture.run("build", "app", "--record", "--allow-network")
        == .init(
          2,
          errors: """
            error: --record and --allow-network exclude each other
            hint: what goes by the host's network can't be recorded

            """))
    try Files.write("{}", to: fixture.work + "/app/Dockerfile.lock")
    #expect(
      try await fixture.run("build", "app")
        == .init(
          2,
          errors: """
            error: app/Dockerfile.lock: expected "version": "1"; this file is no record of Drydock's, or a newer one's
            hint: build with --record to write it anew, after it has been removed

            """))
  }
}
