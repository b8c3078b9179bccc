import Host
import Sandbox
import Testing
import Versions

@testable import Verification

@Suite struct ImageFilesTests {
  private let directory: TemporaryDirectory
  private var root: String { directory.path + "/root" }
  private var files: RootFiles { RootFiles(root) }

  init() throws {
    directory = try TemporaryDirectory(prefix: "drydock-verification")
    try Files.createDirectory(root + "/etc/alternatives")
    try Files.createDirectory(root + "/usr/bin")
    try Files.write("outside", to: directory.path + "/secret")
    try Files.write("inside", to: root + "/secret")
    try Files.write("#!/bin/sh\n", to: root + "/usr/bin/tool", mode: 0o750)
  }

  @Test func `no link leads out of the root`() throws {
    try Files.link(root + "/bin", to: "usr/bin")
    try Files.link(root + "/etc/alternatives/tool", to: "/bin/tool")
    try Files.link(root + "/usr/bin/alias", to: "/etc/alternatives/tool")
    try Files.link(root + "/up", to: "../../../../secret")
    try Files.link(root + "/absolute", to: directory.path + "/secret")
    try Files.link(root + "/round", to: "round")
    #expect(files.locate("/bin/alias") == root + "/usr/bin/tool")
    #expect(files.locate("/bin/alias", followingLink: false) == root + "/usr/bin/alias")
    #expect(try files.text("/up") == "inside")
    #expect(try files.text("/../../secret") == "inside")
    #expect(files.locate("/absolute") == nil)
    #expect(files.locate("/round") == nil)
    #expect(files.locate("/") == root + "/")
    #expect(files.locate("/missing/x") == nil)
    #expect(files.status("/etc")?.kind == .directory)
  }

  @Test func `reading a directory or nothing is an error`() {
    #expect(throws: SystemError.self) { try files.text("/etc") }
    #expect(throws: SystemError.self) { try files.text("/missing") }
  }

  static let permissions: [(mode: UInt32, isDirectory: Bool, posix: String, go: String)] = [
    (0o644, false, "-rw-r--r--", "-rw-r--r--"), (0o755, true, "drwxr-xr-x", "drwxr-xr-x"),
    (0o1777, true, "drwxrwxrwt", "dtrwxrwxrwx"), (0o4755, false, "-rwsr-xr-x", "urwxr-xr-x"),
    (0o2640, false, "-rw-r-S---", "grw-r-----"), (0o0, false, "----------", "----------"),
  ]

  @Test(arguments: permissions)
  func `permissions are written as ls and as Go do`(
    _ row: (mode: UInt32, isDirectory: Bool, posix: String, go: String)
  ) throws {
    let path = root + "/x"
    if row.isDirectory { try Files.createDirectory(path) } else { try Files.write("", to: path) }
    try Files.changeMode(path, row.mode)
    let status = try FileStatus(of: path)
    #expect(status.permissions == row.posix)
    #expect(status.goPermissions == row.go)
  }

  @Test func `users are found by name and number`() {
    let accounts = Accounts(
      passwd: "root:x:0:0:root:/root:/bin/sh\nglue:x:10000:5::/home/glue:/bin/sh\nbroken:x\n",
      group: "root:x:0:\nusers:x:5:\nspark:x:7:glue,other\n")
    func identity(_ text: String?) -> String? {
      accounts.identity(text).map { "\($0.user.uid):\($0.user.gid):\($0.user.groups) \($0.home)" }
    }
    #expect(identity(nil) == "0:0:[0] /root")
    #expect(identity("") == "0:0:[0] /root")
    #expect(identity("glue") == "10000:5:[5, 7] /home/glue")
    #expect(identity("10000") == "10000:5:[5, 7] /home/glue")
    #expect(identity("10000:0") == "10000:0:[0] /home/glue")
    #expect(identity("glue:spark") == "10000:7:[7] /home/glue")
    #expect(identity("4242") == "4242:0:[0] /")
    #expect(identity("nobody") == nil)
    #expect(identity("glue:nogroup") == nil)
  }

  @Test func `installed packages are read from their records`() throws {
    let status = """
      Package: libc6
      Status: install ok installed
      Description: GNU C Library
       Package: not-a-field
      Version: 2.36-9+deb12u9

      Package: removed
      Status: deinstall ok config-files
      Version: 1.0

      Package: zlib1g
      Status: install ok installed
      Version: 1:1.2.13.dfsg-1
      """
    try Files.createDirectory(root + "/var/lib/dpkg")
    try Files.write(status, to: root + "/var/lib/dpkg/status")
    let site = root + "/usr/local/lib/python3.11/dist-packages/PyAthena-3.30.1.dist-info"
    try Files.createDirectory(site)
    try Files.write("Metadata-Version: 2.3\nName: PyAthena\nVersion: 3.30.1\n\nName: x\n", to: site + "/METADATA")
    let installed = InstalledPackages(of: files)
    #expect(installed.debian == ["libc6": "2.36-9+deb12u9", "zlib1g": "1:1.2.13.dfsg-1"])
    #expect(installed.python == [try PackageName(parsing: "pyathena"): "3.30.1"])
  }

  @Test func `differences from the lock go both ways unless there is a base`() {
    let expected = ["a": "1", "b": "2", "c": "3"]
    let found = ["a": "1", "b": "4", "d": "5"]
    let own = VersionComparison(expected: expected, found: found, allowsOthers: false)
    #expect(own.equal == 1)
    #expect(
      own.differences == [
        "b: the lock has 2, the image 4", "c: the lock has 3, the image has none",
        "d: the image has 5, the lock has none",
      ])
    let based = VersionComparison(expected: expected, found: found, allowsOthers: true)
    #expect(based.differences.count == 2)
  }

  static let expansions: [(text: String, removed: String, kept: String)] = [
    ("$A-${A}", "1-1", "1-1"), ("$AB", "", "$AB"), ("${B}x", "x", "${B}x"), ("$", "$", "$"),
    ("a$1$?", "a$1$?", "a$1$?"),
    ("${A", "${A", "${A"), ("/env/bin:$PATH", "/env/bin:/bin", "/env/bin:/bin"),
  ]

  @Test(arguments: expansions)
  func `variables are replaced`(_ row: (text: String, removed: String, kept: String)) {
    let variables = ["A": "1", "PATH": "/bin"]
    #expect(Substitution.expand(row.text, variables, unset: .removed) == row.removed)
    #expect(Substitution.expand(row.text, variables, unset: .kept) == row.kept)
  }

  @Test func `results of scripts are told from other lines`() {
    let output = """
      loading…
      {"check": "reads", "ok": true, "seconds": 1.5, "detail": "3 rows"}
      {"not": "a check"}
      {"check": "writes", "ok": false}
      """
    let (checks, rest) = CheckLine.split(output)
    #expect(checks.map(\.check) == ["reads", "writes"])
    #expect(checks.map(\.isOK) == [true, false])
    #expect(checks.map(\.duration) == [.milliseconds(1500), .zero])
    #expect(checks.map(\.detail) == ["3 rows", nil])
    #expect(rest == "loading…\n{\"not\": \"a check\"}")
  }

  @Test func `a file of variables is read as engines read it`() {
    let variables = ContainerSettings.environment(file: "# comment\nA=1\n  B=x=y\r\nNO_SUCH_VARIABLE_HERE\nEMPTY=\n")
    #expect(variables == ["A": "1", "B": "x=y", "EMPTY": ""])
  }
}
