import Host
import JSON
import TestSupport
import Testing

/// One call for several platforms, whose result is an index.
struct PlatformBuildTests {
  private static let dockerfile = """
    FROM scratch AS base
    ARG TARGETARCH
    COPY $TARGETARCH /arch
    FROM base
    COPY both /both

    """

  private func fixture(_ dockerfile: String = Self.dockerfile) throws -> ProgramFixture {
    try ProgramFixture(["app/Dockerfile": dockerfile, "app/amd64": "x86", "app/arm64": "arm", "app/both": "both"])
  }

  private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

  @Test func `an index holds an image for each platform, the same as one built alone`() async throws {
    let fixture = try fixture()
    let words = ["build", "app", "--format", "json"]
    let both = try await fixture.run(
      words + ["--platform", "linux/amd64,linux/arm64,linux/amd64", "-o", "oci:out:1", "-o", "root", "--iidfile", "id"])
    try #require(both.status == 0, "\(both)")
    let result = try json(both.output)
    // skopeo is another's view of the index.
    let raw = try await Subprocess("skopeo", ["inspect", "--raw", "oci:\(fixture.work)/out:1"]).run()
    let index = try JSONValue(parsing: raw.output)
    #expect(index["mediaType"]?.string == "application/vnd.oci.image.index.v1+json")
    let manifests = index["manifests"]?.array ?? []
    #expect(manifests.map { $0["platform"]?["architecture"]?.string } == ["amd64", "arm64"])
    for (manifest, architecture) in zip(manifests, ["amd64", "arm64"]) {
      let alone = try await fixture.run(words + ["--platform", "linux/\(architecture)"])
      #expect(try json(alone.output)["digest"] == manifest["digest"], "\(alone)")
      let config = try await Subprocess(
        "skopeo", ["--override-arch", architecture, "inspect", "oci:\(fixture.work)/out:1"]
      ).run()
      #expect(try JSONValue(parsing: config.output)["Architecture"]?.string == architecture, "\(config.errorText)")
    }
    #expect(try Files.text(fixture.work + "/root/linux_amd64/arch") == "x86")
    #expect(try Files.text(fixture.work + "/root/linux_arm64/arch") == "arm")
    #expect(try Files.text(fixture.work + "/root/linux_arm64/both") == "both")
    #expect(try Files.text(fixture.work + "/id") == result["digest"]?.string)
    let quiet = try await fixture.run(["build", "app", "--quiet", "--platform", "linux/amd64,linux/arm64"])
    #expect(quiet == .init(0, output: (result["digest"]?.string ?? "") + "\n"))
  }

  @Test func `a place for one image takes no index`() async throws {
    let fixture = try fixture()
    let outcome = try await fixture.run(
      ["build", "app", "--platform", "linux/amd64,linux/arm64", "-o", "docker-archive:a.tar"])
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.contains("a.tar") && outcome.errors.contains("it holds a single image"), "\(outcome)")
    #expect(!Files.exists(fixture.work + "/a.tar"))
  }

  @Test(arguments: ["linux/amd64,", "linux/amd64,arm", "/"]) func `a list that names no platform is a wrong call`(
    _ list: String
  ) async throws {
    let outcome = try await fixture().run(["build", "app", "--platform", list])
    #expect(outcome.status == 2, "\(outcome)")
  }

  @Test func `a command of another processor is explained at its line`() async throws {
    let fixture = try fixture("FROM scratch\nCOPY program /program\nRUN [\"/program\"]\n")
    let busybox = try #require(Environment.program("busybox"))
    var bytes = try Files.read(busybox, limit: 1 << 26)
    // The processor in the header of an ELF file: one that nobody has (ELF, "e_machine").
    bytes[18...19] = [0xfe, 0xca]
    try Files.write(bytes, to: fixture.work + "/app/program")
    try Files.changeMode(fixture.work + "/app/program", 0o755)
    let outcome = try await fixture.run(["build", "app", "--platform", "linux/amd64,linux/arm64"])
    // This machine's own platform comes first, and there it is the program that is wrong.
    #expect(outcome.status == 2, "\(outcome)")
    let foreign = try await fixture.run(["build", "app", "--platform", "linux/riscv64"])
    #expect(
      foreign
        == .init(
          4,
          errors: """
            error: app/Dockerfile:3:1: RUN can't be run here: cannot run /program: Exec format error
            hint: commands of linux/riscv64 need its emulation here (binfmt_misc): apt-get install qemu-user-static \
            binfmt-support; steps without RUN need none

            """))
  }
}
