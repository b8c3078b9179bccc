import Host
import JSON
import TestSupport
import Testing

/// Builds by an ordinary user: the same bytes as root's, or a reason.
@Suite(.serialized) struct RootlessBuildTests {
  private static let start = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n"
  /// Files of other users, and commands that change some of them, but give none away.
  private static let plain =
    start + """
      COPY --chown=1000:1000 a /home/u/a
      COPY --chown=5:7 --chmod=640 a /b/c
      RUN busybox mkdir -p /etc /d && echo 'u:x:1000:1000::/home/u:/bin/sh' > /etc/passwd && busybox touch /d/x
      RUN echo more >> /home/u/a; busybox chmod 600 /b/c; busybox ln -s y /d/z; busybox ln /d/x /d/w
      RUN busybox rm -r /d; busybox mkdir /d

      """
  /// Commands that need other users.
  private static let others =
    plain + """
      RUN busybox chown 1000:1000 /d && busybox touch /d/e && busybox chown -h 65534:9 /d/e
      USER u
      RUN busybox id > /d/y; busybox ln -s y /d/z
      USER 0
      RUN busybox chown 0 /d/y && busybox mv /home/u/a /d/

      """

  private func fixture(_ files: [String: String]) async throws -> ProgramFixture {
    let fixture = try ProgramFixture(files)
    let busybox = try #require(Environment.program("busybox"))
    let copied = try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run()
    try #require(copied.status == 0)
    return fixture
  }

  private func build(_ dockerfile: String, as means: OrdinaryUser.Means?) async throws -> ProgramFixture.Outcome {
    let fixture = try await fixture(["app/Dockerfile": dockerfile, "app/a": "text\n"])
    let outcome = try await fixture.run(["build", "app", "--quiet"], as: means)
    #expect(try fixture.mounts() == [])
    return outcome
  }

  @Test(arguments: [OrdinaryUser.Means.subordinates, .contained, .copying])
  func `with a range of users the image is root's to the byte`(_ means: OrdinaryUser.Means) async throws {
    let root = try await build(Self.others, as: nil)
    #expect(root.status == 0, "\(root)")
    #expect(try await build(Self.others, as: means) == root)
  }

  @Test(arguments: [OrdinaryUser.Means.alone, .powerless])
  func `alone, files keep the owners that they were given outside of commands`(
    _ means: OrdinaryUser.Means
  ) async throws {
    let root = try await build(Self.plain, as: nil)
    #expect(root.status == 0, "\(root)")
    #expect(try await build(Self.plain, as: means) == root)
  }

  @Test func `alone, what other users are needed for is explained`() async throws {
    let chown = try await build(Self.start + "RUN busybox chown 1000:1000 /bin\n", as: .alone)
    #expect(chown.status == 4)
    #expect(chown.errors.contains("chown: /bin: Invalid argument\nhint: root is the only user here; for others"))
    let user = try await build(Self.start + "USER 1000\nRUN busybox id\n", as: .alone)
    #expect(
      user
        == .init(
          4,
          errors: """
            error: app/Dockerfile:5:1: RUN can't be run here: cannot run as the user 1000:0
            hint: root is the only user here; for others the uidmap package has to be installed, and /etc/subuid and \
            /etc/subgid need a line for you: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER

            """))
    let powerless = try await build(Self.start + "USER 1000\nRUN busybox id\n", as: .powerless)
    #expect(powerless.errors.contains("hint: root is the only user here (newuidmap: "))
  }

  @Test func `without user namespaces only RUN is refused, and the hint names the switch`() async throws {
    let run = try await build(Self.start + "RUN busybox id\n", as: .forbidden)
    #expect(
      run
        == .init(
          4,
          errors: """
            error: app/Dockerfile:4:1: RUN can't be run here: cannot create a user namespace: No space left on device
            hint: user namespaces are switched off: sysctl -w user.max_user_namespaces=10000

            """))
    let dockerfile = Self.start + "COPY --chown=5:7 a /a\n"
    let root = try await build(dockerfile, as: nil)
    #expect(try await build(dockerfile, as: .forbidden) == root)
    #expect(root.status == 0)
  }

  @Test func `an image of Debian packages is root's to the byte`() async throws {
    let spec = """
      version: 1
      name: small
      summary: Files of several users
      platform: linux/amd64
      base: scratch
      runtime: false
      debian:
        suites: [bookworm]
        packages: [base-passwd, passwd]

      """
    let fixture = try await fixture(["app/image.yaml": spec])
    let pinned = try await fixture.run("pin", "app")
    try #require(pinned.status == 0, "\(pinned)")
    let words = ["build", "app", "--quiet", "--format", "json"]
    let root = try await fixture.run(words)
    try #require(root.status == 0, "\(root)")
    // Downloads may stay; what was made of them may not.
    for folder in ["roots", "layers", "store", "contents"] { try Files.remove("\(fixture.cache)/\(folder)") }
    #expect(try await fixture.run(words, as: .subordinates) == root)
  }
}
