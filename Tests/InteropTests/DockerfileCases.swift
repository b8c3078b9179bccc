import Host
import Layers
import Testing

/// A context with its Dockerfile, which two builders are to make the same image of.
struct DockerfileCase: Sendable, CustomTestStringConvertible {
  /// What lies in the context.
  enum Item: Sendable {
    case file(String, String, mode: UInt32 = 0o644)
    case directory(String, mode: UInt32 = 0o755)
    case link(String, to: String)
    /// A tar archive of these, made by tar with an option for its compression.
    case archive(String, [Item], compression: String = "")
    /// A tar archive whose entries come in this order, also where one replaces another.
    case entries(String, [TarEntry])
    /// An extended attribute of a file that is there.
    case attribute(String, of: String)
    /// A copy of a program of this machine.
    case program(String)
  }

  let name: String
  let dockerfile: String
  var items: [Item] = []
  var arguments: [String] = []

  var testDescription: String { name }

  /// Writes the context into a folder.
  func write(to folder: String) async throws {
    try Files.createDirectory(folder)
    try Files.write(dockerfile, to: folder + "/Dockerfile")
    for item in items { try await Self.write(item, to: folder) }
  }

  private static func write(_ item: Item, to folder: String) async throws {
    func parent(_ name: String) throws { try Files.createDirectory(Path.parent("\(folder)/\(name)") ?? "/") }
    switch item {
    case .file(let name, let text, let mode):
      try parent(name)
      try Files.write(text, to: "\(folder)/\(name)")
      try Files.changeMode("\(folder)/\(name)", mode)
    case .directory(let name, let mode):
      try Files.createDirectory("\(folder)/\(name)")
      try Files.changeMode("\(folder)/\(name)", mode)
    case .link(let name, let target):
      try parent(name)
      try Files.link("\(folder)/\(name)", to: target)
    case .archive(let name, let items, let compression):
      try parent(name)
      let work = try TemporaryDirectory(prefix: "drydock-archive")
      for item in items { try await write(item, to: work.path) }
      let words = ["--owner=7", "--group=8", "-C", work.path] + (compression.isEmpty ? [] : [compression])
      let names = try Files.list(work.path)
      let result = try await Subprocess("tar", words + ["-cf", "\(folder)/\(name)"] + names).run()
      try #require(result.status == 0, "\(result.errorText)")
    case .entries(let name, let entries):
      try parent(name)
      let sink = try FileSink(path: "\(folder)/\(name)")
      let writer = TarWriter(sink)
      for entry in entries {
        try writer.append(entry)
        let content = [UInt8](repeating: UInt8(ascii: "t"), count: entry.size)
        try content.withUnsafeBytes { try writer.write($0) }
      }
      try writer.finish()
    case .attribute(let attribute, let name):
      let handle = try FileHandle(writing: "\(folder)/\(name)", .keep)
      try handle.setAttribute(attribute, Array("value".utf8))
    case .program(let name):
      try parent(name)
      let result = try await Subprocess("cp", [try #require(Environment.program("busybox")), "\(folder)/\(name)"]).run()
      try #require(result.status == 0)
    }
  }
}

extension DockerfileCase {
  private static let tree: [Item] = [
    .file("a.txt", "a"), .file("b.txt", "b", mode: 0o600), .file("d/x", "x", mode: 0o755), .file("d/e/y", "y"),
    .directory("d/empty", mode: 0o700), .link("d/link", to: "x"), .link("to-dir", to: "d"),
    .link("to-file", to: "a.txt"),
    .link("dangling", to: "nowhere"),
  ]
  private static let shell = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n"

  /// Copies that say where something goes.
  static let copies: [DockerfileCase] = [
    ("a file to a name", "COPY a.txt /f"), ("a file to a folder", "COPY a.txt /f/"),
    ("a file to a deep name", "COPY a.txt /p/q/r"), ("a file to the root", "COPY a.txt /"),
    ("a file to .", "COPY a.txt ."), ("a file below WORKDIR", "WORKDIR /w/x\nCOPY a.txt y/z\nCOPY a.txt ./"),
    ("a folder's contents", "COPY d /f"), ("a folder with a mode", "COPY d/empty /f"),
    ("a folder's contents with slashes", "COPY d/ /f/"),
    ("a folder onto one", "COPY a.txt /f/x\nCOPY d /f"), ("everything", "COPY . /all/"),
    ("two files", "COPY a.txt b.txt /f/"), ("a file and a folder", "COPY a.txt d /f/"),
    ("a pattern", "COPY *.txt /f/"), ("a pattern of folders", "COPY d/e* /f/"), ("a pattern inside", "COPY d/* /f/"),
    ("a question mark", "COPY ?.txt /f/"), ("a set", "COPY [ab].txt /f/"),
    ("a pattern that is one file", "COPY a*t /f"),
    ("a path with dots", "COPY ./d/../a.txt /f"), ("a path that would leave the context", "COPY ../../a.txt /f"),
    ("an absolute source", "COPY /a.txt /f"), ("a link to a file", "COPY to-file /f"),
    ("a link to a folder", "COPY to-dir /f"),
    ("a path through a link", "COPY to-dir/x /f"), ("a link into a folder", "COPY to-file /f/"),
    ("owners by number", "COPY --chown=3:4 d /f"), ("an owner without a group", "COPY --chown=5 a.txt /p/f"),
    ("owners of new folders above", "COPY --chown=3:4 a.txt /p/q/f"),
    ("JSON", "COPY [\"a.txt\", \"/with space/\"]"), ("a variable", "ARG N=a\nENV D=/dest\nCOPY ${N}.txt $D/${N:+yes}"),
    ("the same name twice", "COPY a.txt /f\nCOPY b.txt /f"), ("ADD of a file", "ADD a.txt /f/"),
    ("ADD of a folder", "ADD d /f"), ("a folder with an owner", "COPY d /f\nCOPY --chown=9:9 d /f"),
    ("a trailing dot", "COPY d/. /f/."),
    ("WORKDIR more than once", "WORKDIR /a\nWORKDIR b\nWORKDIR ../c\nCOPY a.txt ."),
    ("WORKDIR of another user", "USER 12:13\nWORKDIR /a/b\nCOPY a.txt ."),
    ("WORKDIR that is there", "COPY d /f\nWORKDIR /f"),
  ].map { DockerfileCase(name: $0.0, dockerfile: "FROM scratch\n\($0.1)\n", items: tree) }

  /// Copies out of earlier stages.
  static let stages: [DockerfileCase] = [
    ("a file of a stage", "COPY --from=one /in/a.txt /f"), ("a folder of a stage", "COPY --from=one /in /f"),
    ("a stage by number", "COPY --from=0 in/d /f/"), ("all of a stage", "COPY --from=one / /"),
    ("owners of a stage", "COPY --from=one /owned /f"), ("other owners", "COPY --chown=1:1 --from=one /owned /f"),
    ("a link in a stage", "COPY --from=one /in/to-dir /f"),
    ("a file through a link in a stage", "COPY --from=one /in/to-dir/x /f"),
    ("into a linked folder", "COPY --from=one /in /in\nCOPY a.txt /in/to-dir/new"),
    ("a pattern in a stage", "COPY --from=one /in/*.txt /f/"),
    ("a stage of a stage", "FROM one AS two\nCOPY b.txt /in/b2\nFROM two\nCOPY a.txt /z"),
    ("a stage that is the base", "FROM one\nENV X=1\nCOPY b.txt /b"),
  ].map { name, steps in
    let first = "FROM scratch AS one\nCOPY . /in\nCOPY --chown=21:22 d /owned\n"
    let last = steps.hasPrefix("FROM") ? steps : "FROM scratch\n\(steps)"
    return DockerfileCase(
      name: name, dockerfile: first + last + "\n", items: tree + [.file(".dockerignore", "Dockerfile\n")])
  }

  /// Archives.
  static let archives: [DockerfileCase] =
    [
      ("a tar", "a.tar", ""), ("a gzip tar", "a.tgz", "-z"), ("an xz tar", "a.txz", "-J"),
      ("a bzip2 tar", "a.tbz", "-j"),
      ("a tar by no name", "archive", ""),
    ].flatMap { name, file, compression in
      [
        DockerfileCase(
          name: "ADD of \(name)", dockerfile: "FROM scratch\nADD \(file) /f/\nADD \(file) /\n",
          items: [.archive(file, tree, compression: compression)]),
        DockerfileCase(
          name: "COPY of \(name)", dockerfile: "FROM scratch\nCOPY \(file) /f/\n",
          items: [.archive(file, [.file("x", "x")], compression: compression)]),
      ]
    } + [
      DockerfileCase(
        name: "ADD of a tar over files", dockerfile: "FROM scratch\nCOPY t /t\nADD a.tar /t\n",
        items: [.file("t/d/x", "old"), .file("t/k", "k"), .archive("a.tar", tree)])
    ]

  /// Ignore files.
  static let ignored: [DockerfileCase] = [
    "*.txt", "d\n!d/e", "**/y", "*\n!a.txt", "d/*\n!d/x", "# c\n\n/a.txt\n", "d/e/", "**\n!d/e/y", "*/e", "?.txt",
    ".git\nDockerfile",
  ].map { text in
    DockerfileCase(
      name: "ignoring \(text.split(separator: "\n").joined(separator: " "))",
      dockerfile: "FROM scratch\nCOPY . /all/\n", items: tree + [.file(".dockerignore", text)])
  }

  /// Configuration.
  static let configurations: [DockerfileCase] =
    [
      "ENV A=1 B=\"2 3\" C='$A' D=$A E\\ F=x\nENV A=2 G=${A}x${H:-none}", "ENV A b  c d",
      "LABEL a=1 \"b c\"=2\nLABEL a=3",
      "ENV P=8080\nEXPOSE $P 53/udp 9-11", "CMD echo hi", "CMD [\"a\", \"b\"]", "ENTRYPOINT [\"e\"]\nCMD [\"c\"]",
      "CMD [\"c\"]\nENTRYPOINT e f",
      "SHELL [\"/bin/x\", \"-y\"]\nCMD hello world\nENTRYPOINT z", "USER 1:2\nUSER www",
      "VOLUME /a /b\nVOLUME [\"/c d\"]",
      "STOPSIGNAL 9\nSTOPSIGNAL SIGUSR1",
      "HEALTHCHECK --interval=5s --timeout=3s --start-period=1m --retries=2 CMD x y",
      "HEALTHCHECK CMD [\"x\", \"y\"]", "HEALTHCHECK CMD x\nHEALTHCHECK NONE", "MAINTAINER somebody <a@b>",
      "ARG A=1\nARG B\nENV X=$A$B\nLABEL l=${A}", "ENV A=1\nARG A=2\nLABEL l=$A", "ONBUILD RUN x\nONBUILD COPY a b",
      "WORKDIR /x\nWORKDIR y",
      "ENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc", "LABEL multi=\"one\\\n two\"",
      "ENV Q=a\\ b R=\"x\\\"y\" S='it'",
      "ENV A=\nLABEL empty=",
    ].map {
      DockerfileCase(
        name: "config \($0.split(separator: "\n").joined(separator: "; "))",
        dockerfile: "FROM scratch\nCOPY a.txt /\n\($0)\n", items: tree)
    } + [
      DockerfileCase(
        name: "build arguments",
        dockerfile: "ARG BASE=scratch\nARG G=global\nFROM $BASE\nARG A=1\nARG B\nARG G\nENV X=$A-$B-$G\nCOPY a.txt /\n",
        items: tree, arguments: ["A=2", "B=3"]),
      DockerfileCase(
        name: "triggers of a stage",
        dockerfile: "FROM scratch AS one\nONBUILD COPY a.txt /t\nONBUILD ENV T=1\nFROM one\nCOPY b.txt /b\n",
        items: tree),
      DockerfileCase(
        name: "commands of a base",
        dockerfile:
          "FROM scratch AS one\nCMD [\"c\"]\nENTRYPOINT [\"e\"]\nCMD [\"d\"]\nFROM one\nENTRYPOINT [\"f\"]\nCOPY a.txt /\n",
        items: tree),
    ]

  /// Commands.
  static let commands: [DockerfileCase] = [
    "RUN busybox mkdir -p /x/y && echo hi > /x/y/z && busybox chmod 4750 /x/y/z && busybox chown 3:4 /x/y",
    "RUN busybox touch /k /l && busybox ln /k /k2 && busybox ln -s k /k3\nRUN busybox rm /k /l",
    "COPY d /d\nRUN busybox rm -r /d/e && busybox mkdir /d/e && echo 1 > /d/e/new",
    "COPY d /d\nRUN busybox rm -r /d\nCOPY d/x /d/only", "COPY d /d\nRUN busybox rm -r /d && echo file > /d",
    "COPY a.txt /n\nRUN busybox rm /n && busybox mkdir /n && echo 1 > /n/m", "COPY d /d\nRUN busybox mv /d/e /d/f",
    "COPY d /d\nRUN busybox chmod 700 /d/e /d/x", "COPY a.txt /a\nRUN echo more >> /a",
    "RUN [\"busybox\", \"touch\", \"/exec form\"]",
    "WORKDIR /w\nENV A=1\nARG B=2\nRUN echo $A $B $PWD $HOME > env\nUSER 7:8\nRUN busybox id -u > /tmp/u || true",
    "RUN busybox mkdir -m 1777 /tmp\nUSER 7:8\nWORKDIR /home/x\nRUN busybox id -u > id && busybox id -g >> id && busybox touch /tmp/mine",
    "RUN busybox mkfifo /p && busybox mkdir -m 2755 /sg",
    "SHELL [\"/bin/busybox\", \"ash\", \"-c\"]\nRUN echo $0 > /shell",
    "RUN --mount=type=bind,source=d,target=/m busybox cp -r /m /copied",
    "RUN --mount=type=tmpfs,target=/m busybox touch /m/x && echo 1 > /y",
    "COPY d /d\nRUN busybox rm /d/x && echo new > /d/x",
    "RUN echo 1 > /one\nRUN echo 2 > /two\nRUN busybox cat /one /two > /three",
  ].map { steps in
    DockerfileCase(
      name: steps.split(separator: "\n").joined(separator: "; "), dockerfile: shell + steps + "\n",
      items: tree + [.program("busybox")])
  }

  static let all =
    copies + stages + archives + replacements + ignored + paths + permissions + configurations + texts + commands
}
