import Host
import Images
import JSON
import Layers
import OCI
import Resolution
import TestSupport
import Testing

/// A base's tag becomes the digest of its index and of each platform's manifest.
@Suite(.serialized) struct BasePinTests {
  static let alpha = MadeUpWheel("alpha", "1.0")
  static let pip = MadeUpWheel("pip", "24.0")

  /// An index of two platforms and an attestation under a tag; gives the digests of index and manifests.
  private func push(to registry: TestRegistry, user: String) -> (index: Digest, manifests: [String: Digest]) {
    var manifests: [String: Digest] = [:]
    var entries: [String] = []
    for architecture in ["amd64", "arm64"] {
      let config =
        #"{"architecture":"\#(architecture)","os":"linux","config":{"User":"\#(user)"},"rootfs":{"type":"layers","diff_ids":[]}}"#
      let blob = registry.add(blob: Array(config.utf8), to: "team/base")
      let manifest = Array(
        """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":\
        "application/vnd.oci.image.config.v1+json","digest":"\(blob)","size":\(config.utf8.count)},"layers":[]}
        """.utf8)
      let digest = registry.add(
        manifest: manifest, type: "application/vnd.oci.image.manifest.v1+json", to: "team/base")
      manifests["linux/\(architecture)"] = digest
      entries.append(
        """
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\(digest)","size":\(manifest.count),\
        "platform":{"os":"linux","architecture":"\(architecture)"}}
        """)
    }
    let attestation =
      #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:\#(String(repeating: "9", count: 64))","size":2,"platform":{"os":"unknown","architecture":"unknown"}}"#
    let index =
      #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\#((entries + [attestation]).joined(separator: ","))]}"#
    let digest = registry.add(
      manifest: Array(index.utf8), type: "application/vnd.oci.image.index.v1+json", to: "team/base", tag: "1")
    return (digest, manifests)
  }

  static func spec(_ registry: TestRegistry, recorded: Bool = false) -> String {
    """
    version: 1
    name: sample
    runtime: false
    base:
      image: \(registry.domain)/team/base:1
    \(recorded ? "  recorded: {digest: \"sha256:\(String(repeating: "7", count: 64))\", source: a page}\n" : "")
    python:
      version: "3.11"
      glibc: "2.36"
      requirements: [alpha]
    """
  }

  private func base(_ fixture: ProgramFixture) throws -> Lock.Base {
    try #require(try Lock(parsing: try Files.read("\(fixture.work)/image/drydock.lock")).base)
  }

  @Test(arguments: [false, true])
  func `the registry's word counts, is held, and moves when asked`(_ recorded: Bool) async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    let index = TestIndex(wheels: [Self.alpha, Self.pip]).serve()
    defer { index.stop() }
    let old = push(to: registry, user: "app")
    let fixture = try ProgramFixture(["image/image.yaml": Self.spec(registry, recorded: recorded)], index: index.origin)
    let first = try await fixture.run("pin", "image")
    #expect(first.status == 0, "\(first)")
    #expect(try base(fixture).digest == old.index)
    #expect(try base(fixture).evidence == .resolved)
    #expect(try base(fixture).platforms == old.manifests)
    #expect(try base(fixture).user == "app")
    let new = push(to: registry, user: "root")
    #expect(try await fixture.run("pin", "image").status == 0)
    #expect(try base(fixture).digest == old.index)
    let check = try await fixture.run("check", "image", "--fail-on", "medium")
    #expect(check.status == 1)
    #expect(check.output.contains("leads to \(new.index) now, the lock has \(old.index); changed: user app -> root"))
    #expect(try await fixture.run("pin", "image", "--only", "base").status == 0)
    #expect(try base(fixture).digest == new.index)
    #expect(try base(fixture).platforms == new.manifests)
    #expect(try base(fixture).user == "root")
  }

  @Test func `a lock that says nothing of the base's user learns it, where it counts`() async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    let index = TestIndex(wheels: [Self.alpha, Self.pip]).serve()
    defer { index.stop() }
    _ = push(to: registry, user: "app:7")
    let fixture = try ProgramFixture(["image/image.yaml": Self.spec(registry)], index: index.origin)
    try #require(try await fixture.run("pin", "image").status == 0)
    let path = "\(fixture.work)/image/drydock.lock"
    let text = try Files.text(path)
    try Files.write(text.replacing(",\n    \"user\": \"app:7\"", with: ""), to: path)
    try #require(try base(fixture).user == nil)
    try #require(try await fixture.run("pin", "image").status == 0)
    #expect(try Files.text(path) == text)
  }

  @Test(arguments: ["app\\nRUN evil", "$USER", "a b"]) func `a user that would be read in another way is not known`(
    _ user: String
  ) async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    let index = TestIndex(wheels: [Self.alpha, Self.pip]).serve()
    defer { index.stop() }
    _ = push(to: registry, user: user)
    let fixture = try ProgramFixture(["image/image.yaml": Self.spec(registry)], index: index.origin)
    let outcome = try await fixture.run("pin", "image")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try base(fixture).user == nil)
    #expect(try await fixture.run("generate", "image").status == 0)
    #expect(try !Files.text("\(fixture.work)/image/Dockerfile").contains("evil"))
  }

  @Test func `a page's word stands in for a registry that can't be reached`() async throws {
    let registry = TestRegistry()
    registry.stop()
    let index = TestIndex(wheels: [Self.alpha, Self.pip]).serve()
    defer { index.stop() }
    let fixture = try ProgramFixture(["image/image.yaml": Self.spec(registry, recorded: true)], index: index.origin)
    let outcome = try await fixture.run("pin", "image")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try base(fixture).evidence == .recorded(source: "a page"))
    let without = try ProgramFixture(["image/image.yaml": Self.spec(registry)], index: index.origin)
    #expect(try await without.run("pin", "image").status == 3)
    #expect(!Files.exists("\(without.work)/image/drydock.lock"))
  }

  // MARK: What the base holds

  /// Pushes a base that has these packages: names and versions, and what each needs.
  private func push(_ packages: [(name: String, version: String, needs: [String])], to registry: TestRegistry)
    async throws
  {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    var tree = LayerTree()
    for package in packages {
      let info = "usr/lib/python3.11/site-packages/\(package.name)-\(package.version).dist-info"
      let fields =
        ["Metadata-Version: 2.1", "Name: \(package.name)", "Version: \(package.version)"]
        + package.needs.map { "Requires-Dist: \($0)" }
      try tree.addFile("\(info)/METADATA", Array((fields.joined(separator: "\n") + "\n").utf8))
    }
    let image = try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(tree, epoch: 0)], in: store)
    for digest in image.manifest.layers.map(\.digest) + [image.manifest.config.digest] {
      _ = registry.add(blob: try store.read(digest), to: "team/base")
    }
    _ = registry.add(
      manifest: try store.read(image.digest), type: MediaType.imageManifest.rawValue, to: "team/base", tag: "1")
  }

  private static let holding = [
    MadeUpWheel("alpha", "1.0", requires: ["beta"]), MadeUpWheel("alpha", "2.0", requires: ["beta>=2"]),
    MadeUpWheel("beta", "1.0"), MadeUpWheel("beta", "1.5"), MadeUpWheel("beta", "2.0"), pip,
  ]

  private func spec(_ registry: TestRegistry, _ requirement: String) -> String {
    Self.spec(registry).replacing("[alpha]", with: "[\"\(requirement)\"]")
      + "\n  site: /usr/lib/python3.11/site-packages\n  interpreter: /usr/bin/python3.11\n"
  }

  @Test func `packages of the base take part, and stay where they fit`() async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    try await push([("beta", "1.0", []), ("gamma", "3.0", ["beta<1.5"])], to: registry)
    let index = TestIndex(wheels: Self.holding).serve()
    defer { index.stop() }
    let fixture = try ProgramFixture(["image/image.yaml": spec(registry, "alpha")], index: index.origin)
    let outcome = try await fixture.run("pin", "image")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output == "image/drydock.lock: 1 base, 1 python\n")
    let lock = try Lock(parsing: try Files.read("\(fixture.work)/image/drydock.lock"))
    // The newest alpha needs a beta that gamma, which no index has, can't live with.
    #expect(lock.python?.packages.map { "\($0.name) \($0.version)" } == ["alpha 1.0"])
    #expect(lock.base?.kept.map { "\($0.name) \($0.version)" } == ["beta 1.0", "gamma 3.0"])
    #expect(lock.base?.documentation == nil)
    // The tag moves: what the new image has in place of the old one's is said.
    try await push([("beta", "1.0", []), ("gamma", "3.1", []), ("delta", "1", [])], to: registry)
    let check = try await fixture.run("check", "image")
    #expect(check.output.contains("; packages: pypi delta - -> 1, pypi gamma 3.0 -> 3.1"), "\(check)")
  }

  @Test func `what is asked for moves packages of the base, and what breaks is named`() async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    try await push([("beta", "1.0", []), ("gamma", "3.0", ["beta<1.5"])], to: registry)
    let index = TestIndex(wheels: Self.holding).serve()
    defer { index.stop() }
    let fixture = try ProgramFixture(["image/image.yaml": spec(registry, "alpha==2.0")], index: index.origin)
    let outcome = try await fixture.run("pin", "image")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(
      outcome.output == """
        image/drydock.lock: 1 base, 2 python
        IN THE BASE  FROM  TO
        beta         1.0   2.0
        breaks: gamma 3.0 has requirement beta<1.5, but you have beta 2.0.

        """)
    let again = try await fixture.run("pin", "image", "--format", "json")
    let base = try JSONValue(parsing: Array(again.output.utf8))["base"]
    #expect(base?["moves"]?.array?.first?["new"]?.string == "2.0")
    #expect(base?["breaks"]?.array?.first?["name"]?.string == "gamma")
    let lock = try Lock(parsing: try Files.read("\(fixture.work)/image/drydock.lock"))
    #expect(lock.base?.kept.map { "\($0.name) \($0.version)" } == ["gamma 3.0"])
  }

  @Test func `an update looks for the newest of what is asked for, and a pin keeps the base's`() async throws {
    let registry = TestRegistry()
    defer { registry.stop() }
    try await push([("alpha", "1.0", ["beta"]), ("beta", "1.0", [])], to: registry)
    let index = TestIndex(wheels: Self.holding).serve()
    defer { index.stop() }
    let fixture = try ProgramFixture(
      ["image/image.yaml": spec(registry, "alpha"), "image/tests.yaml": "schemaVersion: \"2.0.0\"\n"],
      index: index.origin)
    let pin = try await fixture.run("pin", "image")
    #expect(pin.status == 0, "\(pin)")
    let lock = try Lock(parsing: try Files.read("\(fixture.work)/image/drydock.lock"))
    #expect(lock.base?.kept.map { "\($0.name) \($0.version)" } == ["alpha 1.0", "beta 1.0"])
    let update = try await fixture.run("update", "image", "--dry-run", "--markdown", "summary.md")
    #expect(update.status == 0, "\(update)")
    let summary = try Files.text("\(fixture.work)/summary.md")
    #expect(summary.contains("| python | alpha | - | 2.0 |"), "\(summary)")
    #expect(summary.contains("| python | beta | - | 2.0 |"), "\(summary)")
  }
}
