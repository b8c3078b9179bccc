import Host
import TestSupport
import Testing

/// Drydock inside an ordinary container of Docker's: no privilege, no daemon, no device.
@Suite(.serialized) struct ContainedBuildTests {
  private static let dockerfile = """
    FROM scratch
    COPY . /bin/
    COPY busybox /bin/sh
    RUN busybox mkdir /made && echo made > /made/file && busybox chown 0:0 /made
    """
  /// The same without anything to run.
  private static let copying = "FROM scratch\nCOPY . /bin/\nWORKDIR /made\n"
  private static let tests = """
    schemaVersion: 2.0.0
    commandTests:
      - name: says
        command: /bin/busybox
        args: [cat, /made/file]
        expectedOutput: [made]
    """

  /// What a program needs of this machine to run in a container that has nothing: its folders, read-only.
  private func mounts(of program: String, _ folders: [String]) async throws -> [String] {
    // For example `libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x…)`.
    let libraries = try await Subprocess("ldd", [program]).run().text.split(separator: "\n").compactMap { line in
      line.split(separator: " ").first { $0.hasPrefix("/") }.flatMap { Path.parent(String($0)) }
    }
    let system = ["/usr", "/lib", "/lib64"]
    let others = Set(libraries).filter { folder in !system.contains { folder == $0 || folder.hasPrefix("\($0)/") } }
    return (system + others.sorted() + folders).flatMap { ["--volume", "\($0):\($0):ro"] }
  }

  @Test func `RUN and tests work where user namespaces are allowed, and all else without`() async throws {
    let directory = try TemporaryDirectory(prefix: "drydock-contained")
    let work = directory.path
    let program = BuiltProgram.path("drydock")
    for (name, text) in [("running", Self.dockerfile), ("copying", Self.copying)] {
      try Files.createDirectory("\(work)/\(name)")
      try Files.write(text, to: "\(work)/\(name)/Dockerfile")
      let copied = try await Subprocess("cp", ["/bin/busybox", "\(work)/\(name)/busybox"]).run()
      try #require(copied.status == 0)
    }
    try Files.write(Self.tests, to: work + "/tests.yaml")
    try Files.createDirectory(work + "/empty/etc")
    try Files.write("root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/build:/bin/sh\n", to: work + "/empty/etc/passwd")
    try Files.write("FROM scratch\nCOPY etc /etc\nENV PATH=/usr/bin\n", to: work + "/empty/Dockerfile")
    for path in [work, work + "/tests.yaml"] { try Files.changeMode(path, 0o755) }
    let outside = try await Subprocess(
      program, ["build", work + "/running", "--quiet"],
      environment: Environment.all.merging(["DRYDOCK_CACHE": work + "/cache"]) { $1 }
    ).run()
    try #require(outside.status == 0, "\(outside.errorText)")
    let daemon = try await DockerDaemon(in: work + "/docker")
    do {
      _ = try await daemon.output("build", "--quiet", "--tag", "empty", "--network", "none", work + "/empty")
      let given = try await mounts(of: program, [Path.parent(program) ?? "/", work + "/running", work + "/copying"])
      let start =
        ["run", "--rm", "--network", "none", "--tmpfs", "/build:exec,mode=1777", "--volume"]
        + ["\(work)/tests.yaml:/tests.yaml:ro", "--env", "DRYDOCK_CACHE=/build/cache", "--env", "HOME=/build"] + given
      func run(_ user: String, _ options: [String], _ script: String) async throws -> Subprocess.Result {
        try await daemon.run(start + options + ["--user", user, "empty", "/usr/bin/sh", "-c", script])
      }
      let allowed = ["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
      for user in ["0:0", "1000:1000"] {
        // Docker's default filter allows no namespaces: said with what to do, and needed by RUN alone.
        let refused = try await run(user, [], "\(program) build \(work)/running --quiet")
        #expect(refused.status == 4, "\(user): \(refused.errorText)")
        #expect(refused.errorText.contains("RUN can't be run here"), "\(refused.errorText)")
        #expect(refused.errorText.contains("--security-opt seccomp=unconfined"), "\(refused.errorText)")
        let copied = try await run(user, [], "\(program) build \(work)/copying --quiet")
        #expect(copied.status == 0, "\(user): \(copied.errorText)")
        let built = try await run(
          user, allowed,
          "\(program) build \(work)/running --quiet -o oci:/build/o && \(program) test oci:/build/o --tests /tests.yaml"
        )
        #expect(built.status == 0, "\(user): \(built.errorText)")
        #expect(built.text.hasPrefix(outside.text), "\(user): the digest of outside")
        #expect(built.text.contains("1 passed, 0 failed"), "\(built.text)")
      }
    } catch {
      try await daemon.stop()
      throw error
    }
    try await daemon.stop()
  }
}
