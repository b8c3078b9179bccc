import Building
import Host
import Images
import JSON
import OCI
import Resolution
import TestSupport
import Testing
import Versions

/// One lock for several platforms, from pinning to an index of their images.
@Suite(.serialized) struct PlatformLockTests {
  typealias Outcome = ProgramFixture.Outcome

  private static let x86 = "cp311-cp311-manylinux_2_17_x86_64"
  private static let arm = "cp311-cp311-manylinux_2_17_aarch64"
  /// alpha is for any machine, beta for both with a file of its own each, gamma 2.0 for one of them only, delta for that alone.
  private static let wheels = [
    MadeUpWheel("alpha", "1.0", requires: ["beta", "gamma"]), MadeUpWheel("beta", "1.0", tag: x86),
    MadeUpWheel("beta", "1.0", padding: 3, tag: arm), MadeUpWheel("gamma", "1.0"),
    MadeUpWheel("gamma", "2.0", tag: x86), MadeUpWheel("delta", "1.0", tag: x86), MadeUpWheel("pip", "24.0"),
  ]

  /// A registry with a base for some platforms, an index, and a folder on them.
  private struct Scene {
    let registry: TestRegistry
    let index: HTTPTestServer
    let fixture: ProgramFixture
    /// The digest of the base's index.
    let base: Digest

    func lock() throws -> LockFile { try LockFile(parsing: try Files.read("\(fixture.work)/image/drydock.lock")) }
    func write(_ text: String, to name: String) throws { try Files.write(text, to: "\(fixture.work)/\(name)") }
    func stop() {
      registry.stop()
      index.stop()
    }
  }

  private static func spec(_ domain: String, requirements: String?, platforms: String = "[linux/amd64, linux/arm64]")
    -> String
  {
    """
    version: 1
    name: sample
    platforms: \(platforms)
    runtime: false
    base: {image: "\(domain)/team/base:1"}
    \(requirements.map { "python: {version: \"3.11\", glibc: \"2.36\", requirements: \($0)}" } ?? "")
    files:
      - {from: jobs, to: /opt/jobs}
    """
  }

  private func scene(
    _ requirements: String? = nil, bases: [String] = ["amd64", "arm64"], wheels: [MadeUpWheel] = wheels
  ) throws -> Scene {
    let registry = TestRegistry()
    var entries: [Descriptor] = []
    for architecture in bases {
      let directory = try TemporaryDirectory()
      defer { directory.remove() }
      let store = try ContentStore(at: directory.path)
      let platform = Platform(os: "linux", architecture: architecture)
      let image = try Image(config: ImageConfig(platform: platform), layers: [], in: store)
      _ = registry.add(blob: try store.read(image.manifest.config.digest), to: "team/base")
      let manifest = try store.read(image.digest)
      _ = registry.add(manifest: manifest, type: MediaType.imageManifest.rawValue, to: "team/base")
      entries.append(
        Descriptor(mediaType: .imageManifest, digest: image.digest, size: manifest.count, platform: platform))
    }
    let base = registry.add(
      manifest: Index(manifests: entries).bytes, type: MediaType.imageIndex.rawValue, to: "team/base", tag: "1")
    let index = TestIndex(wheels: wheels).serve()
    let fixture = try ProgramFixture(
      [
        "image/image.yaml": Self.spec(registry.domain, requirements: requirements), "image/jobs/job.py": "print(1)\n",
      ], index: index.origin)
    return Scene(registry: registry, index: index, fixture: fixture, base: base)
  }

  private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

  // MARK: Pinning

  @Test func `both platforms are resolved, and where they must differ it is said`() async throws {
    let scene = try scene("[alpha]")
    defer { scene.stop() }
    let outcome = try await scene.fixture.run("pin", "image")
    #expect(
      outcome
        == Outcome(
          0,
          output:
            "image/drydock.lock: linux/amd64: 1 base, 3 python, 1 build; linux/arm64: 1 base, 3 python, 1 build\n",
          errors: "note: gamma is 1.0 on linux/arm64 and 2.0 on linux/amd64\n"))
    let lock = try scene.lock()
    #expect(lock.platforms.map(\.description) == ["linux/amd64", "linux/arm64"])
    func files(_ lock: Lock) -> [String] { lock.python?.packages.map(\.file.name) ?? [] }
    #expect(
      files(lock.locks[0]) == [
        "alpha-1.0-py3-none-any.whl", "beta-1.0-\(Self.x86).whl", "gamma-2.0-\(Self.x86).whl",
      ])
    #expect(
      files(lock.locks[1]) == [
        "alpha-1.0-py3-none-any.whl", "beta-1.0-\(Self.arm).whl", "gamma-1.0-py3-none-any.whl",
      ])
    #expect(lock.locks.allSatisfy { $0.base?.digest == scene.base && $0.base?.platforms.count == 2 })
    // The base is the same for both, and stands there once.
    #expect(
      try json(try Files.text("\(scene.fixture.work)/image/drydock.lock"))["platforms"]?["linux/arm64"]?["base"] == nil)
    #expect(
      try await scene.fixture.run("pin", "image", "--quiet")
        == Outcome(
          0,
          output:
            "image/drydock.lock: unchanged (linux/amd64: 1 base, 3 python, 1 build; linux/arm64: 1 base, 3 python, 1 build)\n"
        ))
  }

  @Test func `a package that a platform lacks is named with it`() async throws {
    let scene = try scene("[delta]")
    defer { scene.stop() }
    let outcome = try await scene.fixture.run("pin", "image")
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.hasPrefix("error: linux/arm64: "), "\(outcome)")
    #expect(outcome.errors.contains("delta"), "\(outcome)")
    #expect(!Files.exists("\(scene.fixture.work)/image/drydock.lock"))
  }

  @Test func `a base that lacks a platform is refused with those that it has`() async throws {
    let scene = try scene(bases: ["amd64", "riscv64"])
    defer { scene.stop() }
    #expect(
      try await scene.fixture.run("pin", "image")
        == Outcome(
          2,
          errors: """
            error: linux/arm64: \(scene.registry.domain)/team/base:1 is not for linux/arm64, only for linux/amd64, linux/riscv64
            hint: take the platform out of image.yaml, or name a base that has it

            """))
  }

  @Test func `a platform that comes later has the versions that are held, and all move together`() async throws {
    let old = try scene("[gamma]", wheels: [MadeUpWheel("gamma", "1.0"), MadeUpWheel("pip", "24.0")])
    defer { old.stop() }
    try old.write(
      Self.spec(old.registry.domain, requirements: "[gamma]", platforms: "[linux/amd64]"), to: "image/image.yaml")
    #expect(try await old.fixture.run("pin", "image").status == 0)
    let one = try Files.text("\(old.fixture.work)/image/drydock.lock")
    #expect(try old.lock().locks.count == 1)
    let new = try scene(
      "[gamma]", wheels: [1, 2].map { MadeUpWheel("gamma", "\($0).0") } + [MadeUpWheel("pip", "24.0")])
    defer { new.stop() }
    // The same folder with another index, which has a newer version by now; the base is held without its registry.
    try new.write(
      Self.spec(old.registry.domain, requirements: "[gamma]", platforms: "[linux/amd64, linux/arm64]"),
      to: "image/image.yaml")
    try new.write(one, to: "image/drydock.lock")
    let added = try await new.fixture.run("pin", "image")
    #expect(added.status == 0, "\(added)")
    let lines = added.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(
      lines == [
        "image/drydock.lock: 3 changes (linux/amd64: 1 base, 1 python, 1 build; linux/arm64: 1 base, 1 python, 1 build)",
        "PACKAGE FROM TO", "base linux/arm64 \(old.registry.domain)/team/base:1 - \(old.base)",
        "python linux/arm64 gamma - 1.0", "build linux/arm64 pip - 24.0",
      ])
    let versions = { try new.lock().locks.map { $0.python?.packages.map(\.version.description) ?? [] } }
    #expect(try versions() == [["1.0"], ["1.0"]])
    let moved = try await new.fixture.run("pin", "image", "--only", "gamma", "--quiet")
    #expect(
      moved
        == Outcome(
          0,
          output: """
            image/drydock.lock: 1 changes (linux/amd64: 1 base, 1 python, 1 build; linux/arm64: 1 base, 1 python, 1 build)
                    PACKAGE  FROM  TO
            python  gamma    1.0   2.0

            """))
    #expect(try versions() == [["2.0"], ["2.0"]])
  }

  // MARK: What is derived

  @Test func `generated files are about all platforms, and a check holds them to it`() async throws {
    let scene = try scene("[alpha]")
    defer { scene.stop() }
    let fixture = scene.fixture
    #expect(try await fixture.run("pin", "image").status == 0)
    #expect(
      try await fixture.run("generate", "image")
        == Outcome(0, output: "image/Dockerfile: written\nimage/requirements.txt: written\n"))
    let requirements = try Files.text("\(fixture.work)/image/requirements.txt")
    #expect(
      requirements == """
        # Generated by Drydock from drydock.lock. To change it, edit image.yaml and run 'drydock pin'.
        alpha==1.0 \\
            --hash=sha256:\(Self.wheels[0].sha256)
            # via image.yaml
        beta==1.0 \\
            --hash=sha256:\(Self.wheels[1].sha256) \\
            --hash=sha256:\(Self.wheels[2].sha256)
            # via alpha
        gamma==1.0 ; platform_machine == 'aarch64' \\
            --hash=sha256:\(Self.wheels[3].sha256)
            # via alpha
        gamma==2.0 ; platform_machine == 'x86_64' \\
            --hash=sha256:\(Self.wheels[4].sha256)
            # via alpha

        """)
    #expect(try await fixture.run("export", "image", "--requirements") == Outcome(0, output: requirements))
    #expect(try await fixture.run("generate", "image", "--check").status == 0)
    #expect(
      try await fixture.run("check", "image", "--offline") == Outcome(0, output: "image: nothing found by 5 rules\n"))
    // Of one platform alone.
    let arm = try await fixture.run("export", "image", "--requirements", "--platform", "linux/arm64")
    #expect(arm.status == 0 && arm.output.contains("gamma==1.0 \\\n") && !arm.output.contains("gamma==2.0"), "\(arm)")
    let glue = ["export", "image", "--glue", "--glue-version", "5.0"]
    #expect(
      try await fixture.run(glue + ["--platform", "linux/arm64"])
        == Outcome(0, output: "--additional-python-modules alpha==1.0,beta==1.0,gamma==1.0\n"))
    let (own, other) = Processor.own == "amd64" ? ("amd64", "arm64") : ("arm64", "amd64")
    #expect(
      try await fixture.run(glue)
        == Outcome(
          0, output: "--additional-python-modules alpha==1.0,beta==1.0,gamma==\(own == "amd64" ? 2 : 1).0\n",
          errors: "note: this is about linux/\(own); for linux/\(other) say so with --platform\n"))
    let pylock = try await fixture.run("export", "image", "--pylock")
    #expect(pylock.status == 0, "\(pylock)")
    for line in [
      "environments = [\n    \"platform_machine == 'x86_64'\",\n    \"platform_machine == 'aarch64'\",\n]\n",
      "name = \"gamma\"\nversion = \"1.0\"\nmarker = \"platform_machine == 'aarch64'\"\n",
      "name = \"gamma\"\nversion = \"2.0\"\nmarker = \"platform_machine == 'x86_64'\"\n",
    ] { #expect(pylock.output.contains(line), "\(pylock)") }
    #expect(pylock.output.split(separator: "name = \"beta-1.0-").count == 3, "\(pylock)")
  }

  @Test func `a check tells what is about one platform with its name`() async throws {
    let scene = try scene("[alpha]")
    defer { scene.stop() }
    let fixture = scene.fixture
    #expect(try await fixture.run("pin", "image").status == 0)
    #expect(try await fixture.run("generate", "image").status == 0)
    let upstream = TestIndex(
      wheels: Self.wheels + [MadeUpWheel("alpha", "1.1"), MadeUpWheel("beta", "1.5", tag: Self.arm)]
    ).serve()
    defer { upstream.stop() }
    let later = try ProgramFixture(index: upstream.origin)
    try Files.createDirectory("\(later.work)/image")
    for name in ["image.yaml", "drydock.lock", "Dockerfile", "requirements.txt"] {
      try Files.write(try Files.read("\(fixture.work)/image/\(name)"), to: "\(later.work)/image/\(name)")
    }
    let outcome = try await later.run("check", "image", "--format", "json")
    let messages = try json(outcome.output)["findings"]?.array?.compactMap { $0["message"]?.string } ?? []
    #expect(
      messages.sorted() == [
        "alpha 1.1 is there, the lock has 1.0", "linux/arm64: beta 1.5 is there, the lock has 1.0",
      ], "\(outcome)")
  }

  // MARK: Building

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

  // MARK: Other processors

  private static let foreign = Platform(os: "linux", architecture: Processor.own == "amd64" ? "arm64" : "amd64")

  /// What is said where a foreign platform's programs can't be run.
  private static func refusal(of work: String) -> Outcome {
    Outcome(
      4,
      errors: """
        error: this machine (\(Processor.own)) does not run programs of \(foreign), with which \(work)
        hint: programs of \(foreign) need its emulation here (binfmt_misc): apt-get install qemu-user-static binfmt-support

        """)
  }

  private func isEmulated() async throws -> Bool {
    let folder = try TemporaryDirectory()
    defer { folder.remove() }
    do {
      try await Processor.require(Self.foreign, for: "x", in: folder.path)
      return true
    } catch is EmulationError { return false }
  }

  @Test func `what can't run here is refused before anything is fetched`() async throws {
    let scene = try scene("[alpha]")
    let fixture = scene.fixture
    #expect(try await fixture.run("pin", "image").status == 0)
    scene.stop()
    try scene.write("schemaVersion: \"2.0.0\"\n", to: "image/tests.yaml")
    try Files.remove(fixture.cache)
    let isEmulated = try await isEmulated()
    let build = try await fixture.run("build", "image")
    let test = try await fixture.run("test", "image", "--platform", "\(Self.foreign)")
    // Neither the index nor the registry answers any longer: whoever gets that far fails for that.
    #expect(isEmulated ? build.status == 3 : build == Self.refusal(of: "Python packages are compiled"), "\(build)")
    #expect(isEmulated ? test.status == 3 : test == Self.refusal(of: "the image is tested"), "\(test)")
  }

  @Test func `what is pushed under a name was tested on all its platforms`() async throws {
    let scene = try scene()
    defer { scene.stop() }
    let fixture = scene.fixture
    try scene.write(
      "schemaVersion: \"2.0.0\"\nfileExistenceTests: [{name: job, path: /opt/jobs/job.py, shouldExist: true}]\n",
      to: "image/tests.yaml")
    for command in ["pin", "generate"] { #expect(try await fixture.run(command, "image").status == 0) }
    let name = "\(scene.registry.domain)/team/app:1"
    let isEmulated = try await isEmulated()
    let all = try await fixture.run("verify", "image", "--push", name, "--quiet")
    #expect(isEmulated ? all.status == 0 : all == Self.refusal(of: "the image is tested"), "\(all)")
    let there = try await fixture.run("inspect", "docker://\(name)", "--raw")
    if isEmulated {
      #expect(try json(there.output)["manifests"]?.array?.count == 2, "\(there)")
    } else {
      #expect(there.status != 0, "\(there)")
    }
    // One that is named goes out alone.
    let own = "linux/\(Processor.own)"
    let one = try await fixture.run("verify", "image", "--platform", own, "--push", name + "-one", "--format", "json")
    #expect(one.status == 0 && one.errors == "", "\(one)")
    let seen = try await fixture.run("inspect", "docker://\(name)-one", "--raw", "--platform", own)
    #expect(try json(seen.output)["layers"]?.array?.count == 1, "\(seen)")
    #expect(try json(one.output)["verdict"]?.string == "good")
  }

  @Test func `a runtime for another processor never gets into an image`() async throws {
    let scene = try scene()
    defer { scene.stop() }
    let fixture = scene.fixture
    let spec = Self.spec(scene.registry.domain, requirements: nil)
      .replacing("runtime: false", with: "runtime: true\nentrypoint: [/bin/true]\nhealthcheck: none")
    try scene.write(spec, to: "image/image.yaml")
    for (name, machine) in [("x86", 62), ("arm", 183)] as [(String, UInt8)] {
      let head: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1] + [UInt8](repeating: 0, count: 12) + [machine, 0, 0, 0]
      try Files.write(head, to: "\(fixture.work)/\(name)", mode: 0o755)
      try scene.write("sha256:\(String(repeating: "a", count: 64))\n", to: name + ".inputs")
    }
    #expect(try await fixture.run("pin", "image", "--runtime", "x86").status == 0)
    #expect(
      try await fixture.run("build", "image", "--runtime", "x86")
        == Outcome(
          2,
          errors: """
            error: linux/arm64: x86 is a program for amd64, the image is for linux/arm64
            hint: build glue-athena on a machine of that kind, and name it with --runtime linux/arm64=FILE

            """))
    let built = try await fixture.run(
      "build", "image", "--runtime", "x86", "--runtime", "linux/arm64=arm", "-o", "root", "--quiet")
    #expect(built.status == 0, "\(built)")
    for (folder, name) in [("linux_amd64", "x86"), ("linux_arm64", "arm")] {
      #expect(
        try Files.read("\(fixture.work)/root/\(folder)/usr/local/bin/glue-athena")
          == Files.read("\(fixture.work)/\(name)"))
      // What an image carries is the lock of its platform, which the runtime compares it with.
      let carried = try Lock(parsing: try Files.read("\(fixture.work)/root/\(folder)\(Runtime.lockPath)"))
      #expect(carried == (try scene.lock().lock(of: carried.platform)))
      #expect(folder.hasSuffix(carried.platform.architecture))
    }
  }

  @Test func `an update moves the pins of all platforms, and says where it tests`() async throws {
    let scene = try scene("[gamma]", wheels: [MadeUpWheel("gamma", "1.0"), MadeUpWheel("pip", "24.0")])
    defer { scene.stop() }
    #expect(try await scene.fixture.run("pin", "image").status == 0)
    let newer = TestIndex(wheels: [1, 2].map { MadeUpWheel("gamma", "\($0).0") } + [MadeUpWheel("pip", "24.0")]).serve()
    defer { newer.stop() }
    let later = try ProgramFixture(index: newer.origin)
    try Files.createDirectory("\(later.work)/image")
    for name in ["image.yaml", "drydock.lock"] {
      try Files.write(try Files.read("\(scene.fixture.work)/image/\(name)"), to: "\(later.work)/image/\(name)")
    }
    try Files.write("schemaVersion: \"2.0.0\"\n", to: "\(later.work)/image/tests.yaml")
    let outcome = try await later.run("update", "image", "--dry-run")
    #expect(
      outcome
        == Outcome(
          0,
          output: """
            image: 1 changes (linux/amd64: 1 base, 1 python, 1 build; linux/arm64: 1 base, 1 python, 1 build)
                    PACKAGE  FROM  TO
            python  gamma    1.0   2.0
            nothing was built, tested or written

            """), "\(outcome)")
    let wrong = try await later.run("update", "image", "--dry-run", "--platform", "linux/s390x")
    #expect(
      wrong
        == Outcome(
          2, errors: "error: image is not for linux/s390x\nhint: list it under 'platforms' in image.yaml\n"))
  }
}
