import Host
import JSON
import TestSupport
import Testing

/// Builds Dockerfiles by the program, as its users run it.
struct DockerfileBuildTests {
  private static let start = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n"

  /// A context with a program in it.
  private func fixture(_ dockerfile: String, _ files: [String: String] = [:]) async throws -> ProgramFixture {
    var files = files
    files["app/Dockerfile"] = dockerfile
    let fixture = try ProgramFixture(files)
    let busybox = try #require(Environment.program("busybox"))
    let copied = try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run()
    try #require(copied.status == 0)
    return fixture
  }

  private struct Step {
    let line: Int
    let isCached: Bool
    let hasLayer: Bool
  }

  /// Builds and gives the digest and the steps.
  private func build(_ fixture: ProgramFixture, _ words: String...) async throws -> (digest: String, steps: [Step]) {
    let outcome = try await fixture.run(["build", "app", "--format", "json"] + words)
    try #require(outcome.status == 0, "\(outcome)")
    let json = try JSONValue(parsing: Array(outcome.output.utf8))
    let steps = (json["steps"]?.array ?? []).map { step in
      Step(line: step["line"]?.integer ?? 0, isCached: step["cached"]?.bool == true, hasLayer: step["layer"] != nil)
    }
    return (try #require(json["digest"]?.string), steps)
  }

  @Test func `what did not change is not done again, and times do not count`() async throws {
    let fixture = try await fixture(
      Self.start + "COPY a b /d/\nRUN busybox cat /d/a > /c\n", ["app/a": "1", "app/b": "2"])
    let first = try await build(fixture)
    #expect(first.steps.map(\.isCached) == [false, false, false, false])
    try Files.setModified(fixture.work + "/app/a", 1_000_000_000)
    let second = try await build(fixture)
    #expect(second.digest == first.digest)
    #expect(second.steps.map(\.isCached) == [true, true, true, true])
    try Files.write("3", to: fixture.work + "/app/a")
    let third = try await build(fixture)
    #expect(third.digest != first.digest)
    #expect(third.steps.map(\.isCached) == [true, true, false, false])
  }

  @Test func `two places and times give one digest`() async throws {
    let dockerfile =
      Self.start
      + "WORKDIR /w\nCOPY . .\nRUN busybox date > /var.log; busybox mkdir -p /var/log && busybox date > /var/log/x"
      + " && busybox rm /var.log && busybox touch -d 2020-01-01 old && busybox touch new && busybox mkdir -p z/y\n"
    let first = try await build(try await fixture(dockerfile, ["app/f": "x"]))
    try await Task.sleep(for: .seconds(1.1))
    let second = try await build(try await fixture(dockerfile, ["app/f": "x"]))
    #expect(first.digest == second.digest)
  }

  @Test func `only what the target needs is built`() async throws {
    let fixture = try await fixture(
      Self.start.replacing("scratch", with: "scratch AS base")
        + "FROM base AS broken\nRUN busybox false\nFROM base AS good\nRUN busybox true\n")
    let result = try await build(fixture)
    #expect(result.steps.map(\.line) == [2, 3, 7])
    #expect(result.steps.map(\.hasLayer) == [true, true, false])
    let failed = try await fixture.run("build", "app", "--target", "broken")
    #expect(failed.status == 2)
    #expect(failed.errors.contains("app/Dockerfile:5:1: process \"/bin/sh -c busybox false\" exited with code 1"))
  }

  @Test func `files that a command deletes and what it leaves by the way are no part of the image`() async throws {
    let fixture = try await fixture(
      Self.start
        + "COPY d /d\nRUN busybox rm -r /d/gone && busybox mkdir -p /var/lib/apt/lists /var/log /etc && echo 1 > /var/lib/apt/lists/x"
        + " && echo 1 > /var/log/l && echo 1 > /etc/passwd- && busybox rm /d/file && busybox mkdir /d/file\n",
      ["app/d/gone/x": "1", "app/d/gone/y": "2", "app/d/file": "3", "app/d/stays": "4"])
    _ = try await build(fixture, "-o", "root")
    let root = fixture.work + "/root"
    #expect(try Files.list(root + "/d") == ["file", "stays"])
    #expect(Files.isDirectory(root + "/d/file"))
    #expect(try Files.list(root + "/var/lib/apt/lists") == [])
    #expect(try Files.text(root + "/var/log/l") == "")
    #expect(!Files.exists(root + "/etc/passwd-"))
  }

  @Test func `a secret is seen by its command and by nothing else`() async throws {
    let secret = "s3cr3t-\(UInt64.random(in: 0...UInt64.max))"
    let fixture = try await fixture(
      Self.start
        + "RUN --mount=type=secret,id=t busybox wc -c < /run/secrets/t > /count && busybox test ! -e /elsewhere\n"
        + "RUN busybox test ! -e /run/secrets/t\n", ["secret": secret])
    _ = try await build(fixture, "--secret", "id=t,src=secret", "-o", "root")
    #expect(try Files.text(fixture.work + "/root/count") == "\(secret.utf8.count)\n")
    let found = try await Subprocess("grep", ["-rlF", secret, fixture.cache, fixture.work + "/root"]).run()
    #expect(found.text.isEmpty)
    #expect(found.status == 1)
  }

  @Test func `commands have no network and see no process of the host`() async throws {
    let fixture = try await fixture(
      Self.start + "RUN busybox ip route > /routes; busybox ls /proc | busybox grep -c '^[0-9]' > /processes\n")
    _ = try await build(fixture, "-o", "root")
    #expect(try Files.text(fixture.work + "/root/routes") == "")
    let processes = try #require(Int(try Files.text(fixture.work + "/root/processes").dropLast()))
    #expect(processes < 8)
  }

  @Test func `no link leads out of the context or of the image`() async throws {
    let fixture = try await fixture(Self.start + "COPY out /copied\n", ["outside": "secret"])
    try Files.link(fixture.work + "/app/out", to: "../outside")
    let refused = try await fixture.run("build", "app")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("app/Dockerfile:4:1: \"/out\": not found"))
    try Files.write(Self.start + "COPY etc /etc\nCOPY f /etc/evil/f\n", to: fixture.work + "/app/Dockerfile")
    try Files.createDirectory(fixture.work + "/app/etc")
    try Files.write("1", to: fixture.work + "/app/f")
    try Files.link(fixture.work + "/app/etc/evil", to: "../../../../../../../tmp")
    _ = try await build(fixture, "-o", "root")
    #expect(try Files.text(fixture.work + "/root/tmp/f") == "1")
  }

  @Test func `a name that deletes in layers is refused`() async throws {
    let fixture = try await fixture("FROM scratch\nCOPY . /\n", ["app/.wh.bin": ""])
    let refused = try await fixture.run("build", "app")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("'.wh.bin' can't be in an image"))
  }

  @Test func `what can't be done is refused before anything runs`() async throws {
    let fixture = try await fixture(Self.start + "RUN busybox true\nRUN --network=host busybox true\n")
    let refused = try await fixture.run("build", "app")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("app/Dockerfile:5:1: RUN --network=host needs the permission to use the network"))
    #expect(try !fixture.cachedFiles().contains { $0.hasPrefix("layers/") })
  }

  @Test func `another machine goes on from a cache`() async throws {
    let dockerfile = Self.start + "RUN echo 1 > /one\nRUN busybox cat /one > /two\n"
    let first = try await fixture(dockerfile)
    let made = try await build(first, "--cache-to", "kept")
    let second = try await fixture(dockerfile + "RUN busybox cat /two > /three\n")
    let found = try await build(second, "--cache-from", first.work + "/kept", "-o", "root")
    #expect(found.steps.map(\.isCached) == [true, true, true, true, false])
    #expect(found.digest != made.digest)
    #expect(try Files.text(second.work + "/root/three") == "1\n")
  }

  @Test func `here-documents, caches, contexts and arguments`() async throws {
    let fixture = try await fixture(
      Self.start + """
        ARG WHO=nobody
        COPY <<EOF /hello
        hello $WHO
        EOF
        RUN <<EOF
        echo one > /one
        EOF
        RUN <<EOF
        #!/bin/sh
        echo $0 > /two
        EOF
        RUN --mount=type=cache,target=/c echo x >> /c/f
        RUN --mount=type=cache,target=/c busybox cat /c/f > /kept
        RUN --mount=type=bind,target=/m,rw echo changed > /m/f && busybox cat /m/f > /seen
        COPY --from=other f /other

        """, ["app/f": "context", "other/f": "named"])
    _ = try await build(fixture, "--build-arg", "WHO=you", "--build-context", "other=other", "-o", "root")
    func text(_ name: String) throws -> String { try Files.text("\(fixture.work)/root/\(name)") }
    #expect(try text("hello") == "hello you\n")
    #expect(try text("one") == "one\n")
    #expect(try text("two") == "/dev/pipes/EOF\n")
    #expect(try text("kept") == "x\n")
    #expect(try text("seen") == "changed\n")
    #expect(try text("other") == "named")
    #expect(try Files.text(fixture.work + "/app/f") == "context")
    #expect(!Files.exists(fixture.work + "/root/c"))
  }
}
