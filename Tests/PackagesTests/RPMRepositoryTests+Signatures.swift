import HTTP
import Host
import Layers
import OCI
import TestSupport
import Testing
import Trust
@testable import Packages

extension `RPM repositories` {
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
  static func modern(_ bytes: [UInt8], _ path: String) async throws -> [UInt8] {
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
  static func forged(_ bytes: [UInt8], _ path: String) throws -> [UInt8] {
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
}
