import Glibc
import Host
import JSON
import Testing

@testable import Sandbox

@Suite struct `What the two halves of a sandbox say` {
  static let plans: [SandboxPlan] = {
    var full = SandboxPlan(
      root: .overlay(lower: ["/a", "/b,c"], changes: .directory("/scratch")),
      command: SandboxCommand(["a", "b\n\"c\""]))
    full.mounts = [
      .init("/bind", .bind("/source", writable: true)), .init("/memory", .memory(limit: 5, mode: 0o1777)),
      .init("/file", .file("é\u{0}\n", mode: 0o600)), .init("/p", .processes), .init("/d", .devices),
    ]
    full.hostname = "name"
    full.hosts = "hosts"
    full.resolver = "resolver"
    full.network = .host
    full.firstProcess = .command
    full.allowsNesting = true
    full.command.environment = ["A": "1", "B": ""]
    full.command.directory = "/x"
    full.command.user = SandboxCommand.User(uid: 1, gid: 4_294_967_294, groups: [3, 4])
    full.command.capabilities = [.kill, .setFileCapabilities]
    full.command.limits = [.openFiles(.max), .processes(3), .addressSpace(1), .processorTime(2), .fileSize(4)]
    full.command.flushes = false
    full.command.timeout = .milliseconds(1500)
    return [
      full, SandboxPlan(root: .directory("/r", writable: false), command: SandboxCommand(["x"])),
      SandboxPlan(root: .overlay(lower: ["/a"], changes: .memory(limit: 7)), command: .idle),
      SandboxPlan(root: .overlay(lower: ["/a"], changes: .memory(limit: nil)), command: SandboxCommand([])),
    ]
  }()

  @Test(arguments: plans) func `a plan arrives as it was sent`(_ plan: SandboxPlan) throws {
    let text = plan.json.text()
    #expect(try SandboxPlan(json: JSONValue(parsing: text)) == plan)
  }

  static let reports: [Report] = [
    .started(7), .ended(.exited(255)), .ended(.signalled(9)), .ended(.timedOut),
    .failed(SandboxError(.mount, "mount on", "/a\nb", code: 13)), .failed(SandboxError(.command, "start")),
  ]

  @Test(arguments: reports) func `a report is one line`(_ report: Report) throws {
    #expect(report.line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    #expect(try Report(line: Array(report.line.dropLast())) == report)
  }

  @Test func `a request is understood`() throws {
    #expect(try Request(bytes: Request.start.bytes) == .start)
    #expect(try Request(bytes: Request.signal(15, process: 2).bytes) == .signal(15, process: 2))
    #expect(throws: SandboxError.self) { try Request(bytes: [1, 2]) }
  }

  static let subordinates: [(text: String, ranges: [IdentityMaps.Range])] = [
    ("", []), ("other:1000:10\n", []), ("me:100000:65536\n", [.init(inside: 1, outside: 100_000, count: 65536)]),
    (
      "me:1000:10\nother:5:5\n500:7000:20\nme:x:1\nme:1\nme:9:0\n",
      [.init(inside: 1, outside: 1000, count: 10), .init(inside: 11, outside: 7000, count: 20)]
    ),
    ("me:1:4294967295\n", []),
  ]

  @Test(arguments: subordinates) func `subordinate users follow each other from 1 on`(
    _ row: (text: String, ranges: [IdentityMaps.Range])
  ) {
    #expect(IdentityMaps.parse(subordinates: row.text, of: ["me", "500"]) == row.ranges)
  }

  @Test func `a user is found by number`() {
    let text = "root:x:0:0::/:/bin/sh\nbroken\nme:x:500:500::/:/bin/sh\n"
    #expect(IdentityMaps.name(of: 500, in: text) == "me")
    #expect(IdentityMaps.name(of: 501, in: text) == nil)
    #expect(
      IdentityMaps.parse(map: "         0       1000          1\n 1 100000 65536\nx\n") == [
        .init(inside: 0, outside: 1000, count: 1), .init(inside: 1, outside: 100_000, count: 65536),
      ])
  }

  @Test func `a copy of a tree keeps links, modes and times`() throws {
    let directory = try TemporaryDirectory()
    let source = directory.path + "/source"
    try Files.createDirectory(source + "/deep/er")
    try Files.write("content", to: source + "/deep/file", mode: 0o640)
    try Files.hardLink(source + "/deep/er/hard", to: source + "/deep/file")
    try Files.link(source + "/link", to: "/no/where")
    #expect(symlink("x", source + "/dangling") == 0)
    #expect(mkfifo(source + "/pipe", 0o622) == 0)
    try Files.changeMode(source + "/deep", 0o1755)
    try Files.setModified(source + "/deep/file", 86400)
    try Files.setModified(source + "/deep", 172_800)

    let from = try Descriptor.open(source, O_RDONLY | O_DIRECTORY, stage: .root, to: "open")
    let into = try Descriptor.open(directory.path, O_RDONLY | O_DIRECTORY, stage: .root, to: "open")
    _ = try TreeCopy(of: from, into: into, named: "copy").run()
    func status(_ path: String) -> stat {
      var status = stat()
      #expect(lstat(directory.path + "/copy/" + path, &status) == 0, "\(path)")
      return status
    }
    #expect(try Files.text(directory.path + "/copy/deep/er/hard") == "content")
    #expect(status("deep/file").st_ino == status("deep/er/hard").st_ino)
    #expect(status("deep/file").st_mode == S_IFREG | 0o640)
    #expect(status("deep/file").st_mtim.tv_sec == 86400)
    #expect(status("deep").st_mode == S_IFDIR | 0o1755)
    #expect(status("deep").st_mtim.tv_sec == 172_800)
    #expect(status("pipe").st_mode & S_IFMT == S_IFIFO)
    #expect(try Files.target(ofLink: directory.path + "/copy/link") == "/no/where")
    // A finished copy is used again.
    try Files.write("changed", to: directory.path + "/copy/deep/new")
    _ = try TreeCopy(of: from, into: into, named: "copy").run()
    #expect(try Files.text(directory.path + "/copy/deep/new") == "changed")
  }
}
