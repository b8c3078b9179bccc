import Findings
import Host
import OCI
import Testing

@testable import Verification

/// Tests inside of a tiny image, in real sandboxes.
@Suite(.serialized) struct TestRunnerTests {
  private let fixture: ImageFixture

  init() throws { fixture = try ImageFixture() }

  private func run(_ text: String, image: ImageRoot? = nil) async throws -> TestReport {
    let specification = try TestSpecification(parsing: "schemaVersion: 2.0.0\n" + text)
    return await fixture.runner(image).run(specification)
  }

  /// The reason why the only test failed, nil when it passed.
  private func reason(_ text: String, image: ImageRoot? = nil) async throws -> String? {
    let report = try await run(text, image: image)
    let test = try #require(report.cases.first)
    guard case .failed(let reason, _) = test.outcome else { return nil }
    return reason
  }

  private func command(_ rest: String) -> String { "commandTests:\n- name: it\n  \(rest)\n" }

  struct Row: Sendable {
    let text: String
    let reason: String?

    init(_ text: String, _ reason: String? = nil) {
      self.text = text
      self.reason = reason
    }
  }

  static let commands: [Row] = [
    Row("command: 'true'"),
    Row(
      "command: echo\n  args: [hello, world]\n  expectedOutput: ['^hello world$']",
      "standard output has nothing that matches '^hello world$'"),
    Row("command: echo\n  args: [hello, world]\n  expectedOutput: ['(?m)^hello world$']"),
    Row("command: sh\n  args: [-c, exit 3]", "exited with code 3, expected code 0"),
    Row("command: sh\n  args: [-c, exit 3]\n  exitCode: 3"),
    Row("command: sh\n  args: [-c, 'kill -9 $$']", "was ended by signal 9, expected code 0"),
    Row("command: sh\n  args: [-c, 'kill -9 $$']\n  exitCode: 137"),
    Row(
      "command: sh\n  args: [-c, echo no >&2]\n  excludedError: ['n.']",
      "standard error matches 'n.', which it must not"),
    Row("command: sh\n  args: [-c, echo no >&2]\n  expectedError: [no]\n  excludedOutput: [no]"),
    Row("command: sleep\n  args: [100]\n  timeout: 200ms", "took longer than its time limit of 0.2 seconds"),
    Row(
      "command: gunicorn",
      "cannot run gunicorn: No such file or directory (no such program in the sandbox's PATH, or the interpreter that it names is missing)"
    ),
    Row("command: pwd\n  expectedOutput: [^/srv]"),
    Row("command: echo\n  args: [$GREETING, '${GREETING}']\n  expectedOutput: [hello hello]"),
    Row("command: sh\n  args: [-c, 'for i in a b; do echo $i; done']\n  expectedOutput: [\"a\\nb\"]"),
    Row("command: sh\n  args: [-c, env]\n  envVars: [{key: X, value: '$GREETING!'}]\n  expectedOutput: [X=hello!]"),
    Row(
      "command: sh\n  args: [-c, 'cat /etc/hosts; hostname']\n  expectedOutput: ['127\\.0\\.0\\.1\\s+localhost drydock', \"\\ndrydock\\n$\"]"
    ),
    Row(
      "setup: [[touch, /srv/new], [sh, -c, echo changed > /etc/marker]]\n  command: cat\n  args: [/srv/new, /etc/marker]\n  expectedOutput: [changed]"
    ),
    Row("setup: [[sh, -c, exit 2]]\n  command: 'true'", "the setup command 'sh -c exit 2' exited with code 2"),
    Row(
      "teardown: [[test, -e, /srv/none]]\n  command: 'true'",
      "the teardown command 'test -e /srv/none' exited with code 1"),
    Row(
      "services: [moto]\n  command: 'true'",
      "the service moto needs packages that the lock doesn't have for tests (add them to 'python.test-requirements' of image.yaml and pin again)"
    ),
  ]

  @Test(arguments: commands)
  func `a command is judged by its code and its output`(_ row: Row) async throws {
    #expect(try await reason(command(row.text)) == row.reason)
  }

  @Test func `a command runs as the image's user`() async throws {
    let image = fixture.image { $0.user = "glue" }
    let text = command(
      "command: sh\n  args: [-c, 'id; echo $HOME; touch /tmp/mine']\n  expectedOutput: ['uid=10000\\(glue\\) gid=0\\(root\\) groups=.*100\\(users\\)', '/srv']"
    )
    #expect(try await reason(text, image: image) == nil)
    let root = command("command: id\n  args: [-u]\n  expectedOutput: ['^0\\s']") + "containerRunOptions: {user: root}"
    #expect(try await reason(root, image: image) == nil)
    let unknown = fixture.image { $0.user = "nobody" }
    #expect(try await reason(command("command: id"), image: unknown) == "the image has no user 'nobody'")
  }

  @Test func `there is no network but loopback`() async throws {
    #expect(
      try await reason(command("command: sh\n  args: [-c, 'cat /proc/net/dev | wc -l']\n  expectedOutput: ['^3\\s']"))
        == nil)
  }

  @Test func `global variables, a file of variables and mounts are seen`() async throws {
    try Files.write("FROM_FILE=file\n", to: fixture.folder + "/env")
    try Files.write("outside\n", to: fixture.folder + "/data")
    let text = """
      globalEnvVars: [{key: PATH, value: '/none:$PATH'}]
      containerRunOptions: {envFile: env, bindMounts: ['\(fixture.folder)/data:/mnt/data:ro']}
      commandTests:
      - name: it
        command: sh
        args: [-c, 'env; cat /mnt/data']
        expectedOutput: ['(?m)^PATH=/none:/bin$', FROM_FILE=file, outside]
      """
    #expect(try await reason(text) == nil)
  }

  @Test func `tests share a container, and the image never changes`() async throws {
    let before = try fixture.contents()
    let report = try await run(
      """
      commandTests:
      - {name: writes, command: sh, args: [-c, 'echo changed > /etc/marker; touch /bin/new']}
      - {name: own container, setup: [['true']], command: cat, args: [/etc/marker], expectedOutput: [original]}
      """)
    #expect(report.failures.isEmpty)
    #expect(try fixture.contents() == before)
  }

  @Test func `what a command leaves running ends with the tests`() async throws {
    let marker = "7\(UInt32.random(in: 100_000...999_999)).5"
    let report = try await run(command("command: sh\n  args: [-c, 'sleep \(marker) > /dev/null 2>&1 &']"))
    #expect(report.hasPassed)
    #expect(processes(with: marker) == 0)
  }

  @Test func `results keep their order and their names differ`() async throws {
    let report = try await run(
      """
      commandTests:
      - {name: slow, command: sleep, args: [0.3]}
      - {name: quick, command: 'true'}
      - {name: quick, command: 'true'}
      fileExistenceTests:
      - {name: file, path: /etc/passwd}
      """)
    #expect(report.cases.map(\.name) == ["file", "slow", "quick", "quick (2)"])
    #expect(report.cases[1].duration >= .milliseconds(300))
  }

  @Test func `a container that can't start fails each test with the reason`() async throws {
    let report = try await run(
      "containerRunOptions: {capabilities: [FLYING]}\ncommandTests:\n- {name: a, command: 'true'}\n- {name: b, command: id}"
        + "\nimports: [os]\nscripts: [{name: c, file: c.py}]\nfileExistenceTests: [{name: d, path: /etc}]")
    #expect(report.cases.map(\.name) == ["d", "import os", "a", "b", "c"])
    #expect(report.failures.count == 4)
    for failure in report.failures {
      #expect(failure.outcome == .failed(reason: "there is no capability 'FLYING'", output: ""))
    }
  }

  // MARK: Files

  static let files: [Row] = [
    Row("{name: it, path: /etc/marker}"), Row("{name: it, path: /none, shouldExist: false}"),
    Row("{name: it, path: /none}", "/none does not exist"),
    Row("{name: it, path: /etc/marker, shouldExist: false}", "/etc/marker exists"),
    Row("{name: it, path: /etc/hosts}"), Row("{name: it, path: /}"),
    Row("{name: it, path: /proc, shouldExist: false}", "/proc exists in every container"),
    Row("{name: it, path: /tmp, permissions: drwxrwxrwt}"), Row("{name: it, path: /tmp, permissions: dtrwxrwxrwx}"),
    Row(
      "{name: it, path: /etc/marker, permissions: -rwxrwxrwx}",
      "/etc/marker has the permissions -rw-r--r--, expected -rwxrwxrwx"),
    Row("{name: it, path: /bin/sh, permissions: Lrwxrwxrwx, isExecutableBy: other}"),
    Row("{name: it, path: /etc/marker, isExecutableBy: any}", "/etc/marker can't be executed by any"),
    Row("{name: it, path: /etc/marker, uid: 4242, gid: 4243}", "OWNER"),
    Row("{name: it, path: '/etc/$NAME'}"),
  ]

  @Test(arguments: files)
  func `a file is judged by what is known of it`(_ row: Row) async throws {
    let status = try FileStatus(of: fixture.root + "/etc/marker")
    let owner =
      "/etc/marker belongs to user \(status.uid), expected 4242; /etc/marker belongs to group \(status.gid), expected 4243"
    let image = fixture.image { $0.environment.append("NAME=marker") }
    let expected = row.reason == "OWNER" ? owner : row.reason
    #expect(try await reason("fileExistenceTests:\n- \(row.text)", image: image) == expected)
  }

  @Test func `a file's content is searched`() async throws {
    func reason(_ rest: String) async throws -> String? {
      try await self.reason("fileContentTests:\n- {name: it, \(rest)}")
    }
    #expect(try await reason("path: /etc/passwd, expectedContents: ['root:x:0:0:root:/root:/bin/sh']") == nil)
    #expect(
      try await reason("path: /etc/passwd, excludedContents: [glue]")
        == "/etc/passwd matches 'glue', which it must not")
    #expect(try await reason("path: /none, expectedContents: [a]") == "cannot open /none: No such file or directory")
    #expect(try await reason("path: /etc, expectedContents: [a]") == "cannot read /etc: Is a directory")
  }

  @Test func `licences are searched`() async throws {
    try Files.createDirectory(fixture.root + "/usr/share/doc/good")
    try Files.write("MIT", to: fixture.root + "/usr/share/doc/good/copyright")
    #expect(try await reason("licenseTests: [{debian: true}]") == nil)
    try Files.write("The agpl, version 3", to: fixture.root + "/usr/share/doc/good/copyright")
    #expect(try await reason("licenseTests: [{debian: true}]") == "/usr/share/doc/good/copyright names AGPL")
    #expect(
      try await reason("licenseTests: [{debian: false, files: [/none]}]")
        == "cannot open /none: No such file or directory")
  }

  // MARK: Metadata

  static let metadata: [Row] = [
    Row("envVars: [{key: GREETING, value: hello}]"), Row("envVars: [{key: GREETING, value: '^h.*o$', isRegex: true}]"),
    Row("envVars: [{key: GREETING, value: bye}]", "the variable GREETING is 'hello', expected 'bye'"),
    Row("envVars: [{key: NONE, value: ''}]", "the variable NONE is not set"),
    Row("unboundEnvVars: [{key: GREETING}]", "the variable GREETING is set to 'hello'"),
    Row("labels: [{key: a, value: '[0-9]', isRegex: true}]", "the label a is 'b', which does not match '[0-9]'"),
    Row("entrypoint: [/run, x]"), Row("entrypoint: []", "the entrypoint is [\"/run\", \"x\"], expected []"),
    Row("cmd: []"), Row("cmd: [a]", "the command is [], expected [\"a\"]"),
    Row("exposedPorts: ['8080', '53/udp']"), Row("exposedPorts: ['8080/udp']", "the port 8080/udp is not exposed"),
    Row("unexposedPorts: ['8080']", "the port 8080 is exposed"), Row("volumes: [/data]"),
    Row("unmountedVolumes: [/data]", "/data is a volume"), Row("workdir: /srv"),
    Row("user: '0'", "the user is 10000:0, expected 0"), Row("user: '10000:0'"),
    Row("healthcheck: [CMD, /check]"),
    Row("healthcheck: [NONE]", "the health check is [\"CMD\", \"/check\"], expected [\"NONE\"]"),
  ]

  @Test(arguments: metadata)
  func `the configuration is compared`(_ row: Row) async throws {
    let image = fixture.image {
      $0.labels = ["a": "b"]
      $0.entrypoint = ["/run", "x"]
      $0.exposedPorts = ["8080/tcp", "53/udp"]
      $0.volumes = ["/data"]
      $0.user = "10000:0"
      $0.healthcheck = Healthcheck(test: .exec(["/check"]))
    }
    #expect(try await reason("metadataTest: {\(row.text)}", image: image) == row.reason)
  }

  // MARK: Scripts and reports

  @Test func `a script reports its checks, and its own end counts`() async throws {
    try fixture.addShellAsPython()
    let good = #"echo starting; echo '{"check": "reads", "ok": true, "seconds": 1.5, "detail": "3 rows"}'"#
    let bad = #"echo '{"check": "writes", "ok": false, "detail": "boom\nTraceback"}'; exit 1"#
    try Files.write(good, to: fixture.folder + "/good.py")
    try Files.write(bad, to: fixture.folder + "/bad.py")
    try Files.write(good + "; exit 4", to: fixture.folder + "/late.py")
    try Files.write("true", to: fixture.folder + "/empty.py")
    try Files.write(good + "; sleep 50", to: fixture.folder + "/slow.py")
    let report = try await run(
      """
      scripts:
      - {name: good, file: good.py}
      - {name: bad, file: bad.py}
      - {name: late, file: late.py}
      - {name: empty, file: empty.py}
      - {name: slow, file: slow.py, timeout: 300ms}
      """)
    let lines = report.cases.map { test -> String in
      guard case .failed(let reason, let output) = test.outcome else { return "\(test.name) | \(test.detail ?? "")" }
      return "\(test.name) | \(reason) | \(output.split(separator: "\n").joined(separator: "/"))"
    }
    #expect(
      lines == [
        "good: reads | 3 rows", "bad: writes | boom | Traceback", "late: reads | 3 rows",
        "late | python3 exited with code 4 | starting", "empty | empty.py reported no check | ",
        "slow: reads | 3 rows", "slow | took longer than its time limit of 0.3 seconds | starting",
      ])
    #expect(report.cases.first?.duration == .milliseconds(1500))
  }

  @Test func `a report in JUnit's form has every test and its reason`() async throws {
    let report = try await run(
      """
      metadataTest: {workdir: /srv}
      fileExistenceTests: [{name: 'a <file>', path: /none}]
      commandTests: [{name: 'fails & prints', command: sh, args: [-c, 'echo "<out>"; exit 1']}]
      """)
    let xml = report.junit(at: "2026-11-25T10:11:12Z").replacing(#/ time="[0-9.]+"/#, with: "")
    #expect(
      xml == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite id="0" package="drydock" name="tiny" timestamp="2026-11-25T10:11:12" hostname="localhost" tests="3" \
        failures="2" errors="0" skipped="0">
            <properties/>
            <testcase name="workdir" classname="tiny.metadata"/>
            <testcase name="a &lt;file&gt;" classname="tiny.file">
              <failure message="/none does not exist" type="file"></failure>
            </testcase>
            <testcase name="fails &amp; prints" classname="tiny.command">
              <failure message="exited with code 1, expected code 0" type="command">&lt;out&gt;
        </failure>
            </testcase>
            <system-out/>
            <system-err/>
          </testsuite>
        </testsuites>

        """)
  }

  @Test func `without a lock versions can't be compared`() async throws {
    #expect(try await reason("versions: lock") == "there is no lock to compare the installed packages with")
  }
}
