import Host
import JSON
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
    let new = push(to: registry, user: "root")
    #expect(try await fixture.run("pin", "image").status == 0)
    #expect(try base(fixture).digest == old.index)
    let check = try await fixture.run("check", "image", "--fail-on", "medium")
    #expect(check.status == 1)
    #expect(check.output.contains("leads to \(new.index) now, the lock has \(old.index); changed: user app -> root"))
    #expect(try await fixture.run("pin", "image", "--only", "base").status == 0)
    #expect(try base(fixture).digest == new.index)
    #expect(try base(fixture).platforms == new.manifests)
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
}
