import Host
import TestSupport
import Testing

@testable import GlueAthena

/// Results go where somebody said, and nothing that is there is destroyed for them.
@Suite struct `A file for results` {
  @Test func `appears whole, and where links lead`() throws {
    let directory = try TemporaryDirectory()
    let (real, link) = (directory.path + "/real", directory.path + "/link")
    try Files.write("old", to: real)
    try Files.link(link, to: "real")
    let file = try OutputFile(link)
    let handle = try file.open()
    try handle.write(Array("new".utf8))
    #expect(try Files.text(real) == "old")
    try file.commit()
    #expect(try Files.text(real) == "new")
    #expect(try FileStatus(of: link).kind == .symbolicLink)
    #expect(try Files.list(directory.path) == ["link", "real"])
  }

  @Test func `may lie in shared memory`() throws {
    let directory = try TemporaryDirectory(in: "/dev/shm", prefix: "drydock-output")
    for text in ["first and longer", "second"] {
      try OutputFile(directory.path + "/file").write(text)
      #expect(try Files.text(directory.path + "/file") == text)
    }
  }

  @Test func `is written to as it is where it is a pipe`() async throws {
    let directory = try TemporaryDirectory()
    let pipe = directory.path + "/pipe"
    #expect(try await Subprocess("mkfifo", [pipe]).run().status == 0)
    async let reader = Subprocess("cat", [pipe]).run()
    try await BlockingPool.run { () throws(SystemError) in try OutputFile(pipe).write("through\n") }
    #expect(try await reader.text == "through\n")
    #expect(try FileStatus(of: pipe).isPipe)
  }

  @Test func `keeps its place where it is mounted`() async throws {
    let directory = try TemporaryDirectory()
    for name in ["outside", "inside"] { try Files.write("old and longer", to: "\(directory.path)/\(name)") }
    let program = BuiltProgram.path("glue-athena")
    let script = "mount --bind outside inside && \(program) run --python --summary inside job.py"
    try Files.write("print('done')\n", to: directory.path + "/job.py")
    let result = try await Subprocess(
      "unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", script], directory: directory.path
    ).run()
    #expect(result.status == 0, "\(result.errorText)")
    #expect(try Files.text(directory.path + "/outside").hasPrefix(#"{"event":"job""#))
    #expect(try Files.text(directory.path + "/outside").hasSuffix("}\n"))
    #expect(try Files.text(directory.path + "/inside") == "old and longer")
  }

  @Test func `can be standard output`() async throws {
    let directory = try TemporaryDirectory()
    try Files.write("print('job', flush=True)\n", to: directory.path + "/job.py")
    let words = ["run", "--python", "--summary", "/dev/stdout", "job.py"]
    let result = try await Subprocess(BuiltProgram.path("glue-athena"), words, directory: directory.path).run()
    #expect(result.text.hasPrefix("job\n{\"event\":\"job\""), "\(result.text) \(result.errorText)")
  }

  @Test(arguments: ["", "/", "/nowhere/file", "."]) func `is refused before any work`(path: String) {
    #expect(throws: SystemError.self) { try OutputFile(path) }
  }

  @Test func `that is lost leaves the job its exit code`() async throws {
    let directory = try TemporaryDirectory()
    try Files.createDirectory(directory.path + "/there")
    try Files.write("import shutil, sys\nshutil.rmtree('there')\nsys.exit(7)\n", to: directory.path + "/job.py")
    let words = ["run", "--python", "--summary", "there/summary", "job.py"]
    let result = try await Subprocess(BuiltProgram.path("glue-athena"), words, directory: directory.path).run()
    #expect(result.status == 7)
    #expect(result.errorText.contains("the summary is lost: cannot create there/summary."))
  }
}
