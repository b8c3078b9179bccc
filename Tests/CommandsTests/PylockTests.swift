import Host
import TestSupport
import Testing

/// Lock files of PEP 751, written and read by others.
@Suite(.serialized) struct PylockTests {
  static let wheels = [
    MadeUpWheel("alpha", "1.0", requires: ["beta; sys_platform == 'linux'", "gamma; sys_platform != 'linux'"]),
    MadeUpWheel("beta", "2.0"), MadeUpWheel("gamma", "1.0"),
  ]

  @Test func `the text is the one of the specification`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let fixture = try ProgramFixture(["list.in": "alpha\n"], index: server.origin)
    let outcome = try await fixture.run("pin", "list.in", "--python", "3.11", "--universal", "-o", "pylock.toml")
    #expect(outcome == ProgramFixture.Outcome(0, errors: "pylock.toml: 3 packages\n"))
    func lines(_ wheel: MadeUpWheel, marker: String? = nil) -> String {
      """

      [[packages]]
      name = "\(wheel.name)"
      version = "\(wheel.version)"
      \(marker.map { "marker = \"\($0)\"\n" } ?? "")wheels = [
          { name = "\(wheel.fileName)", url = "\(server.origin)/files/\(wheel.fileName)", \
      size = \(wheel.bytes.count), hashes = { sha256 = "\(wheel.sha256)" } },
      ]

      """
    }
    #expect(
      try Files.text("\(fixture.work)/pylock.toml")
        == "lock-version = \"1.0\"\ncreated-by = \"drydock\"\nrequires-python = \">=3.11\"\n"
        + lines(Self.wheels[0]) + lines(Self.wheels[1], marker: "sys_platform == 'linux'")
        + lines(Self.wheels[2], marker: "sys_platform != 'linux'"))
  }

  @Test func `pip, uv and packaging take it, and pip takes the list with hashes`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let fixture = try ProgramFixture(["list.in": "alpha\n"], index: server.origin)
    for output in ["pylock.toml", "out.txt"] {
      let outcome = try await fixture.run("pin", "list.in", "--python", "3.11", "--universal", "-o", output)
      try #require(outcome.status == 0, "\(outcome)")
    }
    let lock = "\(fixture.work)/pylock.toml"
    let python = try await PythonTools.python()
    func run(_ program: String, _ words: String...) async throws -> Subprocess.Result {
      try await Subprocess(program, words, environment: Environment.all.filter { !$0.key.hasPrefix("PIP_") }).run()
    }
    let parsed = try await run(
      python, "-c",
      "import sys, tomllib, packaging.pylock as p; "
        + "print(*[x.name for x in p.Pylock.from_dict(tomllib.load(open(sys.argv[1], 'rb'))).packages])", lock)
    #expect(parsed.text == "alpha beta gamma\n", "\(parsed.errorText)")
    let uv = try await run(
      Path.parent(python)! + "/uv", "pip", "install", "--python", python, "--cache-dir", "\(fixture.work)/uv",
      "--dry-run",
      "-r", lock)
    #expect(uv.status == 0, "\(uv.errorText)")
    #expect(uv.errorText.contains(" + alpha==1.0\n + beta==2.0\n"), "\(uv.errorText)")
    let pip = ["-m", "pip", "install", "--dry-run", "--no-cache-dir", "--disable-pip-version-check"]
    for words in [
      ["-r", lock], ["--require-hashes", "-i", "\(server.origin)/simple/", "-r", "\(fixture.work)/out.txt"],
    ] {
      let installed = try await Subprocess(
        python, pip + words, environment: Environment.all.filter { !$0.key.hasPrefix("PIP_") }
      ).run()
      #expect(installed.text.contains("Would install alpha-1.0 beta-2.0\n"), "\(installed.text)\(installed.errorText)")
    }
  }

  @Test func `a name that the specification does not know is refused`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let fixture = try ProgramFixture(["list.in": "alpha\n"], index: server.origin)
    let outcome = try await fixture.run("pin", "list.in", "--python", "3.11", "-o", "lock.toml")
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("error: lock.toml is no name of a lock file\nhint: write pylock.toml"))
    #expect(!Files.exists("\(fixture.work)/lock.toml"))
  }
}
