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

  static let x86 = "cp311-cp311-manylinux_2_17_x86_64"
  static let arm = "cp311-cp311-manylinux_2_17_aarch64"
  /// alpha is for any machine, beta for both with a file of its own each, gamma 2.0 for one of them only, delta for that alone.
  static let wheels = [
    MadeUpWheel("alpha", "1.0", requires: ["beta", "gamma"]), MadeUpWheel("beta", "1.0", tag: x86),
    MadeUpWheel("beta", "1.0", padding: 3, tag: arm), MadeUpWheel("gamma", "1.0"),
    MadeUpWheel("gamma", "2.0", tag: x86), MadeUpWheel("delta", "1.0", tag: x86), MadeUpWheel("pip", "24.0"),
  ]

  /// A registry with a base for some platforms, an index, and a folder on them.
  struct Scene {
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

  static func spec(_ domain: String, requirements: String?, platforms: String = "[linux/amd64, linux/arm64]")
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

  func scene(
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

  func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

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
}
