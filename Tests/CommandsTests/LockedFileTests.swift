import Host
import Resolution
import TestSupport
import Testing

/// A lock is obeyed: what it names comes with the bytes it names, or not at all.
@Suite(.serialized) struct LockedFileTests {
  typealias Outcome = ProgramFixture.Outcome

  static let wheel = MadeUpWheel("alpha", "1.0")
  static let spec = """
    version: 1
    name: sample
    runtime: false
    base:
      image: registry.example.com/team/base:1
    python:
      version: "3.11"
      glibc: "2.36"
      requirements: [alpha]
    """
  static let call = ["generate", "image", "--context", "out"]

  private func fixture(_ index: String) throws -> ProgramFixture {
    let lock = """
      {
        "base": {
          "digest": "sha256:\(String(repeating: "0", count: 64))", "evidence": {"kind": "resolved"},
          "reference": "registry.example.com/team/base:1"
        },
        "compressor": "gzip", "date": "2024-05-01T12:00:00Z", "name": "sample", "platform": "linux/amd64",
        "python": {
          "build": [], "glibc": "2.36", "test": [], "version": "3.11",
          "packages": [
            {
              "dependencies": [], "direct": true, "name": "alpha", "version": "1.0",
              "file": {
                "name": "\(Self.wheel.fileName)", "sha256": "\(Self.wheel.sha256)", "size": \(Self.wheel.bytes.count)
              }
            }
          ]
        },
        "spec": "\(try Spec(parsing: Self.spec).checksum)", "version": 1
      }
      """
    return try ProgramFixture(["image/image.yaml": Self.spec, "image/drydock.lock": lock], index: index)
  }

  @Test func `a locked wheel is gathered`() async throws {
    let server = TestIndex(wheels: [Self.wheel]).serve()
    defer { server.stop() }
    let fixture = try fixture(server.origin)
    let outcome = try await fixture.run(Self.call)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try Files.read("\(fixture.work)/out/wheels/\(Self.wheel.fileName)") == Self.wheel.bytes)
    let sums = try await Subprocess(
      "sha256sum", ["--check", "--quiet", "SHA256SUMS"], directory: "\(fixture.work)/out"
    ).run()
    #expect(sums.status == 0)
  }

  @Test func `a wheel with other bytes than the lock names is refused and not kept`() async throws {
    let server = TestIndex(
      wheels: [Self.wheel],
      override: { request in
        request.target == "/files/\(Self.wheel.fileName)"
          ? HTTPTestServer.Answer(body: Self.wheel.bytes.reversed()) : nil
      }
    ).serve()
    defer { server.stop() }
    let fixture = try fixture(server.origin)
    let outcome = try await fixture.run(Self.call)
    #expect(outcome.status == 3)
    #expect(outcome.errors.hasPrefix("error: INDEX/files/\(Self.wheel.fileName) has the digest sha256:"))
    #expect(outcome.errors.contains("where sha256:\(Self.wheel.sha256) was expected."))
    #expect(!Files.exists("\(fixture.work)/out"))
    #expect(try fixture.cachedFiles().filter { $0.hasPrefix("python/") || $0.hasPrefix("work/") } == [])
  }

  @Test func `a wheel that the index lists with another hash is refused`() async throws {
    let other = MadeUpWheel("alpha", "1.0", padding: 1)
    let server = TestIndex(wheels: [other]).serve()
    defer { server.stop() }
    let fixture = try fixture(server.origin)
    let outcome = try await fixture.run(Self.call)
    #expect(outcome.status == 3)
    #expect(
      outcome.errors.hasPrefix(
        "error: the index lists \(other.fileName) of alpha with sha256 \(other.sha256), the lock has "
          + "\(Self.wheel.sha256)\nhint: one of the two is not the file that was locked"))
    #expect(!Files.exists("\(fixture.work)/out"))
  }

  @Test func `a wheel that is gone is named with its successor`() async throws {
    let server = TestIndex(wheels: [MadeUpWheel("alpha", "1.1")]).serve()
    defer { server.stop() }
    let fixture = try fixture(server.origin)
    let outcome = try await fixture.run(Self.call)
    #expect(
      outcome
        == Outcome(
          3,
          errors: """
            error: the index no longer has \(Self.wheel.fileName), which locks alpha 1.0; \
            the nearest version that it has is 1.1
            hint: build with --repin-missing to replace it, or configure an index that keeps old files

            """))
    #expect(!Files.exists("\(fixture.work)/out"))
  }
}
