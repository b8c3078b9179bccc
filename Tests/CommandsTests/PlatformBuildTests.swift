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

  private static let both = ["--platform", "linux/amd64,linux/arm64"]

  @Test func `a statement is about the index, and names the image of each platform`() async throws {
    let fixture = try fixture()
    let built = try await fixture.run(
      ["build", "app", "--quiet", "--provenance", "p.json", "-t", "example.com/app:1"] + Self.both)
    try #require(built.status == 0, "\(built)")
    let statement = try json(Files.text(fixture.work + "/p.json"))
    let hex = statement["subject"]?.array?.first?["digest"]?["sha256"]?.string
    #expect("sha256:\(hex ?? "")\n" == built.output)
    let definition = statement["predicate"]?["buildDefinition"]
    #expect(definition?["externalParameters"]?["platform"]?.string == "linux/amd64,linux/arm64")
    let byproducts = statement["predicate"]?["runDetails"]?["byproducts"]?.array?.compactMap { $0["name"]?.string }
    #expect(
      byproducts == [
        "linux/amd64", "linux/amd64 base:3", "linux/amd64 1:5", "linux/arm64", "linux/arm64 base:3", "linux/arm64 1:5",
      ])
  }

  @Test func `a cache holds the steps of all platforms`() async throws {
    let fixture = try fixture()
    let first = try await fixture.run(["build", "app", "--quiet", "--cache-to", "kept"] + Self.both)
    try #require(first.status == 0, "\(first)")
    try Files.remove(fixture.cache)
    try Files.createDirectory(fixture.cache)
    let again = try await fixture.run(["build", "app", "--format", "json", "--cache-from", "kept"] + Self.both)
    let platforms = try json(again.output)["platforms"]?.members ?? []
    #expect(platforms.count == 2)
    for platform in platforms {
      #expect(platform.value["steps"]?.array?.map { $0["cached"]?.bool } == [true, true], "\(platform.name)")
    }
    #expect(try json(again.output)["digest"]?.string.map { $0 + "\n" } == first.output)
  }

  @Test func `each image of an index is built twice, and what differs is told of each`() async throws {
    let fixture = try fixture()
    let same = try await fixture.run(["build", "app", "--quiet", "--reproduce"] + Self.both)
    #expect(same.status == 0 && same.output.hasSuffix("\nbuilt twice, the same to the byte\n"), "\(same)")
    // Commands run for this machine's platform alone.
    let busybox = try #require(Environment.program("busybox"))
    try #require(try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run().status == 0)
    try Files.write(
      """
      FROM --platform=linux/amd64 scratch AS made
      COPY busybox /bin/sh
      COPY busybox /bin/busybox
      RUN busybox date > /now
      FROM scratch
      COPY --from=made /now /now

      """, to: fixture.work + "/app/Dockerfile")
    let words = ["build", "app", "--quiet", "--no-cache", "--reproduce"] + Self.both
    let text = try await fixture.run(words)
    #expect(text.status == 1)
    for platform in ["amd64", "arm64"] {
      #expect(text.output.contains("\nlinux/\(platform)\nfiles: 1\n  ~ /now  ("), "\(text)")
    }
    let report = try json(try await fixture.run(words + ["--format", "json"]).output)["reproduced"]
    #expect(report?["same"]?.bool == false)
    #expect(report?["platforms"]?.members?.map(\.name) == ["linux/amd64", "linux/arm64"])
    #expect(report?["platforms"]?["linux/arm64"]?["files"]?.array?.count == 1)
  }

  /// A context with busybox, whose commands run for this machine's platform, whatever the image is for.
  private func running(_ commands: String) throws -> ProgramFixture {
    let fixture = try fixture(
      """
      FROM --platform=linux/amd64 scratch AS made
      COPY busybox /bin/sh
      COPY busybox /bin/busybox
      \(commands)
      FROM scratch
      COPY --from=made /n /n

      """)
    let busybox = try #require(Environment.program("busybox"))
    try Files.write(try Files.read(busybox, limit: 1 << 26), to: fixture.work + "/app/busybox")
    try Files.changeMode(fixture.work + "/app/busybox", 0o755)
    return fixture
  }

  @Test func `platforms are built at once, and what they share is done once`() async throws {
    // Each of the two commands waits for the other one.
    let fixture = try running(
      """
      RUN --mount=type=cache,target=/c echo once >> /c/n && busybox cp /c/n /n
      ARG TARGETARCH
      RUN --mount=type=cache,target=/c : > /c/$TARGETARCH; \
        for n in $(busybox seq 3000); do [ -e /c/amd64 ] && [ -e /c/arm64 ] && exit 0; busybox sleep 0.1; done; exit 9
      """)
    let outcome = try await fixture.run(["build", "app", "--no-cache", "-v", "-o", "root"] + Self.both)
    #expect(outcome.status == 0, "\(outcome)")
    for platform in ["amd64", "arm64"] {
      #expect(try Files.text("\(fixture.work)/root/linux_\(platform)/n") == "once\n")
    }
    // Whose step it is can be told.
    for label in ["[linux/amd64 made] RUN", "[linux/amd64->linux/arm64 made] RUN"] {
      #expect(outcome.errors.contains(label), "\(outcome)")
    }
    #expect(outcome.errors.ranges(of: "echo once").count == 1, "\(outcome)")
  }

  @Test func `a platform that fails stops the others`() async throws {
    let fixture = try running(
      """
      ARG TARGETARCH
      RUN --mount=type=cache,target=/c if [ $TARGETARCH = amd64 ]; then : > /c/began; busybox sleep 3600; fi; \
        until [ -e /c/began ]; do busybox sleep 0.1; done; echo no; exit 7
      """)
    let outcome = try await fixture.run(["build", "app"] + Self.both)
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.hasPrefix("error: app/Dockerfile:5:1: process \"/bin/sh -c "), "\(outcome)")
    #expect(outcome.errors.contains(" exited with code 7, for linux/arm64\nno\n"), "\(outcome)")
    #expect(try fixture.mounts() == [])
    #expect(try Files.list(fixture.cache + "/work") == [])
  }

  @Test func `what platforms fetch is recorded once, and played to all of them`() async throws {
    let server = HTTPTestServer { .text("answer \($0.earlier)") }
    let get = "busybox wget -q -O - \(server.origin)"
    let fixture = try running(
      """
      RUN \(get)/all > /n
      ARG TARGETARCH
      RUN \(get)/$TARGETARCH >> /n && \(get)/both >> /n
      """)
    let recorded = try await fixture.run(["build", "app", "--record", "-q", "-o", "root"] + Self.both)
    #expect(recorded.status == 0, "\(recorded)")
    #expect(server.requests.map(\.target).sorted() == ["/all", "/amd64", "/arm64", "/both"])
    server.stop()
    let replayed = try await fixture.run(["build", "app", "--no-cache", "-q"] + Self.both)
    #expect(replayed == recorded)
    for platform in ["amd64", "arm64"] {
      #expect(try Files.text("\(fixture.work)/root/linux_\(platform)/n") == "answer 0answer 0answer 0")
    }
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
    // On this machine's own platform it is the program that is wrong; which of the two is told first is left open.
    #expect([2, 4].contains(outcome.status), "\(outcome)")
    #expect(outcome.errors.hasPrefix("error: app/Dockerfile:3:1: RUN can't be run here: cannot run /program"))
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
