import Host
import JSON
import TestSupport
import Testing

/// What lists of requirements and projects may say, and how it is read.
@Suite(.serialized) struct RequirementListTests {
  typealias Outcome = ProgramFixture.Outcome

  static let wheels = [
    MadeUpWheel("alpha", "1.0", requires: ["beta", "gamma ; sys_platform == 'win32'"], extras: ["more"]),
    MadeUpWheel("beta", "1.0"), MadeUpWheel("beta", "2.0"), MadeUpWheel("beta", "3.0a1"),
    MadeUpWheel("gamma", "1.0"), MadeUpWheel("delta", "1.0", requires: ["beta<2"]), MadeUpWheel("delta", "2.0"),
  ]

  static func wheel(_ name: String, _ version: String) -> MadeUpWheel {
    wheels.first { $0.name == name && $0.version == version }!
  }

  /// The pins that a list leads to, without hashes and comments.
  private func pins(_ files: [String: String], _ arguments: [String], list: String = "list.in") async throws -> [String]
  {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let outcome = try await ProgramFixture(files, index: server.origin).run(
      ["pin", list, "--python", "3.11"] + arguments)
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.output.split(separator: "\n").filter { $0.first != "#" && $0.first != " " }.map {
      $0.hasSuffix(" \\") ? String($0.dropLast(2)) : String($0)
    }
  }

  @Test func `continuations, comments, variables and inclusions are read as pip does`() async throws {
    let files = [
      "list.in": """
      \u{FEFF}# a comment \\
      alpha >= 1.0, \\
        < 2  # the newest
      -r more/other.txt
      --constraint=limits.txt --pre

      """,
      "more/other.txt": "delta${NOT_SET_ANYWHERE_};python_version<'3'\n-r'../last one.txt'\n",
      "last one.txt": "delta\n", "limits.txt": "beta<3\nnothing<1\n",
    ]
    let outcome = try await ProgramFixture(files).run("pin", "list.in", "--python", "3.11")
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("error: more/other.txt:1:6: "))
    let mended = files.merging(["more/other.txt": "-r'../last one.txt'"]) { $1 }
    #expect(try await pins(mended, []) == ["alpha==1.0", "beta==2.0", "delta==2.0"])
  }

  static let faults: [(line: String, error: String)] = [
    ("-e .", "list.in:2:1: an editable install is a folder of one machine and can't be pinned"),
    ("alpha @ git+https://example.org/a.git@v1", "list.in:2:1: 'git+https://example.org/a.git@v1' is a repository"),
    (
      "git+https://example.org/a.git#egg=alpha",
      "list.in:2:1: 'git+https://example.org/a.git#egg=alpha' is a repository"
    ),
    ("./folder", "list.in:2:1: './folder' is a folder of this machine and can't be pinned"),
    ("https://example.org/a-1.0.tar.gz", "list.in:2:1: the name of 'https://example.org/a-1.0.tar.gz' does not tell"),
    ("alpha @ https://example.org/a-1.0.whl#subdirectory=x", "alpha can't be pinned to"),
    ("alpha = 1", "list.in:2:7: "), ("alpha --hash=sha256:12", "list.in:2:7: a sha256 has 64 hexadecimal digits"),
    ("alpha --hash=md5:12", "list.in:2:7: expected --hash=sha256:DIGITS"),
    ("--frozen", "list.in:2:1: the option --frozen"),
    ("--index-url", "list.in:2:1: --index-url needs a value"),
    ("-r missing.txt", "list.in:2:1: cannot open missing.txt"),
    ("-r list.in", "lists include each other more than 16 deep"), ("-r https://example.org/r.txt", "is not read"),
    ("-r 'x", "list.in:2:1: a quote is not closed"), ("--no-binary a/b", "list.in:2:1: "),
  ]

  @Test(arguments: faults) func `what can't be pinned is refused with its place and the reason`(
    _ line: String, _ error: String
  ) async throws {
    let outcome = try await ProgramFixture(["list.in": "# a list\n\(line)\n", "folder/x": ""])
      .run("pin", "list.in", "--python", "3.11")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(error), "\(outcome.errors)")
    #expect(outcome.output == "")
  }

  @Test func `hashes in a list are obeyed`() async throws {
    let own = Self.wheel("beta", "1.0").sha256
    #expect(try await pins(["list.in": "beta --hash=sha256:\(own)\n"], []) == ["beta==1.0"])
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let other = String(repeating: "0", count: 64)
    let outcome = try await ProgramFixture(["list.in": "beta==2.0 --hash=sha256:\(other)\n"], index: server.origin)
      .run("pin", "list.in", "--python", "3.11")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("beta==2.0 has no file with one of the hashes that you allow"))
  }

  static let project = """
    [project]
    name = "Mine"
    dependencies = ["alpha"]
    requires-python = ">=3.9"
    [project.optional-dependencies]
    old = ["delta<2"]
    all = ["mine[old]"]
    [dependency-groups]
    test = ["gamma", {include-group = "lint"}]
    lint = ["delta"]
    """

  @Test func `a project's extras and groups are asked for by name`() async throws {
    func pins(_ arguments: String...) async throws -> [String] {
      try await self.pins(["pyproject.toml": Self.project], arguments, list: "pyproject.toml")
    }
    #expect(try await pins() == ["alpha==1.0", "beta==2.0"])
    #expect(try await pins("--extra", "all") == ["alpha==1.0", "beta==1.0", "delta==1.0"])
    #expect(try await pins("--all-extras") == ["alpha==1.0", "beta==1.0", "delta==1.0"])
    #expect(try await pins("--group", "test") == ["alpha==1.0", "beta==2.0", "delta==2.0", "gamma==1.0"])
  }

  static let projectFaults: [(text: String, arguments: [String], error: String)] = [
    ("x = 1\n", [], "pyproject.toml:1:1: there is no table [project]"),
    ("[project]\ndependencies = [\n  'a b',\n]\n", [], "pyproject.toml:3:3: "),
    ("[project]\ndependencies = 'a'\n", [], "pyproject.toml:2:16: expected a list of requirements, found a text"),
    ("[project]\ndynamic = ['dependencies']\n", [], "pyproject.toml:2:12: 'dependencies' is only known once"),
    ("[project\n", [], "pyproject.toml:1:9: "),
    (project, ["--extra", "no"], "has no extra 'no'\nhint: it has all, old"),
    (project, ["--group", "no"], "has no dependency group 'no'\nhint: it has test, lint"),
    (
      "[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'a'}]\n", ["--group", "a"],
      "pyproject.toml:2:5: groups include each other: a → b → a"
    ),
    ("[project]\ndependencies = ['a @ git+https://example.org/a']\n", [], "is a repository"),
  ]

  @Test(arguments: projectFaults) func `a project that can't be pinned is told where`(
    _ text: String, _ arguments: [String], _ error: String
  ) async throws {
    let outcome = try await ProgramFixture(["pyproject.toml": text])
      .run(["pin", "pyproject.toml", "--python", "3.11"] + arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(error), "\(outcome.errors)")
  }

  @Test func `constraints, overrides and policies come from options`() async throws {
    let files = ["list.in": "alpha\ndelta<2\n", "limits.txt": "beta<2\n", "force.txt": "beta>=2\n"]
    #expect(try await pins(files, ["-c", "limits.txt"]) == ["alpha==1.0", "beta==1.0", "delta==1.0"])
    #expect(try await pins(files, ["--override", "force.txt"]) == ["alpha==1.0", "beta==2.0", "delta==1.0"])
    #expect(try await pins(["list.in": "alpha"], ["--prerelease", "allow"]) == ["alpha==1.0", "beta==3.0a1"])
    #expect(try await pins(["list.in": "alpha"], ["--resolution", "lowest"]) == ["alpha==1.0", "beta==1.0"])
  }

  @Test func `one outcome for all platforms tells them apart by markers`() async throws {
    #expect(
      try await pins(["list.in": "alpha\n"], ["--universal"])
        == ["alpha==1.0", "beta==2.0", "gamma==1.0 ; sys_platform == 'win32'"])
    #expect(
      try await pins(
        ["list.in": "alpha\nbeta<2 ; platform_machine == 'aarch64'\n"],
        ["--platform", "linux/amd64", "--platform", "linux/arm64"])
        == [
          "alpha==1.0", "beta==1.0 ; platform_machine == 'aarch64'", "beta==2.0 ; platform_machine == 'x86_64'",
        ])
  }

  @Test func `a file by its address is pinned to its hash`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let wheel = Self.wheel("beta", "1.0")
    let address = "\(server.origin)/files/\(wheel.fileName)"
    func run(_ digest: String) async throws -> Outcome {
      try await ProgramFixture(["list.in": "alpha\nbeta @ \(address)\(digest)\n"], index: server.origin)
        .run("pin", "list.in", "--python", "3.11")
    }
    for digest in ["", "#sha256=\(wheel.sha256)"] {
      let outcome = try await run(digest)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("beta @ INDEX/files/\(wheel.fileName) \\\n    --hash=sha256:\(wheel.sha256)\n"))
    }
    let changed = try await run("#sha256=\(String(repeating: "0", count: 64))")
    #expect(changed.status == 3)
    #expect(changed.errors.contains("has the digest sha256:\(wheel.sha256)"))
    #expect(changed.output == "")
  }

  @Test func `the first index that has a project is the only one for it`() async throws {
    let own = TestIndex(wheels: [MadeUpWheel("beta", "0.1")]).serve()
    defer { own.stop() }
    let extra = ["--extra-index-url", "\(own.origin)/simple"]
    #expect(try await pins(["list.in": "alpha"], extra) == ["alpha==1.0", "beta==0.1"])
    #expect(
      try await pins(["list.in": "alpha"], extra + ["--index-strategy", "unsafe-best-match"])
        == ["alpha==1.0", "beta==2.0"])
    #expect(try await pins(["list.in": "--extra-index-url=\(own.origin)/simple\nbeta"], []) == ["beta==0.1"])
  }

  @Test func `a folder of files can stand in for an index`() async throws {
    let wheel = Self.wheel("beta", "2.0")
    let fixture = try ProgramFixture(["list.in": "--no-index\n--find-links wheels\nbeta\n"])
    try Files.createDirectory("\(fixture.work)/wheels")
    try FileHandle(writing: "\(fixture.work)/wheels/\(wheel.fileName)", .exclusive).write(wheel.bytes)
    let outcome = try await fixture.run("pin", "list.in", "--python", "3.11")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("beta==2.0 \\\n    --hash=sha256:\(wheel.sha256)\n"))
  }

  @Test func `pins in the output file are held until they are let go`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let old = "beta==1.0\ndelta==1.0\n"
    for name in ["out.txt", "pylock.toml"] {
      let text =
        name == "out.txt" ? old : "packages = [{name = 'beta', version = '1.0'}, {name = 'delta', version = '1.0'}]\n"
      let fixture = try ProgramFixture(["list.in": "alpha\ndelta\n", name: text], index: server.origin)
      func versions(_ arguments: String...) async throws -> [String] {
        #expect(try await fixture.run(["pin", "list.in", "--python", "3.11", "-o", name] + arguments).status == 0)
        let text = try Files.text("\(fixture.work)/\(name)")
        return ["beta", "delta"].map { project in
          text.contains("\(project)==1.0") || text.contains("name = \"\(project)\"\nversion = \"1.0\"") ? "old" : "new"
        }
      }
      #expect(try await versions() == ["old", "old"])
      #expect(try await versions("--only", "delta") == ["old", "new"])
      #expect(try await versions("--upgrade") == ["new", "new"])
    }
  }

  @Test func `an upgrade asks an index although its last answer is fresh`() async throws {
    let server = TestIndex(wheels: Self.wheels).serve()
    defer { server.stop() }
    let fixture = try ProgramFixture(["list.in": "beta\n"], index: server.origin)
    func pages() -> Int { server.requests.count { $0.target == "/simple/beta/" } }
    for (arguments, expected) in [([], 1), ([], 1), (["--upgrade"], 2)] {
      #expect(try await fixture.run(["pin", "list.in", "--python", "3.11"] + arguments).status == 0)
      #expect(pages() == expected)
    }
  }
}
