import Host
import Images
import JSON
import Layers
import OCI
import TestSupport
import Testing

/// An image on a base that a registry has under another name, from pinning to comparing.
@Suite(.serialized) struct BaseTests {
  static let spec = """
    version: 1
    name: sample
    runtime: false
    base:
      image: registry.example.com/team/base:1
    user:
      name: worker
    environment:
      ADDED: "yes"
      KEPT: changed
    workdir: /srv/work
    files:
      - from: data
        to: /opt/link/data
    """
  /// Has the base's registry under another address.
  private static func mirror(_ domain: String) -> String {
    """
    [[registry]]
    prefix = "registry.example.com"
    location = "\(domain)"
    insecure = true
    """
  }

  /// A base with accounts, a link and a directory of its own mode, in a layout.
  private func base(in folder: String, user: String?) async throws -> Digest {
    let store = try ContentStore(at: folder + "/store")
    var lower = LayerTree()
    try lower.addFile("etc/passwd", Array("root:x:0:0::/root:/bin/sh\nworker:x:7:7::/srv:/bin/sh\n".utf8))
    try lower.addSymbolicLink("opt/link", to: "/srv")
    try lower.addDirectory("srv", mode: 0o750)
    var config = ImageConfig(platform: .linuxAMD64)
    config.user = user
    config.environment = ["PATH=/bin", "KEPT=base", "OTHER=base"]
    config.entrypoint = ["/bin/tool"]
    config.command = ["go"]
    config.labels = ["base": "label"]
    config.exposedPorts = ["80/tcp"]
    let layers = [try await store.add(lower, epoch: 0)]
    let image = try Image(config: config, layers: layers, in: store)
    try OCILayout.write(image, to: folder + "/layout", tag: "1")
    return image.digest
  }

  private func withBase(
    user: String? = nil, _ body: (ProgramFixture, _ base: Digest, _ registry: DockerRegistry) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let registry = try await DockerRegistry(in: directory.path)
    defer { registry.stop() }
    let fixture = try ProgramFixture(["image/image.yaml": Self.spec, "image/data/file": "content\n"])
    let folder = fixture.home + "/.config/containers"
    try Files.createDirectory(folder)
    try Files.write(Self.mirror(registry.domain), to: folder + "/registries.conf")
    let digest = try await base(in: directory.path, user: user)
    let pushed = try await fixture.run(
      "copy", "oci:\(directory.path)/layout:1", "docker://registry.example.com/team/base:1")
    try #require(pushed.status == 0, "\(pushed)")
    try await body(fixture, digest, registry)
  }

  private func image(_ fixture: ProgramFixture, _ name: String) throws -> Image {
    try OCILayout(at: "\(fixture.work)/\(name)").image()
  }

  @Test func `is locked by what the registry states, pulled by digest and merged with the base's settings`()
    async throws
  {
    try await withBase { fixture, base, _ in
      let pinned = try await fixture.run("pin", "image")
      try #require(pinned.status == 0, "\(pinned)")
      let lock = try JSONValue(parsing: Files.read(fixture.work + "/image/drydock.lock"))
      #expect(lock["base"]?["digest"]?.string == base.description)
      #expect(lock["base"]?["evidence"]?["kind"]?.string == "resolved")
      let built = try await fixture.run("build", "image", "-o", "oci:out")
      try #require(built.status == 0, "\(built)")
      let image = try image(fixture, "out")
      #expect(image.layers.count == 2)
      #expect(image.config.environment == ["PATH=/bin", "KEPT=changed", "OTHER=base", "ADDED=yes"])
      #expect(image.config.entrypoint == ["/bin/tool"])
      #expect(image.config.command == ["go"])
      #expect(image.config.user == "worker")
      #expect(image.config.labels["base"] == "label")
      #expect(image.config.exposedPorts == ["80/tcp"])
      let reader = try TarReader(path: image.layers[1].path)
      var entries: [String] = []
      while let entry = try reader.next() { entries.append("\(String(entry.mode, radix: 8)) \(entry.path)") }
      // The link is followed, and the directory that is there keeps its mode.
      #expect(entries == ["755 srv/data", "644 srv/data/file", "755 srv/work"])
    }
  }

  @Test func `goes to a registry, into the store under its name and into every form of Docker's`() async throws {
    try await withBase { fixture, _, registry in
      try #require(try await fixture.run("pin", "image").status == 0)
      let name = "\(registry.domain)/team/sample"
      let built = try await fixture.run(
        "build", "image", "-t", "sample:1", "--iidfile", "id", "-o", "docker://\(name):1", "-o",
        "type=registry,name=\(name):2", "-o", "type=oci,dest=a.tar", "-o", "type=oci,dest=layout,tar=false", "-o",
        "type=docker,dest=d.tar",
        "-o", "type=local,dest=out/root", "--quiet")
      try #require(built.status == 0, "\(built)")
      let digest = try image(fixture, "layout").digest.description
      #expect(try Files.text("\(fixture.work)/id") == digest)
      #expect(try await fixture.run("store", "ls").output.contains("sample:1"))
      for place in ["docker://\(name):1", "docker://\(name):2", "oci-archive:a.tar"] {
        let found = try await fixture.run("inspect", place, "--format", "json")
        #expect(try JSONValue(parsing: Array(found.output.utf8))["digest"]?.string == digest, "\(place): \(found)")
      }
      let same = try await fixture.run("diff", "docker-archive:d.tar", "oci:layout", "--ignore", "layers")
      #expect(same.status == 0, "\(same)")
      #expect(try Files.text("\(fixture.work)/out/root/srv/data/file") == "content\n")
      for (place, error) in [
        ("out", "error: out exists\nhint: an image is unpacked only into a new folder\n"),
        ("type=tar,dest=t", "error: -o: 'type=tar,dest=t' is no destination\n"),
      ] {
        let refused = try await fixture.run("build", "image", "-o", place)
        #expect(refused.status == 2 && refused.errors.hasPrefix(error), "\(refused)")
      }
    }
  }

  @Test func `is pushed by verify only if all holds`() async throws {
    try await withBase { fixture, _, registry in
      try #require(try await fixture.run("pin", "image").status == 0)
      let target = "docker://\(registry.domain)/team/verified:1"
      let tests = """
        schemaVersion: "2.0.0"
        fileExistenceTests:
          - {name: the data is there, path: /srv/data/file}
        """
      try Files.write(tests, to: fixture.work + "/image/tests.yaml")
      // The generated files are not there yet, which is a fault.
      let failed = try await fixture.run("verify", "image", "--push", target)
      #expect(failed.status == 1, "\(failed)")
      #expect(try await fixture.run("inspect", target).status == 3)
      try #require(try await fixture.run("generate", "image").status == 0)
      let passed = try await fixture.run("verify", "image", "--push", target)
      #expect(passed.status == 0, "\(passed)")
      #expect(try await fixture.run("inspect", target).status == 0)
    }
  }

  @Test func `a fleet has a context each and one file for bake`() async throws {
    try await withBase { fixture, _, _ in
      let other = fixture.work + "/other"
      try Files.createDirectory(other + "/data")
      try Files.write("other\n", to: other + "/data/file")
      try Files.write(Self.spec.replacing("name: sample", with: "name: sample-2.0"), to: other + "/image.yaml")
      for folder in ["image", "other"] {
        let pinned = try await fixture.run("pin", folder)
        try #require(pinned.status == 0, "\(pinned)")
      }
      let gathered = try await fixture.run(
        "generate", "image", "other", "--context", "fleet", "--bake", "--cache-from",
        "type=registry,ref=r.example/cache:{name}", "--cache-to", "type=local,dest=cache/{name}")
      try #require(gathered.status == 0, "\(gathered)")
      #expect(try Files.list(fixture.work + "/fleet").sorted() == ["docker-bake.json", "sample", "sample-2.0"])
      let json = try JSONValue(parsing: Files.read(fixture.work + "/fleet/docker-bake.json"))
      #expect(json["group"]?["default"]?["targets"]?.strings == ["sample", "sample-2-0"])
      // The time is the lock's: that of the base here.
      let epoch = try #require(json["target"]?["sample-2-0"]?["args"]?["SOURCE_DATE_EPOCH"]?.string)
      #expect(try Files.text(other + "/Dockerfile").contains("created=") && Int(epoch) ?? 0 > 1_500_000_000)
      #expect(
        json["target"]?["sample-2-0"]
          == .object([
            "args": .object(["SOURCE_DATE_EPOCH": .string(epoch)]),
            "cache-from": .strings(["type=registry,ref=r.example/cache:sample-2.0"]),
            "cache-to": .strings(["type=local,dest=cache/sample-2.0"]), "context": .string("sample-2.0"),
            "dockerfile": .string("Dockerfile"), "network": .string("none"), "platforms": .strings(["linux/amd64"]),
            "tags": .strings(["${REGISTRY}sample-2.0:${TAG}"]),
          ]))
      // Each context is one that an ordinary builder needs nothing else for.
      let built = try await fixture.run("build", "fleet/sample-2.0", "-o", "oci:out")
      #expect(built.status == 0, "\(built)")
      let own = try await fixture.run("build", "other", "-o", "oci:own")
      #expect(own.status == 0)
      let difference = try await fixture.run(
        "diff", "oci:own", "oci:out", "--ignore", "times", "--ignore", "config", "--ignore", "layers")
      #expect(difference.status == 0, "\(difference)")
    }
  }

  @Test(arguments: [nil, "root", "worker", "7:7"]) func `the generated Dockerfile goes back to the base's own user`(
    _ user: String?
  ) async throws {
    try await withBase(user: user) { fixture, _, _ in
      let spec = Self.spec.replacing("user:\n  name: worker\n", with: "")
      try Files.write(spec, to: fixture.work + "/image/image.yaml")
      try #require(try await fixture.run("pin", "image").status == 0)
      for words in [
        ["generate", "image", "--context", "context"], ["build", "image", "-o", "oci:own"],
        ["build", "context", "-o", "oci:out"],
      ] {
        let outcome = try await fixture.run(words)
        try #require(outcome.status == 0, "\(outcome)")
      }
      let (own, out) = (try image(fixture, "own").config, try image(fixture, "out").config)
      #expect(own.user == user)
      #expect(out.user == user)
      #expect(out.environment == own.environment && out.workingDirectory == own.workingDirectory)
      let difference = try await fixture.run(
        "diff", "oci:own", "oci:out", "--ignore", "times", "--ignore", "config", "--ignore", "layers")
      #expect(difference.status == 0, "\(difference)")
    }
  }

  @Test func `what one file for bake can't say is refused`() async throws {
    try await withBase { fixture, _, _ in
      try #require(try await fixture.run("pin", "image").status == 0)
      let shared = ["--context", "fleet", "--bake", "--cache-to", "type=local,dest=cache"]
      let twice = try await fixture.run(["generate", "image", "./image", "--context", "fleet", "--bake"])
      #expect(
        twice
          == .init(
            2,
            errors: """
              error: two of the images are the target 'sample' of one file
              hint: give them different names in image.yaml, or make a file for each

              """))
      #expect(
        try await fixture.run(["generate", "image", "image"] + shared)
          == .init(
            2,
            errors: """
              error: --cache-to: all images would write to 'type=local,dest=cache'
              hint: let '{name}' stand for the name of each image in it

              """))
      #expect(try await fixture.run(["generate", "image", "--bake"]).status == 2)
      #expect(try await fixture.run(["generate", "image", "image", "--context", "c"]).status == 2)
      #expect(!Files.exists(fixture.work + "/fleet"))
    }
  }

  @Test func `is built again without the registry, and twice the same`() async throws {
    try await withBase { fixture, base, registry in
      try #require(try await fixture.run("pin", "image").status == 0)
      let first = try await fixture.run("build", "image")
      try #require(first.status == 0, "\(first)")
      registry.stop()
      #expect(try await fixture.run("build", "image") == first)
      let twice = try await fixture.run("build", "image", "--reproduce", "--provenance", "provenance.json")
      #expect(twice.status == 0, "\(twice)")
      #expect(twice.output.hasSuffix("built twice, the same to the byte\n"))
      let statement = try JSONValue(parsing: Files.read(fixture.work + "/provenance.json"))
      #expect(statement["predicateType"]?.string == "https://slsa.dev/provenance/v1")
      let taken = statement["predicate"]?["buildDefinition"]?["resolvedDependencies"]?.array ?? []
      let uri = "pkg:oci/base@\(base)?repository_url=registry.example.com%2Fteam%2Fbase&tag=1"
      #expect(taken.compactMap { $0["uri"]?.string } == [uri])
      let digest = statement["subject"]?.array?.first?["digest"]?["sha256"]?.string ?? "?"
      #expect(first.output.contains("sha256:\(digest)"))
    }
  }

  @Test func `a user that the base does not have is refused`() async throws {
    try await withBase { fixture, _, _ in
      try Files.write(Self.spec.replacing("name: worker", with: "name: nobody"), to: fixture.work + "/image/image.yaml")
      try #require(try await fixture.run("pin", "image").status == 0)
      let built = try await fixture.run("build", "image")
      #expect(built.status == 2)
      #expect(built.errors.contains("registry.example.com/team/base:1 has no user 'nobody' in its /etc/passwd"))
    }
  }
}
