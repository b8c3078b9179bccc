import Host
import TestSupport
import Testing

/// The runtime that `make runtime` left, on machines that have nothing it could lean on.
@Suite struct `The static runtime` {
  private static let program = Path.normalize(#filePath + "/../../../.build/runtime/glue-athena")

  /// Runs the program as the root of a new root directory, with `/proc` and nothing else mounted.
  private func run(_ words: [String], in root: String) async throws -> Subprocess.Result {
    try Files.createDirectory(root + "/proc")
    let script = "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" \"$@\""
    return try await Subprocess(
      "unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, root] + words
    ).run()
  }

  @Test func `needs no interpreter and no shared library`() async throws {
    let headers = try await Subprocess("readelf", ["--program-headers", "--dynamic", "--wide", Self.program]).run()
    #expect(headers.status == 0, "\(headers.errorText)")
    #expect(headers.text.contains(" LOAD "))
    #expect(!headers.text.contains(" INTERP "))
    #expect(!headers.text.contains("(NEEDED)"))
    #expect(try FileStatus(of: Self.program).size <= 16 << 20)
  }

  @Test func `runs in a root that holds nothing else`() async throws {
    let directory = try TemporaryDirectory()
    let root = directory.path + "/root"
    try Files.createDirectory(root)
    try await copy(to: root)
    let version = try await run(["/glue-athena", "--version"], in: root)
    #expect(version.status == 0, "\(version.errorText)")
    #expect(version.text.hasPrefix("glue-athena "))
    // No Python, Java or Spark: the checks say so, and nothing fails for want of a library.
    let health = try await run(["/glue-athena", "health", "--ready", "--format", "json"], in: root)
    #expect(health.status == 1, "\(health.errorText)")
    #expect(health.text.contains("\"checks\""))
  }

  @Test func `runs on the C library of Debian 11`() async throws {
    let directory = try TemporaryDirectory()
    let folder = directory.path + "/bullseye"
    let root = directory.path + "/root"
    try Files.createDirectory(folder)
    let specification = """
      version: 1
      name: bullseye
      platform: linux/amd64
      base: scratch
      debian: {suites: [bullseye], packages: [dash, libc-bin]}

      """
    try Files.write(specification, to: folder + "/image.yaml")
    for words in [["pin", folder], ["build", folder, "--output", root]] {
      let result = try await Subprocess(BuiltProgram.path("drydock"), words).run()
      try #require(result.status == 0, "drydock \(words[0]): \(result.errorText.suffix(2000))")
    }
    try await copy(to: root)
    let result = try await run(["/bin/sh", "-c", "ldd --version | head -n 1; /glue-athena --version"], in: root)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.text.contains("2.31"))
    #expect(result.text.contains("glue-athena "))
  }

  private func copy(to root: String) async throws {
    let copied = try await Subprocess("cp", [Self.program, root + "/glue-athena"]).run()
    try #require(copied.status == 0, "\(copied.errorText)")
  }
}
