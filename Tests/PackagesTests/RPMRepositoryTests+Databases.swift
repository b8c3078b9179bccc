import HTTP
import Host
import Layers
import OCI
import TestSupport
import Testing
import Trust
@testable import Packages

extension `RPM repositories` {
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

  static func outcome(_ request: [String], _ fixture: RPMRepositoryFixture) async throws -> [String] {
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
}
