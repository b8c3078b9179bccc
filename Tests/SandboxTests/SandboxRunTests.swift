import Host
import Sandbox
import Testing

@Suite(.serialized) struct `A command in a sandbox` {
  let fixture: SandboxFixture

  init() throws { fixture = try SandboxFixture() }

  static let ends: [(script: String, status: SandboxResult.Status)] = [
    ("exit 0", .exited(0)), ("exit 7", .exited(7)), ("exit 255", .exited(255)), ("kill -TERM $$", .signalled(15)),
    ("kill -KILL $$", .signalled(9)), ("kill -SEGV $$", .signalled(11)),
  ]

  @Test(arguments: ends) func `ends with its own code or signal`(_ row: (script: String, status: SandboxResult.Status))
    async throws
  {
    #expect(try await fixture.run(row.script).status == row.status)
  }

  @Test func `sees its environment, directory and user and nothing else`() async throws {
    var plan = fixture.plan("env | sort; pwd; id -u; id -g; umask; ls /proc/self/fd; cat")
    plan.command.environment = ["PATH": "/usr/bin", "GREETING": "hello world", "EMPTY": ""]
    plan.command.directory = "/etc"
    plan.command.input = .bytes(Array("from outside\n".utf8))
    let lines = try await fixture.run(plan).text.split(separator: "\n").map(String.init)
    #expect(
      lines.filter { !$0.hasPrefix("_=") } == [
        "EMPTY=", "GREETING=hello world", "PATH=/usr/bin", "PWD=/etc", "/etc", "0", "0", "0022", "0", "1", "2", "3",
        "from outside",
      ])
  }

  @Test func `runs as the user of its plan, who owns what it makes and has no capability`() async throws {
    var plan = fixture.plan("id -u; id -g; touch /tmp/x; stat -c %u:%g /tmp/x; grep CapEff /proc/self/status")
    plan.command.user = SandboxCommand.User(uid: 10000, gid: 0)
    let text = try await fixture.run(plan).text
    #expect(text == "10000\n0\n10000:0\nCapEff:\t0000000000000000\n")
  }

  @Test func `keeps output and errors apart, or together`() async throws {
    var plan = fixture.plan("echo one; echo two >&2; echo three")
    let apart = try await fixture.run(plan)
    #expect(apart.text == "one\nthree\n")
    #expect(apart.errorText == "two\n")
    #expect(!apart.isCut)
    plan.command.errors = .joined
    let together = try await fixture.run(plan)
    #expect(together.text == "one\ntwo\nthree\n")
    #expect(together.errors.isEmpty)
  }

  @Test(arguments: [true, false])
  func `flushes nothing if told so`(flushes: Bool) async throws {
    // A pipe can't be flushed: the kernel says so, unless the call never reaches it.
    var plan = fixture.plan("mkfifo /tmp/pipe && sync /tmp/pipe")
    plan.command.flushes = flushes
    #expect(try await fixture.run(plan).status.isSuccess != flushes)
  }

  @Test func `writes its output to a file of the host`() async throws {
    var plan = fixture.plan("echo to a file")
    plan.command.output = .file(fixture.directory.path + "/log")
    #expect(try await fixture.run(plan).status.isSuccess)
    #expect(try Files.text(fixture.directory.path + "/log") == "to a file\n")
  }

  @Test func `output past the limit is dropped and said to be`() async throws {
    var plan = fixture.plan("head -c 3000000 /dev/zero; echo done >&2")
    plan.command.output = .captured(limit: 1000)
    let result = try await fixture.run(plan)
    #expect(result.output == [UInt8](repeating: 0, count: 1000))
    #expect(result.errorText == "done\n")
    #expect(result.isCut)
    #expect(result.status.isSuccess)
  }

  @Test func `hands on each line while it runs`() async throws {
    let (lines, sink) = AsyncStream.makeStream(of: SandboxLine.self)
    let process = try await Sandbox.start(
      fixture.plan("echo first; echo oops >&2; read never; printf last"), stage: SandboxFixture.stage
    ) { sink.yield($0) }
    var seen: [SandboxLine] = []
    #expect(await process.wait().status == .exited(0))
    sink.finish()
    for await line in lines { seen.append(line) }
    #expect(seen.filter { $0.stream == .output }.map(\.text) == ["first", "last"])
    #expect(seen.filter { $0.stream == .errors }.map(\.text) == ["oops"])
  }

  @Test func `is limited as its plan says`() async throws {
    var plan = fixture.plan("ulimit -n; ulimit -c; head -c 5000 /dev/zero > /tmp/big")
    plan.command.limits = [.openFiles(64), .coreFileSize(0), .fileSize(4096)]
    let result = try await fixture.run(plan)
    #expect(result.text == "64\n0\n")
    #expect(!result.status.isSuccess)
    #expect(try Files.read(fixture.root + "/tmp/big").count == 4096)
  }

  static let missing: [(arguments: [String], description: String)] = [
    (["no-such-program"], "cannot run no-such-program: No such file or directory"),
    (["/usr/no-such-program"], "cannot run /usr/no-such-program: No such file or directory"),
    (["/etc/marker"], "cannot run /etc/marker: Permission denied"), ([], "cannot start an empty command"),
  ]

  @Test(arguments: missing) func `that can't be executed is an error that names it`(
    _ row: (arguments: [String], description: String)
  ) async throws {
    let before = try fixture.contents()
    for first in [SandboxPlan.FirstProcess.supervisor, .command] {
      var plan = fixture.plan(row.arguments)
      plan.firstProcess = first
      let error = await #expect(throws: SandboxError.self) { try await fixture.run(plan) }
      #expect(error?.description == row.description)
      #expect(error?.stage == .command)
      #expect(try fixture.contents() == before)
    }
  }

  @Test func `starts in a directory that exists, in a root that exists`() async throws {
    var plan = fixture.plan("true")
    plan.command.directory = "/nowhere"
    var error = await #expect(throws: SandboxError.self) { try await fixture.run(plan) }
    #expect(error?.description == "cannot change to the directory /nowhere: No such file or directory")
    plan.root = .overlay(lower: [fixture.root + "/nowhere"], changes: .memory(limit: nil))
    error = await #expect(throws: SandboxError.self) { try await fixture.run(plan) }
    #expect(
      error?.description == "cannot open the lower directory \(fixture.root)/nowhere: No such file or directory")
  }

  @Test func `a stage that can't be executed is an error that names it`() async throws {
    let error = await #expect(throws: SandboxError.self) {
      try await Sandbox.run(fixture.plan("true"), stage: fixture.root + "/etc/marker")
    }
    #expect(error?.stage == .namespaces)
    #expect(error?.path == fixture.root + "/etc/marker")
  }
}
