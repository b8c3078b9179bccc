import Building
import Host
import Images
import JSON
import OCI
import Resolution
import TestSupport
import Testing
import Versions

extension PlatformLockTests {
  @Test func `a build makes an index of images that are those of each platform alone`() async throws {
    let scene = try scene()
    defer { scene.stop() }
    let fixture = scene.fixture
    #expect(try await fixture.run("pin", "image").status == 0)
    let both = try await fixture.run(
      ["build", "image", "--format", "json", "-o", "oci:out", "-o", "root", "--provenance", "p.json", "--reproduce"])
    try #require(both.status == 0, "\(both)")
    let result = try json(both.output)
    #expect(result["reproduced"]?["same"]?.bool == true)
    let raw = try await Subprocess("skopeo", ["inspect", "--raw", "oci:\(fixture.work)/out:latest"]).run()
    let manifests = try JSONValue(parsing: raw.output)["manifests"]?.array ?? []
    #expect(manifests.map { $0["platform"]?["architecture"]?.string } == ["amd64", "arm64"])
    let lock = try scene.lock()
    for (manifest, platform) in zip(manifests, lock.platforms) {
      let alone = try await fixture.run(["build", "image", "--quiet", "--format", "json", "--platform", "\(platform)"])
      #expect(try json(alone.output)["digest"] == manifest["digest"], "\(alone)")
      #expect(result["platforms"]?["\(platform)"]?["digest"] == manifest["digest"])
      let config = try await Subprocess(
        "skopeo",
        ["--override-arch", platform.architecture, "inspect", "oci:\(fixture.work)/out:latest"]
      ).run()
      // Each is labelled with the lock of its own platform, so that the pins of others never change it.
      let labels = try JSONValue(parsing: config.output)["Labels"]
      #expect(labels?[Lock.digestLabel]?.string == (try lock.lock(of: platform).digest.description))
    }
    #expect(try Files.text(fixture.work + "/root/linux_arm64/opt/jobs/job.py") == "print(1)\n")
    let statement = try json(Files.text(fixture.work + "/p.json"))
    let digest = statement["subject"]?.array?.first?["digest"]?["sha256"]?.string.map { "sha256:\($0)" }
    #expect(digest == result["digest"]?.string)
    #expect(
      statement["predicate"]?["buildDefinition"]?["externalParameters"]?["platform"]?.string
        == "linux/amd64,linux/arm64")
    // What is about one image takes this machine's own, and says what it leaves aside.
    let drift = try await fixture.run("check", "image", "--offline", "--image", "oci:out", "--platform", "linux/arm64")
    #expect(
      drift
        == Outcome(
          1,
          output: """
            image/Dockerfile: medium: image/Dockerfile is missing [generated/stale]
              hint: drydock generate image
            image: 1 finding (1 medium)

            """))
    let diff = try await fixture.run("diff", "image", "oci:out", "--platform", "linux/arm64")
    #expect(diff.status == 0 && diff.errors == "", "\(diff)")
    let own = Processor.own
    let unnamed = try await fixture.run("diff", "image", "image")
    #expect(unnamed.status == 0)
    #expect(
      unnamed.errors.hasPrefix(
        "note: this is about linux/\(own); for linux/\(own == "amd64" ? "arm64" : "amd64") say so with --platform\n"))
  }

  @Test func `a place for one image takes none of several`() async throws {
    let scene = try scene()
    defer { scene.stop() }
    #expect(try await scene.fixture.run("pin", "image").status == 0)
    let outcome = try await scene.fixture.run("build", "image", "-o", "docker-archive:a.tar")
    #expect(outcome.status == 2 && outcome.errors.contains("it holds a single image"), "\(outcome)")
    let one = try await scene.fixture.run(
      "build", "image", "-o", "docker-archive:a.tar", "--platform", "linux/arm64", "--quiet")
    #expect(one.status == 0, "\(one)")
    #expect(
      try await scene.fixture.run("build", "image", "--platform", "linux/s390x")
        == Outcome(
          2,
          errors: """
            error: image: the lock has no pins of linux/s390x, only of linux/amd64 and linux/arm64
            hint: list it under 'platforms' in image.yaml and run 'drydock pin image'

            """))
  }

  @Test func `a push sends the index of all platforms`() async throws {
    let scene = try scene()
    defer { scene.stop() }
    #expect(try await scene.fixture.run("pin", "image").status == 0)
    let name = "\(scene.registry.domain)/team/app:1"
    let pushed = try await scene.fixture.run("push", "image", name, "--quiet", "--format", "json")
    try #require(pushed.status == 0, "\(pushed)")
    let seen = try await scene.fixture.run("inspect", "docker://\(name)", "--raw")
    #expect(try json(seen.output)["manifests"]?.array?.count == 2, "\(seen)")
    let built = try await scene.fixture.run("build", "image", "--quiet", "--format", "json")
    #expect(try json(built.output)["digest"] == json(pushed.output)["digest"])
  }

  @Test func `the gathered context builds the image of each platform from one Dockerfile`() async throws {
    let scene = try scene()
    defer { scene.stop() }
    let fixture = scene.fixture
    #expect(try await fixture.run("pin", "image").status == 0)
    let gathered = try await fixture.run("generate", "image", "--context", "context")
    #expect(gathered.status == 0, "\(gathered)")
    let context = fixture.work + "/context"
    #expect(try Files.list(context).sorted() == ["Dockerfile", "drydock.lock", "linux-amd64", "linux-arm64"])
    #expect(try Files.text(context + "/Dockerfile") == Files.text(fixture.work + "/image/Dockerfile"))
    #expect(try Files.text(context + "/drydock.lock") == Files.text(fixture.work + "/image/drydock.lock"))
    let platforms = ["--platform", "linux/amd64,linux/arm64"]
    let built = try await fixture.run(["build", "context", "-o", "built"] + platforms)
    try #require(built.status == 0, "\(built)")
    for label in ["linux_amd64", "linux_arm64"] {
      #expect(try Files.text("\(fixture.work)/built/\(label)/opt/jobs/job.py") == "print(1)\n")
    }
    for architecture in ["amd64", "arm64"] {
      let storage = [
        "--root", "\(fixture.work)/storage", "--runroot", "\(fixture.work)/run", "--storage-driver", "vfs",
      ]
      let buildah = try await Subprocess(
        "buildah",
        storage + ["bud", "--tls-verify=false", "--pull", "--platform", "linux/\(architecture)", "-t", "x", context]
      ).run()
      #expect(buildah.status == 0, "\(buildah.text)\(buildah.errorText)")
      let seen = try await Subprocess("buildah", storage + ["inspect", "--type", "image", "x"]).run()
      let image = try JSONValue(parsing: seen.output)["OCIv1"]
      #expect(image?["architecture"]?.string == architecture)
      let lock = try scene.lock().lock(of: Platform(os: "linux", architecture: architecture))
      #expect(image?["config"]?["Labels"]?[Lock.digestLabel]?.string == lock.digest.description)
    }
    let one = try await fixture.run("generate", "image", "--context", "arm", "--platform", "linux/arm64")
    #expect(one.status == 0, "\(one)")
    #expect(
      try Files.text(fixture.work + "/arm/drydock.lock")
        == (try scene.lock().lock(of: Platform(parsing: "linux/arm64")).text))
    let bake = try await fixture.run("generate", "image", "--context", "fleet", "--bake")
    #expect(bake.status == 0, "\(bake)")
    let file = try json(Files.text(fixture.work + "/fleet/docker-bake.json"))
    #expect(file["target"]?["sample"]?["platforms"]?.strings == ["linux/amd64", "linux/arm64"])
  }

  @Test func `a vendored folder holds what all platforms need`() async throws {
    let scene = try scene("[alpha]")
    let fixture = scene.fixture
    #expect(try await fixture.run("pin", "image").status == 0)
    let vendored = try await fixture.run("vendor", "image", "out")
    scene.stop()
    try #require(vendored.status == 0, "\(vendored)")
    let names = Set(try Files.list("\(fixture.work)/out/python"))
    #expect(names.isSuperset(of: [Self.wheels[1].fileName, Self.wheels[2].fileName, Self.wheels[4].fileName]))
    #expect(
      try await Subprocess(
        "sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], directory: "\(fixture.work)/out"
      ).run().status == 0)
    // Neither the index nor the registry is there any longer, and nothing is in the cache.
    let alone = try ProgramFixture()
    for (name, text) in try ["image.yaml", "drydock.lock"].map({ ($0, try Files.text("\(fixture.work)/image/\($0)")) })
    {
      try Files.createDirectory("\(alone.work)/image/jobs")
      try Files.write(text, to: "\(alone.work)/image/\(name)")
    }
    let context = try await alone.run("generate", "image", "--context", "context", "--vendor", "\(fixture.work)/out")
    #expect(context.status == 0, "\(context)")
    #expect(
      try Files.read("\(alone.work)/context/linux-arm64/wheels/\(Self.wheels[2].fileName)") == Self.wheels[2].bytes)
  }
}
