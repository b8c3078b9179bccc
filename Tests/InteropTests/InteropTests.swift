import Building
import Glibc
import Host
import Testing

/// The image in the hands of programs that others wrote: Docker 20.10, skopeo and umoci.
@Suite(.serialized, .withBuiltImage) struct `The built image` {
  private static let job = ["run", "/opt/jobs/spark_pandas_parquet.py", "--JOB_NAME", "x"]
  private static let result = #""job": "x", "read": 4, "written": 2, "total": 35.0"#

  private func run(_ arguments: [String], of name: String = BuiltImage.name) async throws -> Subprocess.Result {
    try await BuiltImage.current().daemon.run(["run", "--rm", "--network", "none", name] + arguments)
  }

  @Test func `runs a job in Docker without a network`() async throws {
    let result = try await run(Self.job)
    #expect(result.status == 0, "\(result.errorText.suffix(2000))")
    #expect(result.text.contains(Self.result))
  }

  @Test func `ends with 1 in Docker when its job raises`() async throws {
    let result = try await run(Self.job + ["--fail", "yes"])
    #expect(result.status == 1)
    #expect((result.text + result.errorText).contains("RuntimeError: asked to fail"))
    #expect(!result.text.contains(Self.result))
  }

  @Test func `turns healthy in Docker, and its job is told to stop`() async throws {
    let image = try BuiltImage.current()
    let script = image.directory + "/wait.py"
    try Files.write("import time\ntime.sleep(600)\n", to: script)
    let container = try await image.daemon.output(
      "run", "--detach", "--network", "none", "--health-interval=1s", "--volume", "\(script):/opt/wait.py:ro",
      BuiltImage.name, "run", "/opt/wait.py")
    var health = ""
    for _ in 0..<120 where health != "healthy" {
      try await Task.sleep(for: .milliseconds(500))
      health = try await image.daemon.output("inspect", "--format", "{{.State.Health.Status}}", container)
    }
    #expect(health == "healthy")
    _ = try await image.daemon.output("stop", "--time", "30", container)
    let status = try await image.daemon.output("inspect", "--format", "{{.State.ExitCode}}", container)
    #expect(status == "\(128 + SIGTERM)")
    _ = try await image.daemon.output("rm", "--force", container)
  }

  @Test func `is read by skopeo and unpacked by umoci`() async throws {
    let image = try BuiltImage.current()
    let layout = "\(image.directory)/layout:built"
    let inspected = try await Subprocess("skopeo", ["inspect", "--format", "{{.Digest}}", "oci:\(layout)"]).run()
    #expect(inspected.status == 0, "\(inspected.errorText)")
    #expect(inspected.text == image.digest + "\n")
    let bundle = image.directory + "/bundle"
    let unpacked = try await Subprocess("umoci", ["unpack", "--image", layout, bundle]).run()
    #expect(unpacked.status == 0, "\(unpacked.errorText.suffix(2000))")
    let home = try FileStatus(of: bundle + "/rootfs/home/glue")
    #expect(home.kind == .directory)
    #expect(home.uid == 10000)
    #expect(Files.isFile(bundle + "/rootfs/usr/local/bin/glue-athena"))
    try Files.remove(bundle)
  }

  @Test func `is what Docker makes of the generated files without a network`() async throws {
    let image = try BuiltImage.current()
    let context = image.directory + "/context"
    try await BuiltImage.drydock(["generate", image.folder, "--context", context])
    let sums = try await Subprocess("sha256sum", ["--check", "--quiet", "SHA256SUMS"], directory: context).run()
    #expect(sums.status == 0, "\(sums.text)")
    let name = "spark-athena:generated"
    _ = try await image.daemon.output("build", "--network", "none", "--tag", name, context)
    try Files.remove(context)
    let result = try await run(Self.job, of: name)
    #expect(result.status == 0, "\(result.errorText.suffix(2000))")
    #expect(result.text.contains(Self.result))

    let built = try await files(of: BuiltImage.name)
    let generated = try await files(of: name)
    #expect(built.count > 10_000)
    // To pip, every package of a list was asked for.
    #expect(generated.subtracting(built).filter { !$0.hasSuffix(".dist-info/REQUESTED") } == [])
    // pip's own way is to compile programs too, which `compileall` on the packages does not.
    #expect(built.subtracting(generated).filter { !$0.contains(" /usr/local/bin/__pycache__") } == [])
  }

  /// Kind, mode, owner, path and link of every file that a container of the image has.
  private func files(of name: String) async throws -> Set<String> {
    let found = try await BuiltImage.current().daemon.output(
      "run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "/usr/bin/find", name, "/", "-xdev", "-printf",
      #"%y %m %U:%G %l %p\n"#)
    return Set(found.split(separator: "\n").map(String.init))
  }

  /// The kills fall into unpacking and into configuring the root.
  @Test func `has the same digest from another cache, time zone, language and folder, also after killed builds`()
    async throws
  {
    let image = try BuiltImage.current()
    let cache = image.directory + "/cache"
    try Files.createDirectory(cache)
    // What was fetched is shared, and so is the wheel that only a sandbox can build; all else is made again.
    let shared = try BuildCache(path: Environment["DRYDOCK_CACHE"])
    for kind in [BuildCache.Folder.debian, .python, .index, .built] {
      try Files.link("\(cache)/\(kind.rawValue)", to: shared.folder(kind))
    }
    var environment = Environment.all
    environment["DRYDOCK_CACHE"] = cache
    environment["TMPDIR"] = image.directory
    environment["TZ"] = "Pacific/Auckland"
    environment["LC_ALL"] = "C"
    for seconds in [1, 2, 4] { try await BuiltImage.killBuild(image.folder, after: seconds, environment: environment) }
    #expect(try await BuiltImage.build(image.folder, to: [], environment: environment) == image.digest)
    #expect(try Files.list(cache + "/work") == [])
    #expect(try Files.list(cache + "/roots").filter { $0.hasPrefix("root-") } == [])
  }
}
