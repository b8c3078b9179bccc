import OCI
import Testing
import YAML

@testable import Verification

@Suite struct TestSpecificationTests {
  @Test func `every key of the schema is read`() throws {
    let specification = try TestSpecification(
      parsing: #"""
        schemaVersion: '2.0.0'
        globalEnvVars:
          - key: VIRTUAL_ENV
            value: /env
        containerRunOptions:
          user: "root"
          privileged: false
          allocateTty: false
          envFile: path/to/.env
          envVars: [SECRET]
          capabilities: [NET_BIND_SERVICE]
          bindMounts: [/etc/example:/etc/dir, "/a:/b:ro"]
        commandTests:
          - name: gunicorn
            setup: [[virtualenv, /env], [pip, install, flask]]
            teardown: [[rm, -r, /env]]
            command: which
            args: [gunicorn, '']
            envVars: [{key: A, value: b}]
            expectedOutput: ['/env/bin/gunicorn']
            excludedOutput: ['not found']
            expectedError: [warning]
            excludedError: ['.*FAIL.*']
            exitCode: 3
            timeout: 5s
            services: [moto]
        fileExistenceTests:
          - name: Root
            path: /
            shouldExist: true
            permissions: drwxr-xr-x
            uid: 0
            gid: 1000
            isExecutableBy: group
          - {name: Dummy, path: /etc/dummy, shouldExist: false}
        fileContentTests:
          - {name: Sources, path: /etc/apt/sources.list, expectedContents: ['deb.*'], excludedContents: [ftp]}
        metadataTest:
          env: [{key: OLD, value: name}]
          envVars: [{key: foo, value: baz}, {key: EMPTY, value: ''}, {key: R, value: '[a-z]+', isRegex: true}]
          unboundEnvVars: [{key: BAR}]
          labels: [{key: com.example.vendor, value: ACME}]
          exposedPorts: ["8080"]
          unexposedPorts: ["80"]
          volumes: [/test]
          unmountedVolumes: [/root]
          entrypoint: []
          cmd: [/bin/bash]
          workdir: /app
          user: luke
          healthcheck: [CMD, /bin/health, live]
        licenseTests:
          - {debian: true, files: [/foo/bar]}
        versions: lock
        imports: [pandas, pyspark.sql]
        scripts:
          - {name: Spark, file: tests/spark.py, args: [x], timeout: 2m, services: [moto], envVars: [{key: K, value: v}]}
        """#)
    #expect(specification.environment == [.init(name: "VIRTUAL_ENV", value: "/env")])
    #expect(specification.runOptions.user == "root")
    #expect(specification.runOptions.environmentFile == "path/to/.env")
    #expect(specification.runOptions.inherited == ["SECRET"])
    #expect(specification.runOptions.capabilities == ["NET_BIND_SERVICE"])
    #expect(
      specification.runOptions.binds == [
        .init(source: "/etc/example", target: "/etc/dir", isWritable: true),
        .init(source: "/a", target: "/b", isWritable: false),
      ])
    let command = try #require(specification.commands.first)
    #expect(command.setup == [["virtualenv", "/env"], ["pip", "install", "flask"]])
    #expect(command.teardown == [["rm", "-r", "/env"]])
    #expect(command.command == ["which", "gunicorn", ""])
    #expect(command.environment == [.init(name: "A", value: "b")])
    #expect(command.output.expected.map(\.description) == ["/env/bin/gunicorn"])
    #expect(command.output.excluded.map(\.description) == ["not found"])
    #expect(command.errors.expected.map(\.description) == ["warning"])
    #expect(command.errors.excluded.map(\.description) == [".*FAIL.*"])
    #expect(command.exitCode == 3)
    #expect(command.timeout == .seconds(5))
    #expect(command.services == [.moto])
    #expect(
      specification.files == [
        FileExistenceTest(
          name: "Root", path: "/", shouldExist: true, permissions: "drwxr-xr-x", uid: 0, gid: 1000,
          executableBy: .group),
        FileExistenceTest(
          name: "Dummy", path: "/etc/dummy", shouldExist: false, permissions: nil, uid: nil, gid: nil,
          executableBy: nil),
      ])
    #expect(specification.contents.first?.contents.expected.map(\.description) == ["deb.*"])
    let metadata = try #require(specification.metadata)
    #expect(metadata.environment.map(\.name) == ["OLD", "foo", "EMPTY", "R"])
    #expect(metadata.environment[2].value == .text(""))
    #expect(metadata.environment[3].value == .pattern(try Pattern(parsing: "[a-z]+")))
    #expect(metadata.unboundVariables == ["BAR"])
    #expect(metadata.entrypoint == [])
    #expect(metadata.command == ["/bin/bash"])
    #expect(metadata.unexposedPorts == ["80"])
    #expect(metadata.unmountedVolumes == ["/root"])
    #expect(metadata.healthcheck == .exec(["/bin/health", "live"]))
    #expect(specification.licenses == [LicenseTest(readsDebian: true, files: ["/foo/bar"])])
    #expect(specification.comparesVersions)
    #expect(specification.imports == ["pandas", "pyspark.sql"])
    #expect(
      specification.scripts == [
        ScriptTest(
          name: "Spark", file: "tests/spark.py", arguments: ["x"], environment: [.init(name: "K", value: "v")],
          timeout: .seconds(120), services: [.moto])
      ])
  }

  @Test func `a file may be JSON, and a command of schema 1.0.0 is a list`() throws {
    let specification = try TestSpecification(
      parsing: #"{"schemaVersion": "1.0.0", "commandTests": [{"name": "a", "command": ["sh", "-c", "b"]}]}"#)
    #expect(specification.commands.first?.command == ["sh", "-c", "b"])
  }

  struct Fault: Sendable {
    let text: String
    let place: String
    let message: String
    let hint: String?

    init(_ text: String, _ place: String, _ message: String, hint: String? = nil) {
      self.text = text
      self.place = place
      self.message = message
      self.hint = hint
    }
  }

  static let head = "schemaVersion: 2.0.0\n"
  static let faults: [Fault] = [
    Fault(
      "commandTests: []", "1:1", "'schemaVersion' is missing", hint: "begin the file with schemaVersion: \"2.0.0\""),
    Fault("schemaVersion: 3.0.0", "1:16", "the schema '3.0.0' is not known", hint: "known are 1.0.0 and 2.0.0"),
    Fault(
      head + "comandTests: []", "2:1", "'comandTests' is no key of tests.yaml", hint: "did you mean 'commandTests'?"),
    Fault(
      head + "commandTests:\n- name: a\n  command: b\n  exitcode: 1", "5:3", "'exitcode' is no key of commandTests",
      hint: "did you mean 'exitCode'?"),
    Fault(head + "commandTests:\n- command: b", "3:3", "each of 'commandTests' needs 'name'"),
    Fault(head + "commandTests:\n- name: a", "3:3", "each of 'commandTests' needs 'command'"),
    Fault(head + "commandTests:\n- {name: a, command: []}", "3:22", "a command needs a program"),
    Fault(
      head + "commandTests:\n- {name: a, command: b, exitCode: 256}", "3:35",
      "expected exitCode as a whole number from 0 to 255"),
    Fault(
      head + "commandTests:\n- {name: a, command: b, expectedOutput: ['a(']}", "3:42",
      "the pattern 'a(' has a '(' without its ')' (character 2)", hint: "patterns have the syntax of RE2, as in Go"),
    Fault(
      head + "commandTests:\n- {name: a, command: b, services: [redis]}", "3:36", "the service 'redis' is not known",
      hint: "known are moto"),
    Fault(
      head + "fileExistenceTests:\n- {name: a, path: /b, permissions: rw}", "3:36",
      "expected permissions as in '-rw-r--r--', found 'rw'"),
    Fault(
      head + "fileExistenceTests:\n- {name: a, path: /b, isExecutableBy: me}", "3:39",
      "expected isExecutableBy as owner, group, other or any, found 'me'"),
    Fault(head + "fileContentTests:\n- {name: a}", "3:3", "each of 'fileContentTests' needs 'path'"),
    Fault(
      head + "containerRunOptions: {allocateTty: true}", "2:36", "a test can't be given a terminal here",
      hint: "leave 'allocateTty' out"),
    Fault(
      head + "containerRunOptions: {bindMounts: [a:/b]}", "2:36",
      "expected a mount as '/path/outside:/path/inside', found 'a:/b'"),
    Fault(
      head + "metadataTest: {healthcheck: [CMD]}", "2:29",
      "expected healthcheck as [CMD, program, …], [CMD-SHELL, line] or [NONE]"),
    Fault(head + "metadataTest: {labels: [{value: a}]}", "2:25", "each of 'labels' needs 'key'"),
    Fault(
      head + "versions: yes", "2:11", "expected versions as 'lock'",
      hint: "the installed packages are compared with drydock.lock"),
    Fault(head + "imports: ['os; x']", "2:11", "'os; x' is no name of a Python module"),
    Fault(head + "scripts: [{name: a, file: ../b.py}]", "2:27", "'../b.py' leaves the folder of tests.yaml"),
    Fault(
      head + "globalEnvVars: [{key: a, value: b, isRegex: true}]", "2:17", "a variable can't be set to a pattern",
      hint: "leave 'isRegex' out"),
    Fault("a: [", "2:1", "not YAML: did not find expected node content"),
  ]

  @Test(arguments: faults)
  func `a fault is told with its place`(_ fault: Fault) throws {
    let faults = #expect(throws: YAMLFaults.self) { try TestSpecification(parsing: fault.text) }
    let first = try #require(faults?.diagnostics.first)
    #expect(first.description == "\(fault.place): \(fault.message)")
    #expect(first.hint == fault.hint)
    #expect(faults?.diagnostics.count == 1)
  }

  @Test func `all faults are told in the order of the text`() {
    let faults = #expect(throws: YAMLFaults.self) {
      try TestSpecification(parsing: Self.head + "imports: [1a]\ncommandTests: [{name: a}, {command: b}]\nfoo: 1")
    }
    #expect(faults?.diagnostics.map { "\($0.position)" } == ["2:11", "3:16", "3:27", "4:1"])
  }
}
