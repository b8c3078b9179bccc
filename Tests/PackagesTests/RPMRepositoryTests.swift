import HTTP
import Host
import Layers
import OCI
import TestSupport
import Testing
import Trust

@testable import Packages

/// The client against a repository made by rpmbuild and createrepo_c, beside dnf.
@Suite(.serialized) struct `RPM repositories` {
  static let request = RPMRepositories.Request(release: "2023.1", architecture: "x86_64")

  static let requests: [[String]] = [
    ["app", "extra"], ["site", "chooser", "both"], ["wants-replaced"], ["lang-en-1:3~rc1-1.noarch", "webserver"],
    ["/usr/share/extra/thing"], ["broken"], ["clash"], ["app-old", "core"], ["core >= 2"],
  ]

  @Test func `dnf chooses the same packages`() async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    try await fixture.with { repositories, _ in
      for request in Self.requests {
        let theirs = try await Self.dnf(request, fixture)
        var ours: [String]?
        do throws(RPMError) {
          ours = try await repositories.resolve(request, from: Self.request).pins.map { "\($0.name) \($0.version)" }
        } catch { #expect(error.fault == .usage, "\(request): \(error)") }
        #expect(ours == theirs, "\(request)")
      }
    }
  }

  /// What dnf would install, as `name version` in the order of names; nil when it refuses.
  static func dnf(_ request: [String], _ fixture: RPMRepositoryFixture) async throws -> [String]? {
    let work = fixture.directory.path + "/dnf"
    try Files.createDirectory(work + "/log")
    let options = ["reposdir=\(work)/none", "cachedir=\(work)/cache", "logdir=\(work)/log", "install_weak_deps=False"]
    let result = try await Subprocess(
      "dnf",
      options.map { "--setopt=\($0)" } + [
        "--disablerepo=*", "--repofrompath=main,file://\(fixture.root)", "--installroot=\(work)/root", "--releasever=1",
        "--nogpgcheck", "--assumeno", "install",
      ] + request
    ).run()
    let words = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let found = words.filter { $0.count > 4 && ["noarch", "x86_64"].contains($0[1]) }.map { "\($0[0]) \($0[2])" }
    return found.isEmpty ? nil : found.sorted()
  }

  @Test func `every form of the indexes is read, and the lock has the chain`() async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    try await Self.check(fixture)
    for option in ["--general-compress-type=xz", "--general-compress-type=bz2", "--zck", "--no-database"] {
      try await fixture.run("createrepo_c", "-q", option, fixture.root)
      try await Self.check(fixture)
    }
  }

  static func check(_ fixture: RPMRepositoryFixture) async throws {
    try await fixture.with { repositories, server in
      let (pins, evidence) = try await repositories.resolve(["app"], from: Self.request)
      #expect(pins.map(\.name) == ["app", "core", "data", "liba", "plugin"])
      #expect(pins[0].dependencies == ["data", "liba", "plugin"])
      #expect(evidence.map(\.repository) == ["main-repo"])
      // The owner of a plain file is known by the larger index only.
      #expect(evidence[0].indexes.map { $0.path.contains("filelists") } == [false, true])
      let paths = try await repositories.fetch(pins, from: Self.request)
      #expect(try paths.map { try FileStatus(of: $0).size } == pins.map(\.size))
      // The second time all but the index of indexes comes from the cache.
      let before = server.requests.count
      _ = try await repositories.resolve(["app"], from: Self.request)
      _ = try await repositories.fetch(pins, from: Self.request)
      #expect(server.requests.dropFirst(before).map(\.target) == ["/2023.1/x86_64/repodata/repomd.xml"])
    }
  }

  @Test func `what a mirror changed, cut off or lost is refused and not kept`() async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    let names = try Files.list(fixture.root + "/repodata")
    let primary = try #require(names.first { $0.hasSuffix("primary.xml.gz") })
    let core = "noarch/core-1-1.noarch.rpm"
    func failure(_ replacing: [String: HTTPTestServer.Answer]) async throws -> RPMError? {
      try await fixture.with(replacing: replacing) { repositories, _ in
        do throws(RPMError) {
          let pins = try await repositories.resolve(["core"], from: Self.request).pins
          _ = try await repositories.fetch(pins, from: Self.request)
          return nil
        } catch {
          let kept = try Self.files(below: repositories.cache)
          // What was whole and right before may stay; nothing of the faulty file does, under no name.
          #expect(kept.allSatisfy { $0.hasSuffix(".part") || !$0.contains("core") })
          for path in kept where !path.hasSuffix(".part") {
            let digest = try SHA256Text.of(path)
            #expect(digest == Path.name(path))
          }
          return error
        }
      }
    }
    #expect(try await failure([:]) == nil)
    var bytes = try Files.read("\(fixture.root)/repodata/\(primary)")
    bytes[bytes.count / 2] ^= 1
    guard case .wrongContent = try await failure([primary: .init(body: bytes)]) else {
      Issue.record("a changed index")
      return
    }
    let whole = try Files.read("\(fixture.root)/repodata/\(primary)")
    guard case .unreachable = try await failure([primary: .init(body: whole, fault: .truncated(after: 100))]) else {
      Issue.record("a truncated index")
      return
    }
    let short = try await failure([primary: .init(body: Array(whole.prefix(100)))])
    #expect(short?.fault == .network)
    var rpm = try Files.read("\(fixture.root)/\(core)")
    rpm[rpm.count - 1] ^= 1
    guard case .wrongContent(let what, _) = try await failure([core: .init(body: rpm)]) else {
      Issue.record("a changed package")
      return
    }
    #expect(what == "core-1-1.noarch")
    #expect(
      try await failure([core: .init(404)]) == .vanished("core-1-1.noarch", location: core))
    let cut = try Files.read("\(fixture.root)/repodata/repomd.xml").prefix(200)
    #expect(try await failure(["repomd.xml": .init(body: Array(cut))])?.description.contains("too early") == true)
  }

  @Test func `mirrors come from a list or a metalink, and the next one helps out`() async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    let digest = try SHA256Text.of(fixture.root + "/repodata/repomd.xml")
    func resolve(_ line: String, _ list: @escaping (String) -> String) async throws -> String {
      try await HTTPTestServer.with({ _ in .init(404) }) { dead in
        try await fixture.with { _, server in
          let text = list("\(dead.origin)/gone/|\(server.origin)/2023.1/x86_64/")
          return try await HTTPTestServer.with({ _ in .text(text) }) { lists in
            let machine = try TemporaryDirectory()
            defer { machine.remove() }
            try Files.createDirectory(machine.path + "/etc/yum.repos.d")
            try Files.write(
              "[m]\n\(line)=\(lists.origin)/$basearch/list\n", to: machine.path + "/etc/yum.repos.d/m.repo")
            let repositories = RPMRepositories(
              configuration: try RPMConfiguration(root: machine.path),
              client: HTTPClient(configuration: HTTPConfiguration()),
              cache: machine.path + "/cache")
            do throws(RPMError) {
              return try await repositories.resolve(["core"], from: Self.request).pins.map(\.description).joined()
            } catch { return error.description }
          }
        }
      }
    }
    let mirrors = try await resolve("mirrorlist") { $0.split(separator: "|").joined(separator: "\n") }
    #expect(mirrors == "core-1-1.noarch")
    func metalink(_ digest: String) -> (String) -> String {
      { roots in
        let urls = roots.split(separator: "|").enumerated().map {
          "<url protocol='http' preference='\(100 - $0.offset)'>\($0.element)repodata/repomd.xml</url>"
        }
        return """
          <metalink xmlns='http://www.metalinker.org/'><files><file name='repomd.xml'>
          <verification><hash type='sha256'>\(digest)</hash></verification>
          <resources>\(urls.joined())</resources></file></files></metalink>
          """
      }
    }
    #expect(try await resolve("metalink", metalink(digest)) == "core-1-1.noarch")
    let other = String(repeating: "0", count: 64)
    #expect(try await resolve("metalink", metalink(other)).contains("served something else"))
  }

  @Test func `variables are replaced as yum does`() throws {
    let machine = try TemporaryDirectory()
    defer { machine.remove() }
    try Files.createDirectory(machine.path + "/etc/dnf/vars")
    try Files.write("cn-north-1\n", to: machine.path + "/etc/dnf/vars/awsregion")
    let configuration = try RPMConfiguration(root: machine.path)
    #expect(
      configuration.replacing(
        in: "https://$amazonlinux.$awsregion.x/$releasever/${basearch}/$target/$nobody/$", release: "2023.1",
        architecture: "aarch64") == "https://amazonlinux.cn-north-1.x/2023.1/aarch64/latest/$nobody/$")
  }

  @Test func `repositories are those of the configuration`() throws {
    let machine = try TemporaryDirectory()
    defer { machine.remove() }
    try Files.createDirectory(machine.path + "/etc/yum.repos.d")
    try Files.write(
      """
      # a note
      [one]
      baseurl = http://a.example.org/
        http://b.example.org/
      gpgcheck = yes
      [two]
      enabled=0
      mirrorlist=http://c.example.org/
      [amzn2extra-corretto8]
      enabled=0
      priority = 10
      """, to: machine.path + "/etc/yum.repos.d/a.repo")
    let configuration = try RPMConfiguration(root: machine.path)
    #expect(try configuration.chosen([], extras: []).map(\.name) == ["one"])
    #expect(try configuration.chosen([], extras: ["corretto8"]).map(\.name) == ["one", "amzn2extra-corretto8"])
    #expect(try configuration.chosen(["two"], extras: []).map(\.name) == ["two"])
    #expect(configuration.repositories[0].baseURLs == ["http://a.example.org/", "http://b.example.org/"])
    #expect(configuration.repositories[2].priority == 10)
    #expect(throws: RPMError.noRepository(["three"])) { try configuration.chosen(["three"], extras: []) }
  }

  static func files(below folder: String) throws -> [String] {
    guard Files.isDirectory(folder) else { return [] }
    return try Files.list(folder).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      return Files.isDirectory(path) ? try files(below: path) : [path]
    }
  }
}

/// The digest of a file as text.
enum SHA256Text {
  static func of(_ path: String) throws -> String { try SHA256.digest(ofFile: path).digest.hex }
}
