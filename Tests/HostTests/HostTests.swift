import Host
import Testing

@Suite struct `Paths and files` {
  static let names: [(name: String, contained: String?)] = [
    ("a/b", "a/b"), ("./a//b/", "a/b"), ("../a", nil), ("a/../../b", nil), ("/etc/passwd", nil), ("", nil), (".", nil),
    ("a\0b", nil),
  ]

  @Test(arguments: names) func `an untrusted name stays below its root or is refused`(
    _ row: (name: String, contained: String?)
  ) {
    #expect(Path.contained(row.name) == row.contained)
  }

  static let normalized: [(path: String, expected: String)] = [
    ("/a/./b/../c", "/a/c"), ("/..", "/"), ("a/..", "."), ("../x", "../x"), ("//a", "/a"),
  ]

  @Test(arguments: normalized) func `a path loses its detours`(_ row: (path: String, expected: String)) {
    #expect(Path.normalize(row.path) == row.expected)
  }

  @Test func `a file is written whole or not at all and leaves no temporary file`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/file"
    try Files.write("one", to: path)
    try Files.write("two", to: path)
    #expect(try Files.text(path) == "two")
    #expect(try Files.list(directory.path) == ["file"])
    #expect(throws: SystemError.self) { try Files.write("x", to: directory.path + "/missing/file") }
    #expect(throws: SystemError("read", path, code: 27)) { try Files.read(path, limit: 2) }
  }

  @Test func `a tree is removed without following its links`() throws {
    let directory = try TemporaryDirectory()
    try Files.createDirectory(directory.path + "/keep")
    try Files.write("x", to: directory.path + "/keep/file")
    try Files.createDirectory(directory.path + "/gone/deep/er")
    try Files.link(directory.path + "/gone/deep/link", to: directory.path + "/keep")
    try Files.remove(directory.path + "/gone")
    #expect(!Files.exists(directory.path + "/gone"))
    #expect(Files.exists(directory.path + "/keep/file"))
  }

  @Test func `a temporary directory goes with its owner, and an abandoned one with the next`() throws {
    let parent = try TemporaryDirectory()
    var inner: TemporaryDirectory? = try TemporaryDirectory(in: parent.path, prefix: "work")
    let path = inner?.path ?? ""
    #expect(Files.isDirectory(path))
    inner = nil
    #expect(!Files.exists(path))
    let abandoned = parent.path + "/work-1-2"
    try Files.createDirectory(abandoned + "/sub")
    try Files.write("", to: abandoned + ".lock")
    let next = try TemporaryDirectory(in: parent.path, prefix: "work")
    #expect(!Files.exists(abandoned))
    #expect(Files.isDirectory(next.path))
  }

  static let times: [(text: String, seconds: Int?)] = [
    ("1970-01-01T00:00:00Z", 0), ("2024-02-29T12:30:45Z", 1_709_209_845), ("2024-02-29", 1_709_164_800),
    ("yesterday", nil), ("2024-02-29T12:30:45+01:00", nil),
  ]

  @Test(arguments: times) func `times are read and written in UTC`(_ row: (text: String, seconds: Int?)) {
    #expect(Clock.seconds(rfc3339: row.text) == row.seconds)
    if let seconds = row.seconds, row.text.hasSuffix("Z") { #expect(Clock.rfc3339(seconds) == row.text) }
  }
}

@Suite(.serialized) struct `Ordinary programs` {
  @Test func `output, errors and exit code come back`() async throws {
    let result = try await Subprocess("sh", ["-c", "cat; echo problem >&2; exit 7"]).run(input: Array("hello".utf8))
    #expect(result.status == 7)
    #expect(result.text == "hello")
    #expect(result.errorText == "problem\n")
  }

  @Test func `a program that is killed answers with 128 and the signal`() async throws {
    #expect(try await Subprocess("sh", ["-c", "kill -TERM $$"]).run().status == 143)
  }

  @Test func `a missing program is named`() async {
    await #expect(throws: SystemError("run", "no-such-program", code: 2)) {
      try await Subprocess("no-such-program").run()
    }
  }

  @Test func `a megabyte goes through both ways while the program does both`() async throws {
    let input = [UInt8](repeating: 65, count: 1 << 20)
    #expect(try await Subprocess("cat").run(input: input).output == input)
  }

  @Test func `more output than the limit is dropped and the program still ends`() async throws {
    let result = try await Subprocess("sh", ["-c", "head -c 1000000 /dev/zero; exit 3"]).run(limit: 1000)
    #expect(result.output.count == 1000)
    #expect(result.status == 3)
  }

  @Test func `an environment and a directory are the program's own`() async throws {
    let directory = try TemporaryDirectory()
    let result = try await Subprocess("sh", ["-c", "echo $A; pwd"], environment: ["A": "b"], directory: directory.path)
      .run()
    #expect(result.text == "b\n\(try Files.resolve(directory.path))\n")
  }

  @Test func `many blocking calls run at once`() async throws {
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<16 { group.addTask { _ = try await Subprocess("sleep", ["1"]).run() } }
      try await group.waitForAll()
    }
    // One after the other would take sixteen seconds.
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func `names that are no text are told when listed, and removed all the same`() async throws {
    let directory = try TemporaryDirectory()
    let script = "mkdir -p $1/d/$(printf 'b\\377d') && : > $1/d/$(printf 'b\\377d')/f && : > $1/d/$(printf '\\376')"
    #expect(try await Subprocess("sh", ["-c", script, "sh", directory.path]).run().status == 0)
    #expect(throws: SystemError.self) { try Files.list(directory.path + "/d") }
    try Files.remove(directory.path + "/d")
    #expect(try Files.list(directory.path) == [])
  }
}
