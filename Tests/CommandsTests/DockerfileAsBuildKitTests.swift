import Host
import JSON
import TestSupport
import Testing

/// What BuildKit's own tests of its Dockerfile frontend look at, and older Docker can't be asked.
@Suite struct `Dockerfiles as BuildKit builds them` {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let dockerfile: String
    var files: [String: String] = [:]
    var arguments: [String] = []
    /// What files of the image hold; nil for what is not there.
    var expected: [String: String?] = [:]
    var error: String?

    var testDescription: String { name }
  }

  private static let shell = "FROM scratch AS shell\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n"

  static let names: [Case] = [
    Case(
      name: "an ARG without a value keeps the one it has", dockerfile: shell + "ARG a=1\nARG a\nRUN echo $a > /o\n",
      expected: ["o": "1\n"]),
    Case(
      name: "also the one of the stage below", dockerfile: shell + "ARG a=1\nFROM shell\nARG a\nRUN echo $a > /o\n",
      expected: ["o": "1\n"]),
    Case(
      name: "TARGETSTAGE is the target's name",
      dockerfile: shell + "ARG TARGETSTAGE\nRUN echo $TARGETSTAGE > /o\nFROM shell AS last\n",
      arguments: ["--target", "last"], expected: ["o": "last\n"]),
    Case(
      name: "or default", dockerfile: shell + "ARG TARGETSTAGE\nRUN echo $TARGETSTAGE > /o\nFROM shell\n",
      expected: ["o": "default\n"]),
    Case(
      name: "an argument of the platform can be given",
      dockerfile: shell + "FROM shell AS a-plan9\nRUN echo 1 > /o\nFROM a-$TARGETOS\n",
      arguments: ["--build-arg", "TARGETOS=plan9"], expected: ["o": "1\n"]),
    Case(
      name: "a proxy has both spellings", dockerfile: shell + "RUN echo $http_proxy $HTTP_PROXY $NO_PROXY > /o\n",
      arguments: ["--build-arg", "HTTP_PROXY=p", "--build-arg", "no_proxy=q"], expected: ["o": "p p q\n"]),
    Case(
      name: "the hostname can be chosen", dockerfile: shell + "RUN busybox hostname > /o\n",
      arguments: ["--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=foo"], expected: ["o": "foo\n"]),
    Case(
      name: "the time of the image is an argument, too",
      dockerfile: "ARG SOURCE_DATE_EPOCH=1445412480\n" + shell
        + "RUN busybox touch /x\nRUN busybox stat -c %Y /x > /o\n",
      expected: ["o": "1445412480\n"]),
    Case(
      name: "a time that is none", dockerfile: "ARG SOURCE_DATE_EPOCH=abc\n" + shell,
      error: "1:1: SOURCE_DATE_EPOCH is no number of seconds: abc"),
    Case(
      name: "a stage that comes later", dockerfile: shell + "COPY --from=later /o /o\nFROM shell AS later\n",
      arguments: ["--target", "shell"],
      error: "cannot copy from stage \"later\", it needs to be defined before current stage \"shell\""),
    Case(
      name: "a stage from itself", dockerfile: shell + "RUN --mount=from=shell,target=/m true\n",
      error: "cannot copy from stage \"shell\", it needs to be defined before current stage \"shell\""),
    Case(
      name: "a variable in --from", dockerfile: "ARG A=b\n" + shell + "COPY --from=$A /x /x\n",
      error: "variable expansion is not supported for --from"),
    Case(name: "a misspelt target", dockerfile: shell, arguments: ["--target", "shel"], error: "did you mean shell?"),
  ]

  static let contexts: [Case] = [
    ("FROM other", "other"), ("FROM docker.io/library/other:latest", "other"), ("FROM other", "library/other:latest"),
    ("FROM other", "other::linux/amd64"), ("FROM scratch\nCOPY --from=other:latest . /", "docker.io/library/other"),
    // A stage of the same name is not built at all.
    ("FROM scratch AS other\nCOPY Dockerfile /own", "other"),
    ("FROM scratch AS other\nCOPY Dockerfile /own\nFROM scratch\nCOPY --from=0 . /", "other"),
  ].map { dockerfile, name in
    Case(
      name: "\(dockerfile.split(separator: "\n").joined(separator: "; ")), context \(name)",
      dockerfile: dockerfile + "\n",
      files: ["other/o": "1"], arguments: ["--platform", "linux/amd64", "--build-context", "\(name)=other"],
      expected: ["o": "1", "own": nil])
  }

  static let copies: [Case] = [
    Case(
      name: "an ignore file with the line ends of Windows", dockerfile: "FROM scratch\nCOPY . /\n",
      files: [
        "app/.dockerignore": ".env\r\nsecrets/\r\n", "app/.env": "1", "app/secrets/k": "1", "app/f": "2",
      ],
      expected: [".env": nil, "secrets": nil, "f": "2"]),
    Case(
      name: "a pattern that begins with two stars is an end of names", dockerfile: "FROM scratch\nCOPY . /\n",
      files: ["app/.dockerignore": "**.log\n", "app/x.log": "1", "app/d/y.log": "1", "app/d/z": "2"],
      expected: ["x.log": nil, "d/y.log": nil, "d/z": "2"]),
    Case(
      name: "names that differ in their Unicode form alone",
      dockerfile: shell
        + #"RUN busybox mkdir /n && echo one > /n/$(printf '\303\251') && echo two > /n/$(printf 'e\314\201')"#
        + "\nFROM shell AS b\nCOPY --from=shell /n /m\nRUN busybox cat /m/* > /o\n",
      expected: ["o": "two\none\n"]),
    Case(
      name: "exclusions with parents are about the whole path",
      dockerfile: "FROM scratch\nCOPY --parents --exclude=d/x --exclude=*.txt d /s/\n",
      files: ["app/d/x": "1", "app/d/y.txt": "2"], expected: ["s/d/x": nil, "s/d/y.txt": "2"]),
    Case(
      name: "and behind a pivot about what follows it",
      dockerfile: "FROM scratch\nCOPY --parents --exclude=b/x a/./b /s/\n",
      files: ["app/a/b/x": "1", "app/a/b/y": "2"], expected: ["s/b/x": nil, "s/b/y": "2"]),
    Case(
      name: "folders above that are there stay whose they are",
      dockerfile: shell + "RUN busybox mkdir -p /s/d && busybox chown 5:5 /s/d\nFROM shell AS b\n"
        + "RUN busybox mkdir /d && busybox chown 7:7 /d && echo 1 > /d/x\n"
        + "FROM shell\nCOPY --from=b --parents /d/x /s/\nRUN busybox stat -c %u /s/d /s/d/x > /o\n",
      expected: ["o": "5\n0\n"]),
    Case(
      name: "a pattern with parents that finds nothing",
      dockerfile: shell + "COPY --parents none* /out/\nRUN [ -d /out ]\n"),
    Case(
      name: "several archives", dockerfile: "FROM scratch\nADD *.tar /dest\n",
      files: ["app/a.tar": archive("one"), "app/b.tar": archive("two")], expected: ["dest/one": "x", "dest/two": "x"]),
    Case(
      name: "an archive with an owner",
      dockerfile: shell + "ADD --chown=5:6 a.tar /d/\nRUN busybox stat -c %u:%g:%a /d /d/one > /o\n",
      files: ["app/a.tar": archive("one")], expected: ["o": "5:6:755\n5:6:644\n"]),
    Case(
      name: "an archive with absolute names", dockerfile: "FROM scratch\nADD a.tar /dest/\n",
      files: ["app/a.tar": archive("/abs/f")], expected: ["dest/abs/f": "x"]),
    Case(
      name: "a document after the files", dockerfile: "FROM scratch\nCOPY <<x x /d/\ndocument\nx\n",
      files: ["app/x": "file"],
      expected: ["d/x": "document\n"]),
    Case(
      name: "the escapes of a document are its own",
      dockerfile: "# escape=`\nFROM scratch\nARG a=1\nCOPY <<E /o\n\\$a `$a\nE\n", expected: ["o": "$a `1\n"]),
    Case(
      name: "a checksum of what is not fetched",
      dockerfile: "FROM scratch\nENV S=f\nADD --checksum=sha256:\(String(repeating: "0", count: 64)) $S /f\n",
      files: ["app/f": "1"], error: "checksum requires HTTP(S) sources"),
    Case(
      name: "COPY of an address", dockerfile: "FROM scratch\nCOPY http://127.0.0.1:9/x /x\n",
      error: "source can't be a URL for COPY"),
    Case(
      name: "a linked copy with a mode follows links",
      dockerfile: shell + "RUN busybox mkdir /real && busybox ln -s real /l\nCOPY --link --chmod=755 f /l/f\n",
      files: ["app/f": "1"], expected: ["real/f": "1"]),
  ]

  static let commands: [Case] = [
    Case(
      name: "memory has the mode of what it hides, else the kernel's",
      dockerfile: shell
        + "RUN busybox mkdir -m 0711 /t\nRUN --mount=type=tmpfs,target=/t --mount=type=tmpfs,target=/n busybox stat -c %a /t /n > /o\n",
      expected: ["o": "711\n1777\n"]),
    Case(
      name: "the group is among the groups",
      dockerfile: shell + "USER 7:8\nRUN --mount=type=tmpfs,target=/t busybox grep Groups /proc/self/status > /t/o && "
        + "busybox grep -qw 8 /t/o\n"),
    Case(
      name: "the folder of a user who is a number",
      dockerfile: shell + "USER 7\nWORKDIR /w\nUSER 0\nRUN busybox stat -c %u:%g /w > /o\n",
      expected: ["o": "7:7\n"]),
    Case(
      name: "an agent that nobody gave and nobody requires",
      dockerfile: shell + "RUN --mount=type=ssh echo ${SSH_AUTH_SOCK:-none} > /o\n", expected: ["o": "none\n"]),
    Case(
      name: "an agent that is required", dockerfile: shell + "RUN --mount=type=ssh,id=k,required true\n",
      error: "unset ssh forward key k"),
    Case(
      name: "a secret's name is the last part of its id",
      dockerfile: shell + "RUN --mount=type=secret,id=a/b/tok busybox cp /run/secrets/tok /o\n", files: ["tok": "1"],
      arguments: ["--secret", "id=a/b/tok,src=tok"], expected: ["o": "1"]),
    Case(
      name: "caches with other owners are others",
      dockerfile: shell + "RUN --mount=type=cache,target=/c busybox stat -c %u:%a /c > /o\n"
        + "RUN --mount=type=cache,target=/c,uid=5,mode=751 busybox stat -c %u:%a /c >> /o\n",
      expected: ["o": "0:755\n5:751\n"]),
    Case(
      name: "hosts by name", dockerfile: shell + "RUN busybox grep -E 'one|two' /etc/hosts > /o\n",
      arguments: ["--add-host", "one:192.0.2.1", "--add-host", "two=[2001:db8::1]"],
      expected: ["o": "192.0.2.1\tone\n2001:db8::1\ttwo\n"]),
    Case(
      name: "shared memory", dockerfile: shell + "RUN busybox df -k /dev/shm | busybox awk 'NR==2{print $2}' > /o\n",
      expected: ["o": "65536\n"]),
    Case(
      name: "more shared memory",
      dockerfile: shell + "RUN busybox df -k /dev/shm | busybox awk 'NR==2{print $2}' > /o\n",
      arguments: ["--shm-size", "1g"],
      expected: ["o": "1048576\n"]),
    Case(
      name: "a host without an address", dockerfile: shell, arguments: ["--add-host", "one"],
      error: "--add-host: 'one' is not of the form NAME:ADDRESS"),
    Case(
      name: "a mount at the root", dockerfile: shell + "RUN --mount=target=/ true\n",
      error: "invalid mount target \"/\""),
  ]

  static let ports: [Case] = [
    ("80/", "80/tcp"), ("127.0.0.1:90:80", "80/tcp"), ("[::1]::80/udp", "80/udp"), ("90-91:80-81", "81/tcp"),
    ("localhost:1234:1234/tcp", nil), ("abc:80", nil), ("1234-1235:3333-3336", nil),
  ].map { text, port in
    Case(
      name: "EXPOSE \(text)", dockerfile: "FROM scratch\nCOPY Dockerfile /\nEXPOSE \(text)\n",
      error: port == nil ? "invalid containerPort: \(text)" : nil)
  }

  /// A tar archive of a file with an `x` in it.
  private static func archive(_ name: String) -> String {
    func field(_ text: String, _ size: Int) -> [UInt8] {
      Array(text.utf8) + [UInt8](repeating: 0, count: size - text.utf8.count)
    }
    var header = field(name, 100) + field("0000644", 8) + field("0000000", 8) + field("0000000", 8)
    header += field("00000000001", 12) + field("00000000000", 12) + Array("        0".utf8) + field("", 100)
    header += field("ustar", 6) + Array("00".utf8)
    header += [UInt8](repeating: 0, count: 512 - header.count)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    let digits = String(repeating: "0", count: 6 - sum.count) + sum
    header.replaceSubrange(148..<156, with: Array(digits.utf8) + [0, 0x20])
    return String(decoding: header + field("x", 512) + [UInt8](repeating: 0, count: 1024), as: UTF8.self)
  }

  @Test(arguments: names + contexts + copies + commands + ports) func `a Dockerfile`(_ one: Case) async throws {
    let fixture = try ProgramFixture(one.files.merging(["app/Dockerfile": one.dockerfile]) { $1 })
    if one.dockerfile.contains("busybox") {
      let busybox = try #require(Environment.program("busybox"))
      let copied = try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run()
      try #require(copied.status == 0)
    }
    let outcome = try await fixture.run(["build", "app", "--quiet", "-o", "root"] + one.arguments)
    if let error = one.error {
      #expect(outcome.status == 2 && outcome.errors.contains(error), "\(outcome)")
      #expect(!Files.exists(fixture.work + "/root"))
      return
    }
    try #require(outcome.status == 0, "\(outcome)")
    for (path, text) in one.expected {
      let place = "\(fixture.work)/root/\(path)"
      #expect(Files.exists(place) == (text != nil), "\(path)")
      if let text { #expect(try Files.text(place) == text, "\(path)") }
    }
  }

  @Test(arguments: ["docker-archive:pipe", "oci-archive:/dev/null", "type=docker,dest=app", "type=oci,dest=pipe"])
  func `what is no file is not replaced by an archive`(destination: String) async throws {
    let fixture = try ProgramFixture(["app/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"])
    #expect(try await Subprocess("mkfifo", [fixture.work + "/pipe"]).run().status == 0)
    let outcome = try await fixture.run("build", "app", "-o", destination)
    #expect(
      outcome.status == 2 && outcome.errors.contains("is no file that an archive may take the place of"), "\(outcome)")
    #expect(try FileStatus(of: fixture.work + "/pipe").isPipe)
    #expect(!Files.isFile("/dev/null"))
  }

  @Test func `a proxy that changes runs nothing again`() async throws {
    let fixture = try ProgramFixture([
      "app/Dockerfile": Self.shell + "RUN busybox cat /proc/sys/kernel/random/uuid > /o\n"
    ])
    let busybox = try #require(Environment.program("busybox"))
    #expect(try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run().status == 0)
    for proxy in ["one", "two"] {
      let outcome = try await fixture.run(
        "build", "app", "--quiet", "-o", proxy, "--build-arg", "https_proxy=http://\(proxy)")
      #expect(outcome.status == 0, "\(outcome)")
    }
    #expect(try Files.text(fixture.work + "/one/o") == Files.text(fixture.work + "/two/o"))
  }

  @Test func `stages are done again that are named, and the outcome is written as buildx writes it`() async throws {
    let uuid = "RUN busybox cat /proc/sys/kernel/random/uuid >"
    let dockerfile =
      Self.shell + "FROM shell AS One\n\(uuid) /a\nFROM shell AS two\n\(uuid) /b\nCOPY --from=one /a /a\n"
    let fixture = try ProgramFixture(["app/Dockerfile": dockerfile])
    let busybox = try #require(Environment.program("busybox"))
    #expect(try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run().status == 0)
    let first = try await fixture.run("build", "app", "-o", "first")
    #expect(first.status == 0, "\(first)")
    let again = try await fixture.run(
      "build", "app", "--quiet", "-o", "again", "--no-cache-filter", "ONE", "-t", "app:1", "--metadata-file", "m.json")
    #expect(again.status == 0, "\(again)")
    let text = { (path: String) throws in try Files.text("\(fixture.work)/\(path)") }
    #expect(try text("first/b") == text("again/b"))
    #expect(try text("first/a") != text("again/a"))
    let metadata = try JSONValue(parsing: Files.read(fixture.work + "/m.json"))
    #expect(metadata["containerimage.digest"]?.string == String(again.output.dropLast()))
    #expect(metadata["image.name"]?.string == "docker.io/library/app:1")
    #expect(metadata["containerimage.descriptor"]?["mediaType"]?.string == "application/vnd.oci.image.manifest.v1+json")
  }

  @Test func `a mount of a stage's folder counts for what is in it alone`() async throws {
    let dockerfile =
      Self.shell + "FROM shell AS source\nCOPY d /d\nCOPY other /other\nFROM shell\n"
      + "RUN --mount=from=source,source=/d,target=/m busybox cat /m/x /proc/sys/kernel/random/uuid > /o\n"
      + "COPY --from=source /d /d\n"
    let fixture = try ProgramFixture(["app/Dockerfile": dockerfile, "app/d/x": "1\n", "app/other": "1"])
    let busybox = try #require(Environment.program("busybox"))
    #expect(try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run().status == 0)
    var outputs: [String] = []
    for (path, text) in [("other", "1"), ("other", "2"), ("d/x", "2\n")] {
      try Files.write(text, to: "\(fixture.work)/app/\(path)")
      let outcome = try await fixture.run("build", "app", "--quiet", "-o", "root\(outputs.count)")
      #expect(outcome.status == 0, "\(outcome)")
      outputs.append(try Files.text("\(fixture.work)/root\(outputs.count)/o"))
    }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[2].hasPrefix("2\n"))
  }

  @Test func `an agent's socket has the owner, mode and name that the mount says`() async throws {
    let dockerfile =
      Self.shell + "USER 7:8\nRUN --mount=type=cache,target=/c --mount=type=ssh,uid=7,gid=8,mode=640 "
      + "--mount=type=ssh,required [ $(busybox stat -c %u:%g:%a $SSH_AUTH_SOCK) = 7:8:640 ] && "
      + "[ $SSH_AUTH_SOCK = /run/buildkit/ssh_agent.0 ] && [ -S /run/buildkit/ssh_agent.1 ]\n"
    let fixture = try ProgramFixture(["app/Dockerfile": dockerfile])
    let busybox = try #require(Environment.program("busybox"))
    #expect(try await Subprocess("cp", [busybox, fixture.work + "/app/busybox"]).run().status == 0)
    let socket = fixture.temporary + "/agent"
    let bound = try await Subprocess(
      "python3", ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", socket]
    ).run()
    #expect(bound.status == 0)
    let outcome = try await fixture.run("build", "app", "--quiet", "--ssh", "default=\(socket)")
    #expect(outcome.status == 0, "\(outcome)")
    let key = try await fixture.run("build", "app", "--quiet", "--ssh", "default=app/busybox")
    #expect(
      key.errors
        == "error: --ssh default: app/busybox is a file and no socket\nhint: give the key to an agent: ssh-add app/busybox\n"
    )
  }
}
