import HTTP
import Host
import OCI
import TestSupport
import Testing
import Versions

@testable import Packages

/// The client against a made-up archive on loopback.
@Suite(.serialized) struct DebianArchiveTests {
  private typealias Fixture = DebianArchiveFixture

  private static func failure(
    files: [String: [UInt8]] = Fixture.files, suite: String = "trial", key: String = Fixture.key, options: String = "",
    now: Int = Fixture.now
  ) async throws -> DebianError? {
    try await Fixture.with(files: files, suites: suite, key: key, options: options, now: now) { archive, _, _ in
      do throws(DebianError) {
        _ = try await archive.universe(suites: [suite], architecture: "amd64")
        return nil
      } catch { return error }
    }
  }

  private static func replacing(_ old: String, _ new: String) -> [String: [UInt8]] {
    var files = Fixture.files
    let parts = Fixture.release.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    files["/debian/dists/trial/InRelease"] = Array((parts.joined(separator: new) + "\n").utf8)
    return files
  }

  @Test func `a signed suite gives packages and the chain of digests to them`() async throws {
    try await Fixture.with { archive, server, _ in
      let universe = try await archive.universe(suites: ["trial"], architecture: "amd64")
      let evidence = try #require(universe.evidence.first)
      #expect(evidence.signers == [Fixture.fingerprint])
      #expect(evidence.codename == "trial")
      #expect(Clock.rfc3339(evidence.date) == "2024-01-01T00:00:00Z")
      #expect(evidence.indexes.map(\.path) == ["main/binary-amd64/Packages.xz"])
      let pins = try DebianResolver(universe).resolve(["tool"])
      #expect(pins.map(\.name) == ["base", "tool"])
      #expect(pins[1].dependencies == ["base"])
      #expect(pins[1].packageURL.description == "pkg:deb/debian/tool@2:3.1~rc1%2Bdfsg-1?arch=all")
      let paths = try await archive.fetch([pins[1]])
      #expect(try Files.read(paths[0]) == Fixture.tool)
      // The second time the index and the package come from the cache.
      let before = server.requests.count
      _ = try await archive.universe(suites: ["trial"], architecture: "amd64")
      _ = try await archive.fetch([pins[1]])
      #expect(server.requests.dropFirst(before).map(\.target) == ["/debian/dists/trial/InRelease"])
    }
  }

  @Test func `a suite is found by its other name too`() async throws {
    var files = Fixture.files
    for (path, bytes) in Fixture.files { files[path.split(separator: "trial").joined(separator: "stable")] = bytes }
    #expect(try await Self.failure(files: files, suite: "stable") == nil)
  }

  @Test func `a suite that passes another off for it is refused`() async throws {
    var files: [String: [UInt8]] = [:]
    for (path, bytes) in Fixture.files { files[path.split(separator: "trial").joined(separator: "newer")] = bytes }
    #expect(try await Self.failure(files: files, suite: "newer") == .wrongSuite(asked: "newer", found: "trial"))
  }

  @Test func `a changed line breaks the signature`() async throws {
    let error = try await Self.failure(files: Self.replacing("Codename: trial", "Codename: other"))
    #expect(error?.description.contains("does not match the content") == true)
  }

  @Test func `a line outside of the signed text does not count`() async throws {
    let error = try await Self.failure(
      files: Self.replacing("-----BEGIN PGP SIGNED MESSAGE-----", "Codename: x\n-----BEGIN PGP SIGNED MESSAGE-----"))
    guard case .signature = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    // After the signature gpgv reads no further, and what it verified is all that is looked at.
    let after = try await Self.failure(
      files: Self.replacing("-----END PGP SIGNATURE-----", "-----END PGP SIGNATURE-----\n\nCodename: x\n"))
    #expect(after == nil || after?.description.contains("not trusted") == true)
  }

  @Test func `another key is not trusted, and none is neither`() async throws {
    let stranger = try await Self.failure(key: Fixture.strangersKey)
    #expect(stranger?.description.contains("no trusted key made its signatures (they are by 4FAE270243F906E3)") == true)
    let nobody = try await Self.failure(
      key: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----")
    #expect(nobody?.description.contains("no keyring") == true)
  }

  @Test func `an expired suite is refused unless apt is told otherwise`() async throws {
    let late = Fixture.now + 86_400 * 30
    #expect(
      try await Self.failure(now: late)
        == .expired(suite: "trial", date: 1_704_067_200, validUntil: 1_704_672_000))
    #expect(try await Self.failure(options: "Check-Valid-Until: no\n", now: late) == nil)
    #expect(
      try await Self.failure(now: Fixture.now - 3600) == .expired(suite: "trial", date: 1_704_067_200, validUntil: nil))
  }

  @Test func `an index with other bytes is refused, and the next run succeeds`() async throws {
    var files = Fixture.files
    files[Fixture.packedPath]?[100] ^= 1
    let error = try await Self.failure(files: files)
    guard case .wrongContent(let what, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(what == "the index main/binary-amd64/Packages.xz")
    #expect(try await Self.failure() == nil)
  }

  @Test func `a mirror without the suite is named with what it answered`() async throws {
    let error = try await Self.failure(files: [:])
    #expect(error?.description.contains("/debian/dists/trial/InRelease answered with status 404") == true)
    #expect(
      try await Fixture.with { archive, _, _ in
        do throws(DebianError) {
          _ = try await archive.universe(suites: ["unheard-of"], architecture: "amd64")
          return false
        } catch { return error == .noSource(suite: "unheard-of") }
      })
  }

  @Test func `a locked file that is gone is named with its successor`() async throws {
    try await Fixture.with { archive, _, _ in
      let universe = try await archive.universe(suites: ["trial"], architecture: "amd64")
      let current = try #require(try DebianResolver(universe).resolve(["tool"]).last)
      let old = DebianPin(
        name: "tool", version: try DebianVersion(parsing: "2:3.0-1"), architecture: "all",
        filename: "pool/main/t/tool/tool_3.0-1_all.deb", size: 9, digest: current.digest, suite: "trial",
        isEssential: false, dependencies: ["base"])
      let error = await #expect(throws: DebianError.self) { try await archive.fetch([old]) }
      #expect(
        error?.description == "No configured mirror has pool/main/t/tool/tool_3.0-1_all.deb any longer; "
          + "the archive now has tool 2:3.1~rc1+dfsg-1.")
    }
  }

  @Test func `a package with other bytes is refused and not kept`() async throws {
    var files = Fixture.files
    files[Fixture.toolPath] = Array("loot\n".utf8)
    try await Fixture.with(files: files) { archive, _, machine in
      let universe = try await archive.universe(suites: ["trial"], architecture: "amd64")
      let pin = try #require(try DebianResolver(universe).resolve(["tool"]).last)
      let error = await #expect(throws: DebianError.self) { try await archive.fetch([pin]) }
      #expect(error?.description.contains("tool 2:3.1~rc1+dfsg-1") == true)
      #expect(try Files.list("\(machine.path)/cache/sha256").count == 1)
    }
  }

  @Test func `an archive is read as it was at a time, whose validity counts then`() async throws {
    let stamp = "20240102T000000Z"
    var files: [String: [UInt8]] = [:]
    for (path, bytes) in Fixture.files {
      files["/archive/debian/\(stamp)/" + path.dropFirst("/debian/".count)] = bytes
    }
    let late = Fixture.now + 86_400 * 400
    try await Fixture.with(files: files, now: late) { archive, server, machine in
      let time = try #require(DebianSnapshot.time(stamp))
      func problem(_ archive: DebianArchive) async -> DebianError? {
        do throws(DebianError) {
          _ = try await archive.universe(suites: ["trial"], architecture: "amd64")
          return nil
        } catch { return error }
      }
      // No source keeps the past yet.
      #expect(await problem(archive.at(time)) == .noSnapshot(suite: "trial", stamp: stamp))
      try Files.write(
        "Acquire::Snapshots::URI::Host::127.0.0.1 \"\(server.origin)/archive/debian/@SNAPSHOTID@/\";\n",
        to: "\(machine.path)/etc/apt/apt.conf")
      let keeper = DebianArchive(
        configuration: try AptConfiguration(root: machine.path), client: archive.client, cache: machine.path + "/past",
        now: late, snapshot: time)
      let universe = try await keeper.universe(suites: ["trial"], architecture: "amd64")
      let pin = try #require(try DebianResolver(universe).resolve(["tool"]).last)
      #expect(try Files.read(try await keeper.fetch(pin)) == Fixture.tool)
      // A release that had expired at that time is refused then as well.
      #expect(await problem(keeper.at(late)) != nil)
    }
  }
}
