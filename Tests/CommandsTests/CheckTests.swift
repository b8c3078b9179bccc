import Host
import JSON
import OCI
import Resolution
import TestSupport
import Testing

/// `drydock check` and `drydock init` as a person calls them.
@Suite(.serialized) struct CheckTests {
  typealias Outcome = ProgramFixture.Outcome

  static let wheel = MadeUpWheel("alpha", "1.0")

  /// An image's folder whose base lies in a registry, with fresh generated files.
  private func fixture(index: String, registry: TestRegistry, base digest: String) async throws -> ProgramFixture {
    let spec = """
      version: 1
      name: sample
      runtime: false
      base:
        image: \(registry.domain)/team/base:1
      python:
        version: "3.11"
        glibc: "2.36"
        requirements: [alpha]
      """
    let lock = """
      {
        "base": {
          "digest": "\(digest)", "evidence": {"kind": "resolved"}, "reference": "\(registry.domain)/team/base:1"
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
        "spec": "\(try Spec(parsing: spec).checksum)", "version": 1
      }
      """
    let canonical = try Lock(parsing: Array(lock.utf8)).text
    let fixture = try ProgramFixture(["image/image.yaml": spec, "image/drydock.lock": canonical], index: index)
    #expect(try await fixture.run("generate", "image").status == 0)
    return fixture
  }

  /// A base of one platform, and the digest of its manifest.
  private func pushBase(to registry: TestRegistry, user: String) -> String {
    let config =
      #"{"architecture":"amd64","os":"linux","config":{"User":"\#(user)"},"rootfs":{"type":"layers","diff_ids":[]}}"#
    let blob = registry.add(blob: Array(config.utf8), to: "team/base")
    let manifest = """
      {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":\
      "application/vnd.oci.image.config.v1+json","digest":"\(blob)","size":\(config.utf8.count)},"layers":[]}
      """
    return registry.add(
      manifest: Array(manifest.utf8), type: "application/vnd.oci.image.manifest.v1+json", to: "team/base", tag: "1"
    ).description
  }

  @Test func `all is well`() async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    let index = TestIndex(wheels: [Self.wheel]).serve()
    defer { index.stop() }
    let digest = pushBase(to: registry, user: "app")
    let fixture = try await fixture(index: index.origin, registry: registry, base: digest)
    #expect(
      try await fixture.run("check", "image") == Outcome(0, output: "image: nothing found by 14 rules\n"))
    #expect(
      try await fixture.run("check", "image", "--offline") == Outcome(0, output: "image: nothing found by 5 rules\n"))
  }

  @Test func `what changed upstream is found, and the threshold decides`() async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    let index = TestIndex(wheels: [Self.wheel, MadeUpWheel("alpha", "1.1")]).serve()
    defer { index.stop() }
    let old = pushBase(to: registry, user: "app")
    let new = pushBase(to: registry, user: "root")
    let fixture = try await fixture(index: index.origin, registry: registry, base: old)
    try Files.write("FROM scratch\n", to: "\(fixture.work)/image/Dockerfile")
    let expected = """
      image/Dockerfile: medium: image/Dockerfile is not what the lock amounts to [generated/stale]
        hint: drydock generate image
      image/drydock.lock: medium: \(registry.domain)/team/base:1 leads to \(new) now, the lock has \(old); \
      changed: user app -> root [base/moved]
        hint: drydock update image
      image/drydock.lock:26: low: alpha 1.1 is there, the lock has 1.0 [pin/newer]
        hint: drydock update image --only alpha
      image: 3 findings (2 medium, 1 low)

      """
    let outcome = try await fixture.run("check", "image")
    #expect(outcome.output == expected)
    #expect(outcome.status == 1)
    #expect(try await fixture.run("check", "image", "--fail-on", "high") == Outcome(0, output: expected))
    let sarif = try await fixture.run("check", "image", "--format", "sarif", "-o", "out.sarif")
    #expect(sarif == Outcome(1, errors: "out.sarif: 3 findings (2 medium, 1 low)\n"))
    let run = try JSONValue(parsing: try Files.read("\(fixture.work)/out.sarif"))["runs"]?.array?.first
    #expect(run?["results"]?.array?.count == 3)
    let offline = try await fixture.run("check", "image", "--offline", "--format", "json")
    #expect(offline.status == 1)
    #expect(try JSONValue(parsing: Array(offline.output.utf8))["findings"]?.array?.count == 1)
  }

  @Test func `a folder without a lock has one finding`() async throws {
    let fixture = try ProgramFixture()
    #expect(try await fixture.run("init", "image").status == 0)
    let expected = """
      image/image.yaml: high: image has no drydock.lock [lock/missing]
        hint: drydock pin image
      image: 1 finding (1 high)

      """
    #expect(try await fixture.run("check", "image", "--offline") == Outcome(1, output: expected))
  }

  @Test func `a registry or an index that does not answer is no finding`() async throws {
    let registry = TestRegistry()
    let digest = pushBase(to: registry, user: "app")
    let fixture = try await fixture(index: "http://127.0.0.1:9", registry: registry, base: digest)
    registry.stop()
    let outcome = try await fixture.run("check", "image")
    #expect(outcome.status == 3)
    #expect(outcome.output == "")
  }

  // MARK: init

  @Test(arguments: [nil, "4.0", "5.0", "5.1"])
  func `what init writes is a specification without a fault`(_ glue: String?) async throws {
    let fixture = try ProgramFixture()
    let outcome = try await fixture.run(["init", "new/My Image"] + (glue.map { ["--glue", $0] } ?? []))
    #expect(
      outcome
        == Outcome(0, output: "new/My Image/image.yaml: written\nhint: drydock pin new/My Image\n"))
    let spec = try Spec(parsing: try Files.text("\(fixture.work)/new/My Image/image.yaml"))
    #expect(spec.name == "my-image")
    #expect(spec.python?.requirements.isEmpty == false)
    if case .image(let base) = spec.base {
      #expect(base.glue?.version == glue)
    } else {
      #expect(glue == nil)
    }
    let again = try await fixture.run("init", "new/My Image")
    #expect(
      again
        == Outcome(
          2,
          errors: """
            error: new/My Image/image.yaml exists
            hint: a specification is never overwritten; name another folder

            """))
  }

  @Test func `a Glue version that nobody knows is a wrong call`() async throws {
    let outcome = try await ProgramFixture().run("init", "x", "--glue", "3.0")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("'3.0'"))
  }
}
