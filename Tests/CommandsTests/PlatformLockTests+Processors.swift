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
  static let foreign = Platform(os: "linux", architecture: Processor.own == "amd64" ? "arm64" : "amd64")

  /// What is said where a foreign platform's programs can't be run.
  static func refusal(of work: String) -> Outcome {
    Outcome(
      4,
      errors: """
        error: this machine (\(Processor.own)) does not run programs of \(foreign), with which \(work)
        hint: programs of \(foreign) need its emulation here (binfmt_misc): apt-get install qemu-user-static binfmt-support

        """)
  }

  func isEmulated() async throws -> Bool {
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
