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
  private static let request = RPMRepositories.Request(release: "2023.1", architecture: "x86_64")

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
  private static func dnf(_ request: [String], _ fixture: RPMRepositoryFixture) async throws -> [String]? {
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

  private static func check(_ fixture: RPMRepositoryFixture) async throws {
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

  @Test func `a signed index counts, an unsigned or a changed one does not`() async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    try await fixture.sign()
    let options = "repo_gpgcheck=1\ngpgkey=file:///etc/pki/key.asc"
    try await fixture.with(options: options) { repositories, _ in
      let evidence = try await repositories.resolve(["core"], from: Self.request).evidence
      #expect(evidence[0].signers.count == 1)
    }
    func failure(_ replacing: [String: HTTPTestServer.Answer]) async throws -> String {
      try await fixture.with(options: options, replacing: replacing) { repositories, _ in
        do throws(RPMError) {
          _ = try await repositories.resolve(["core"], from: Self.request)
          return "accepted"
        } catch {
          #expect(error.fault == .network)
          let kept = try Self.files(below: repositories.cache)
          #expect(kept.isEmpty)
          return error.description
        }
      }
    }
    #expect(try await failure(["repomd.xml.asc": .init(404)]).contains("answered with status 404"))
    let changed = try Files.read(fixture.root + "/repodata/repomd.xml") + [0x0A]
    #expect(try await failure(["repomd.xml": .init(body: changed)]).contains("does not match the content"))
    try await fixture.sign(user: "Stranger")
    #expect(try await failure([:]).contains("no trusted key made its signatures"))
  }

  @Test(arguments: ["rsa2048", "ed25519"]) func `a package counts if a trusted key signed its header`(
    _ algorithm: String
  ) async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    let options = "gpgcheck=1\ngpgkey=file:///etc/pki/key.asc"
    func outcome() async throws -> RPMError? {
      try await fixture.with(options: options) { repositories, _ in
        do throws(RPMError) {
          let pins = try await repositories.resolve(["core"], from: Self.request).pins
          let paths = try await repositories.fetch(pins, from: Self.request)
          #expect(paths.allSatisfy { Files.isFile($0) })
          return nil
        } catch {
          #expect(error.fault == .network)
          // Neither the package nor what the verifier was given is left; the index is good and stays.
          let kept = try Self.files(below: repositories.cache)
          #expect(kept.allSatisfy { (try? RPMArchive(path: $0)) == nil && !$0.contains("temporary") })
          return error
        }
      }
    }
    try Files.createDirectory(Path.parent(fixture.keyPath) ?? "")
    try Files.write("", to: fixture.keyPath)
    #expect(
      try await outcome() == .packageSignature("core-1-1.noarch", reason: "its header has no signature"))
    try await fixture.signPackages(algorithm: algorithm)
    #expect(try await outcome() == nil)
    // A header with one bit changed, whose own digests were made to fit: only the signature knows.
    let path = fixture.root + "/noarch/core-1-1.noarch.rpm"
    let good = try Files.read(path)
    try Files.write(try Self.forged(good, path), to: path)
    try await fixture.index()
    let forged = try await outcome()
    #expect(forged?.description.contains("is not trusted") == true, "\(String(describing: forged))")
    // rpm 6 has signatures in base64, of which one by a trusted key will do.
    try Files.write(try await Self.modern(good, path), to: path)
    try await fixture.index()
    #expect(try await outcome() == nil)
    try Files.write(good, to: path)
    try await fixture.signPackages(algorithm: algorithm, user: "Stranger", trusting: false)
    let strange = try await outcome()
    #expect(strange?.description.contains("no trusted key made its signatures") == true)
  }

  /// A package whose signature header is one of rpm 6: a signature by nobody, and the one that it had.
  private static func modern(_ bytes: [UInt8], _ path: String) async throws -> [UInt8] {
    try Files.write(bytes, to: path)
    let archive = try RPMArchive(path: path)
    let signature = try #require(
      archive.signatures.binary(.rsaSignature) ?? archive.signatures.binary(.dsaSignature))
    var damaged = signature
    damaged[damaged.count - 1] ^= 1
    var texts: [UInt8] = []
    for packet in [damaged, signature] {
      try Files.write(packet, to: path + ".packet")
      texts += Array(try await MadeUpRPM.run("base64", ["-w0", path + ".packet"]).utf8) + [0]
    }
    try Files.remove(path + ".packet")
    func big(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    let digest = Array(try #require(archive.signatures.string(.sha256)).utf8) + [0]
    // Two entries: texts, of which there are two, and a text (rpm's "Package Format", "Header Format").
    var header: [UInt8] = [0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0] + big(2) + big(texts.count + digest.count)
    header += big(278) + big(8) + big(0) + big(2) + big(273) + big(6) + big(texts.count) + big(1) + texts + digest
    while header.count % 8 != 0 { header.append(0) }
    return bytes[..<96] + header + bytes[archive.signedRange.lowerBound...]
  }

  static let distributions: [(release: String, repository: String, name: String)] = [
    ("1.amzn2023.0.2", "x", "amzn"), ("3.amzn2", "amzn2-core", "amzn"), ("1", "amzn2extra-corretto8", "amzn"),
    ("1", "amazonlinux", "amzn"), ("4.fc41", "fedora", "fedora"), ("7.el9", "rhel-9-for-x86_64-baseos-rpms", "rhel"),
    ("7.el9_4.1", "ubi-9-baseos-rpms", "rhel"), ("7.el9", "rocky-baseos", "rocky"),
    ("7.module+el8.6.0+1", "almalinux8-baseos", "almalinux"), ("7.el8.centos", "baseos", "centos"),
    ("2.el8", "ol8_baseos_latest", "ol"), ("2.el9", "epel", "fedora"), ("5.azl3", "azurelinux", "azurelinux"),
    ("1", "made-up", ""), ("1.elephant", "x", ""), ("1.fcx", "x", ""),
  ]

  @Test(arguments: distributions) func `a package's distribution is told by its release, else by its repository`(
    release: String, repository: String, name: String
  ) {
    #expect(RPMDistribution.name(release: release, repository: repository) == name)
  }

  /// A package with another summary and the right digests of its header, under the signature of before.
  private static func forged(_ bytes: [UInt8], _ path: String) throws -> [UInt8] {
    let archive = try RPMArchive(path: path)
    var forged = bytes
    let range = archive.signedRange
    let summary = try #require(archive.header.raw(.init(rawValue: 1004)))
    #expect(summary.bytes == Array("x\0".utf8))
    let header = Array(bytes[range])
    let pattern = summary.bytes + summary.bytes  // The description is the same text and follows.
    let place = try #require((0..<header.count - 4).first { Array(header[$0..<$0 + 4]) == pattern })
    forged[range.lowerBound + place] = UInt8(ascii: "y")
    let signed = Array(forged[range])
    let digests: [(String, String)] = [
      (archive.signatures.string(.sha256) ?? "", SHA256.digest(of: signed).hex),
      (
        archive.signatures.string(.sha1) ?? "",
        LegacyDigest.sha1(of: signed).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      ),
    ]
    for (old, new) in digests where !old.isEmpty {
      let old = Array(old.utf8)
      let place = try #require((0..<range.lowerBound).first { forged[$0...].starts(with: old) })
      forged.replaceSubrange(place..<place + old.count, with: Array(new.utf8))
    }
    return forged
  }

  static let databases: [[String]] = [
    ["--database"], ["--database", "--general-compress-type=xz"], ["--database", "--general-compress-type=gz"],
  ]

  @Test(arguments: databases) func `a repository whose indexes are databases alone says the same`(
    _ options: [String]
  ) async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    var expected: [[String]] = []
    for request in Self.requests { expected.append(try await Self.outcome(request, fixture)) }
    try await fixture.run("createrepo_c", ["-q"] + options + [fixture.root])
    for name in ["primary", "filelists", "other"] {
      try await fixture.run("modifyrepo_c", ["--remove", name, fixture.root + "/repodata"])
    }
    let index = String(decoding: try Files.read(fixture.root + "/repodata/repomd.xml"), as: UTF8.self)
    #expect(!index.contains("\"primary\"") && index.contains("\"primary_db\""))
    for (number, request) in Self.requests.enumerated() {
      #expect(try await Self.outcome(request, fixture) == expected[number], "\(request)")
    }
  }

  private static func outcome(_ request: [String], _ fixture: RPMRepositoryFixture) async throws -> [String] {
    try await fixture.with { repositories, _ in
      do throws(RPMError) {
        return try await repositories.resolve(request, from: Self.request).pins.map {
          "\($0) \($0.version) \($0.location) \($0.size) \($0.digest) \($0.dependencies)"
        }
      } catch { return [error.description] }
    }
  }

  static let hostile: [(sql: String, reason: String)] = [
    ("UPDATE db_info SET dbversion = 9", "another version than 10"), ("DROP TABLE requires", "no such table: requires"),
    ("UPDATE packages SET location_href = '../x.rpm'", "no path inside the repository"),
    ("UPDATE packages SET checksum_type = 'md5'", "no sha256 but 'md5'"),
    ("UPDATE packages SET name = 'a/b'", "no package's name"),
    (
      "ALTER TABLE packages RENAME TO p; CREATE VIEW packages AS SELECT * FROM p", "access to view"
    ),
  ]

  @Test(arguments: hostile) func `a database that is not what it should be is refused`(
    _ sql: String, _ reason: String
  ) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let path = directory.path + "/primary.sqlite"
    let relations = ["provides", "requires", "conflicts", "obsoletes"].map {
      "CREATE TABLE \($0) (name TEXT, flags TEXT, epoch TEXT, version TEXT, release TEXT, pkgKey INTEGER);"
    }
    let schema = """
      CREATE TABLE db_info (dbversion INTEGER, checksum TEXT); INSERT INTO db_info VALUES (10, '');
      CREATE TABLE packages (pkgKey INTEGER PRIMARY KEY, pkgId TEXT, name TEXT, arch TEXT, version TEXT, epoch TEXT,
        release TEXT, size_package INTEGER, location_href TEXT, checksum_type TEXT, time_build INTEGER);
      INSERT INTO packages VALUES (1, '\(String(repeating: "a", count: 64))', 'n', 'noarch', '1', '0', '1', 5, 'n.rpm', 'sha256', 7);
      CREATE TABLE files (name TEXT, type TEXT, pkgKey INTEGER); \(relations.joined())
      """
    func run(_ sql: String) async throws {
      let result = try await Subprocess("sqlite3", [path, sql]).run()
      try #require(result.status == 0, "\(result.errorText)")
    }
    try await run(schema)
    #expect(try PrimaryDatabase.packages(path: path, place: "p").map(\.description) == ["n-1-1.noarch"])
    try await run(sql)
    do throws(RPMError) {
      _ = try PrimaryDatabase.packages(path: path, place: "p")
      Issue.record("accepted")
    } catch { #expect(error.description.contains(reason), "\(error)") }
  }

  @Test func `a database with any byte changed or any end cut off is read or refused, and no more`() async throws {
    let fixture = try await RPMRepositoryFixture.make()
    defer { fixture.directory.remove() }
    try await fixture.run("createrepo_c", "-q", "--database", fixture.root)
    let packed = try #require(try Files.list(fixture.root + "/repodata").first { $0.hasSuffix("primary.sqlite.bz2") })
    let bytes = try DecompressedSource(FileSource(path: "\(fixture.root)/repodata/\(packed)")).readAll(limit: 1 << 24)
    let path = fixture.directory.path + "/primary.sqlite"
    var random = SplitMix(seed: 7)
    for round in 0..<400 {
      var changed = bytes
      if round % 4 == 0 {
        changed.removeLast(Int(random.next() % UInt64(bytes.count)))
      } else {
        for _ in 0..<(round % 7 + 1) { changed[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() & 0xFF) }
      }
      try Files.write(changed, to: path)
      _ = try? PrimaryDatabase.packages(path: path, place: "p")
      _ = try? PrimaryDatabase.owners(of: ["/a/b"], path: path, place: "p")
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

  private static func files(below folder: String) throws -> [String] {
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

/// Steele, Lea and Flood's generator, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
