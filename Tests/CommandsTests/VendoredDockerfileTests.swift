import Host
import Images
import JSON
import Layers
import OCI
import TestSupport
import Testing

/// `drydock vendor` of a Dockerfile: all that it takes from elsewhere, for a build without a network and with an empty store.
@Suite(.serialized) struct VendoredDockerfileTests {
  /// A registry with an index of two platforms under a name, each of one layer with busybox and a file.
  private func base(in registry: TestRegistry) async throws -> Digest {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    let busybox = try Files.read(try #require(Environment.program("busybox")), limit: 1 << 26)
    var entries: [Descriptor] = []
    for architecture in ["amd64", "arm64"] {
      var tree = LayerTree()
      for name in ["bin/sh", "bin/busybox"] { try tree.addFile(name, busybox, mode: 0o755) }
      try tree.addFile("architecture", Array(architecture.utf8))
      let platform = try Platform(parsing: "linux/\(architecture)")
      let image = try Image(
        config: ImageConfig(platform: platform), layers: [try await store.add(tree, epoch: 0)], in: store)
      for digest in image.manifest.layers.map(\.digest) + [image.manifest.config.digest] {
        _ = registry.add(blob: try store.read(digest), to: "team/base")
      }
      let bytes = try store.read(image.digest)
      _ = registry.add(manifest: bytes, type: MediaType.imageManifest.rawValue, to: "team/base")
      entries.append(
        Descriptor(mediaType: .imageManifest, digest: image.digest, size: bytes.count, platform: platform))
    }
    return registry.add(
      manifest: Index(manifests: entries).bytes, type: MediaType.imageIndex.rawValue, to: "team/base", tag: "1")
  }

  private struct Sources {
    let registry = TestRegistry()
    let server = HTTPTestServer { .text("\($0.target) \($0.earlier)") }

    func stop() {
      registry.stop()
      server.stop()
    }
  }

  private static let both = ["--platform", "linux/amd64,linux/arm64"]

  private func dockerfile(_ sources: Sources, _ base: Digest) -> String {
    """
    FROM --platform=linux/amd64 \(sources.registry.domain)/team/base:1 AS made
    RUN busybox wget -q -O /f \(sources.server.origin)/f
    FROM \(sources.registry.domain)/team/base:1@\(base)
    COPY --from=made /f /f
    ADD \(sources.server.origin)/added?token=t0ken /added

    """
  }

  private func sums(_ folder: String) async throws -> Int32 {
    try await Subprocess("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], directory: folder).run().status
  }

  /// A vendored folder, and the Dockerfile with its lock that it belongs to.
  private func vendored(
    _ body: (_ files: [String: String], _ folder: String, _ digest: String) async throws -> Void
  ) async throws {
    let sources = Sources()
    defer { sources.stop() }
    let base = try await base(in: sources.registry)
    let fixture = try ProgramFixture(["app/Dockerfile": dockerfile(sources, base)])
    let recorded = try await fixture.run(["build", "app", "--record", "-q"] + Self.both)
    try #require(recorded.status == 0, "\(recorded)")
    let lock = try Files.text(fixture.work + "/app/Dockerfile.lock")
    let hex = try #require(
      try JSONValue(parsing: lock)["steps"]?.array?.first?["requests"]?.array?.first?["sha256"]?.string)
    // What a layer that was kept has no need of is fetched for this.
    try Files.remove("\(fixture.cache)/store/blobs/sha256/\(hex)")
    let count = sources.server.requests.count
    let outcome = try await fixture.run(["vendor", "app", "out", "--format", "json"] + Self.both)
    try #require(outcome.status == 3, "\(outcome)")
    #expect(outcome.errors.contains("was recorded as sha256:\(hex)"), "\(outcome)")
    #expect(sources.server.requests.count > count)
    try Files.write("/f 0", to: "\(fixture.cache)/store/blobs/sha256/\(hex)")
    let written = try await fixture.run(["vendor", "app", "out", "--format", "json"] + Self.both)
    try #require(written.status == 0, "\(written)")
    #expect(try JSONValue(parsing: written.output)["kept"]?.integer == 0)
    let out = fixture.work + "/out"
    #expect(
      try Files.list(out).sorted()
        == ["Dockerfile.lock", "SHA256SUMS", "added", "base", "recorded", "sources.json"])
    #expect(try Files.text("\(out)/recorded/\(hex)") == "/f 0")
    #expect(try Files.list("\(out)/added").count == 1)
    #expect(try !Files.text(out + "/sources.json").contains("t0ken"))
    #expect(try await sums(out) == 0)
    // Others see images in it.
    let listed = try await Subprocess(
      "skopeo", ["inspect", "--raw", "oci:\(out)/base:\(sources.registry.domain)/team/base:1"]
    )
    .run()
    #expect(listed.status == 0, "\(listed.errorText)")
    sources.stop()
    try await body(
      ["app/Dockerfile": dockerfile(sources, base), "app/Dockerfile.lock": lock], out, recorded.output)
  }

  @Test func `what was vendored is all that a build needs`() async throws {
    try await vendored { files, out, digest in
      let fixture = try ProgramFixture(files)
      #expect(try await fixture.run(["build", "app", "-q"] + Self.both).status == 3)
      let built = try await fixture.run(["build", "app", "-q", "--vendor", out, "-o", "root"] + Self.both)
      #expect(built.status == 0, "\(built)")
      #expect(try Files.text(fixture.work + "/root/linux_arm64/f") == "/f 0")
      #expect(try Files.text(fixture.work + "/root/linux_arm64/added") == "/added?token=t0ken 2")
      let twice = try await fixture.run(
        ["build", "app", "-q", "--vendor", out, "--no-cache", "--reproduce"] + Self.both)
      #expect(twice.status == 0, "\(twice)")
      // Written again of what is in it, nothing changes.
      let other = try ProgramFixture(files)
      let record = try await other.run(["build", "app", "--vendor", out, "--record"])
      #expect(record.status == 2 && record.errors.contains("--record and --vendor exclude each other"), "\(record)")
      // Another file takes what is not there.
      try Files.write(
        files["app/Dockerfile"]?.replacing("/added?", with: "/other?") ?? "", to: fixture.work + "/app/Dockerfile")
      let lacks = try await fixture.run(["build", "app", "--vendor", out])
      #expect(lacks.status == 2)
      #expect(lacks.errors.contains("lacks the file http://127.0.0.1:"), "\(lacks)")
      try Files.write("FROM example.com/none:1\n", to: fixture.work + "/app/Dockerfile")
      let image = try await fixture.run("build", "app", "--vendor", out)
      #expect(image.status == 2)
      #expect(image.errors.contains("lacks the image example.com/none:1 for linux/amd64"), "\(image)")
    }
  }

  @Test func `nothing in a vendored folder is believed`() async throws {
    try await vendored { files, out, _ in
      let recorded = try #require(try Files.list(out + "/recorded").first)
      let text = try Files.text("\(out)/recorded/\(recorded)")
      try Files.write("other", to: "\(out)/recorded/\(recorded)")
      let words = ["build", "app", "-q", "--vendor", out] + Self.both
      let changed = try await ProgramFixture(files).run(words)
      #expect(changed.status == 3)
      #expect(changed.errors.contains("/recorded/\(recorded) has the digest sha256:"), "\(changed)")
      try Files.write(text, to: "\(out)/recorded/\(recorded)")
      // A name with a digest leads to no other image than one that the digest vouches for.
      let names = try Files.text(out + "/sources.json")
      let json = try JSONValue(parsing: names)
      let images = json["images"]?.array ?? []
      let arm = try #require(images.first { $0["platform"]?.string == "linux/arm64" }?["digest"]?.string)
      let file = try #require(json["files"]?.array?.first?["digest"]?.string)
      try Files.write(names.replacing(arm, with: file), to: out + "/sources.json")
      let swapped = try await ProgramFixture(files).run(words)
      #expect([2, 3].contains(swapped.status), "\(swapped)")
      try Files.write(names, to: out + "/sources.json")
      try Files.remove("\(out)/base/blobs/sha256/\(arm.dropFirst(7))")
      let missing = try await ProgramFixture(files).run(words)
      #expect(missing.status == 2)
      #expect(missing.errors.contains("lacks base/blobs/sha256/\(arm.dropFirst(7))"), "\(missing)")
      try Files.remove(out + "/sources.json")
      #expect(try await ProgramFixture(files).run(words).status == 2)
    }
  }

  @Test func `a folder of somebody else's, and options of a build, are refused`() async throws {
    let fixture = try ProgramFixture(["app/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n", "out/mine": "x"])
    let foreign = try await fixture.run("vendor", "app", "out")
    #expect(foreign.status == 2 && foreign.errors.contains("out exists and is no vendored folder"), "\(foreign)")
    for option in [["--record"], ["-t", "a:1"], ["--iidfile", "f"], ["--cache-to", "c"], ["--allow-network"]] {
      let outcome = try await fixture.run(["vendor", "app", "new"] + option)
      #expect(outcome.status == 2 && outcome.errors.contains("is for 'drydock build'"), "\(outcome)")
    }
    // What takes nothing from elsewhere has names of nothing.
    let nothing = try await fixture.run("vendor", "app", "new")
    #expect(nothing.status == 0, "\(nothing)")
    #expect(try Files.list(fixture.work + "/new").sorted() == ["SHA256SUMS", "sources.json"])
  }
}
