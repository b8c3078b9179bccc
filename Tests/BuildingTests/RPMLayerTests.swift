import Host
import Images
import Layers
import OCI
import Packages
import TestSupport
import Testing
import Trust
import Versions

@testable import Building

/// Layers of packages that rpmbuild makes, beside what rpm itself makes of the same base.
@Suite(.serialized) struct RPMLayerTests {
  /// The set before, which the base has installed.
  private static let old = """
    Name: tool
    Version: 1.0
    Release: 1
    Summary: x
    License: x
    BuildArch: noarch
    %description
    x
    %package -n kept
    Summary: x
    %description -n kept
    x
    %package -n former
    Summary: x
    %description -n former
    x
    %install
    mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/usr/share/tool/old %{buildroot}/usr/share/kept
    echo one > %{buildroot}/usr/bin/tool
    echo gone > %{buildroot}/usr/share/tool/old/gone
    echo same > %{buildroot}/usr/share/kept/file
    for name in same changed quiet; do echo first > %{buildroot}/etc/$name.conf; done
    echo former > %{buildroot}/usr/bin/former
    %files
    /usr/bin/tool
    /usr/share/tool
    %config(noreplace) /etc/changed.conf
    %config(noreplace) /etc/same.conf
    %config(noreplace) /etc/quiet.conf
    %files -n kept
    /usr/share/kept
    %files -n former
    /usr/bin/former
    """

  /// The set that is installed: every kind of file, two packages with one file, scripts of both kinds.
  private static let new = """
    Name: tool
    Version: 2.0
    Release: 1
    Epoch: 0
    Summary: x
    License: x
    Vendor: Example
    Requires: /bin/sh
    Requires(post): liba
    Requires: liba >= 1
    Obsoletes: former < 2
    %description
    x
    %package -n liba
    Summary: x
    Group: Libraries
    Epoch: 3
    %description -n liba
    x
    %package -n empty
    Summary: x
    BuildArch: noarch
    %description -n empty
    x
    %install
    mkdir -p %{buildroot}/usr/bin %{buildroot}/etc/tool.d %{buildroot}/usr/lib64 %{buildroot}/var/cache/tool
    mkdir -p %{buildroot}/usr/share/licenses %{buildroot}/bin %{buildroot}/usr/share/ümlaut
    echo two > %{buildroot}/usr/bin/tool
    ln %{buildroot}/usr/bin/tool %{buildroot}/usr/bin/tool-again
    ln -s tool %{buildroot}/usr/bin/tool-link
    echo net > %{buildroot}/usr/bin/net
    echo bin > %{buildroot}/bin/short
    for name in same changed quiet new; do echo second > %{buildroot}/etc/$name.conf; done
    echo first > %{buildroot}/etc/same.conf
    head -c 3000000 /dev/zero > %{buildroot}/usr/lib64/liba.so.1
    ln -s liba.so.1 %{buildroot}/usr/lib64/liba.so
    echo text > %{buildroot}/usr/share/licenses/both
    : > %{buildroot}/usr/share/ümlaut/empty
    : > %{buildroot}/usr/share/ümlaut/empty-too
    %post
    echo hello > /etc/greeting
    %post -n liba -p /sbin/ldconfig
    %files
    %attr(4755,root,root) /usr/bin/tool
    %attr(4755,root,root) /usr/bin/tool-again
    /usr/bin/tool-link
    /bin/short
    %caps(cap_net_raw,cap_net_admin=ep) /usr/bin/net
    %config(noreplace) /etc/changed.conf
    %config(noreplace) /etc/same.conf
    %config(noreplace) /etc/quiet.conf
    %config /etc/new.conf
    %dir %attr(0750,worker,worker) /etc/tool.d
    %ghost /var/log/tool.log
    %dir /var/cache/tool
    /usr/share/licenses/both
    /usr/share/ümlaut
    %files -n liba
    /usr/lib64/liba.so.1
    /usr/lib64/liba.so
    /usr/share/licenses/both
    %files -n empty
    """

  private static let accounts = "root:x:0:0::/root:/bin/sh\nworker:x:7:8::/srv:/bin/sh\n"

  /// A folder with a base that has the old set installed by rpm, changed in one place, and the new packages.
  private struct Scene {
    let directory: TemporaryDirectory
    let root: String
    let image: Image
    let paths: [String]

    init(database: Bool = true, inBerkeleyDB: Bool = false, options: [String] = []) async throws {
      directory = try TemporaryDirectory()
      root = directory.path + "/root"
      try Files.createDirectory(root + "/usr/bin")
      try Files.createDirectory(root + "/etc")
      try Files.link(root + "/bin", to: "usr/bin")
      try Files.write(accounts, to: root + "/etc/passwd")
      try Files.write("root:x:0:\nworker:x:8:\n", to: root + "/etc/group")
      let old = try await MadeUpRPM.build(RPMLayerTests.old, in: directory.path + "/old")
      try await Self.rpm(["--install", "--nodeps"] + old, root)
      if inBerkeleyDB { try await Self.convert(root + "/var/lib/rpm") }
      if !database { try await MadeUpRPM.remove(root + "/var/lib/rpm") }
      try Files.write("mine\n", to: root + "/etc/changed.conf")
      paths = try await MadeUpRPM.build(RPMLayerTests.new, in: directory.path + "/new", options: options)
      let store = try ContentStore(at: directory.path + "/store")
      let tree = try TreeScanner.scan(root)
      image = try Image(
        config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(tree, epoch: 1 << 40)], in: store)
    }

    /// Has Berkeley DB's own program make of a database what rpm had before SQLite, with some of the files beside it.
    private static func convert(_ folder: String) async throws {
      func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      }
      func little(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
      let packages = try RPMDatabase(path: folder + "/rpmdb.sqlite").packages
      var lines = ["VERSION=3", "format=bytevalue", "type=hash", "HEADER=END"]
      lines += [little(0), little(packages.last?.number ?? 0)].map { " " + hex($0) }
      for package in packages { lines += [little(package.number), package.header.bytes].map { " " + hex($0) } }
      try await MadeUpRPM.remove(folder)
      try Files.createDirectory(folder)
      let text = Path.parent(folder).map { $0 + "/text" } ?? ""
      try Files.write(lines.joined(separator: "\n") + "\nDATA=END\n", to: text)
      try await MadeUpRPM.run("db5.3_load", ["-f", text, folder + "/Packages"])
      try Files.remove(text)
      for name in ["Name", "Basenames", "__db.001", ".rpm.lock"] { try Files.write("stale", to: "\(folder)/\(name)") }
    }

    static func rpm(_ arguments: [String], _ root: String) async throws {
      try await MadeUpRPM.run("rpm", ["--root", root, "--dbpath", "/var/lib/rpm", "--noscripts"] + arguments)
    }

    var pins: [RPMPin] {
      get throws {
        try paths.map { path in
          let archive = try RPMArchive(path: path)
          return RPMPin(
            name: archive.header.string(.name) ?? "", version: RPMDatabase.version(of: archive.header),
            architecture: archive.header.string(.architecture) ?? "", location: Path.name(path),
            size: try FileStatus(of: path).size, digest: try SHA256.digest(ofFile: path).digest, repository: "r",
            dependencies: [])
        }
      }
    }

    /// The layer's archive over the base, unpacked; and what was noted.
    func installed(_ name: String) async throws -> (root: String, image: Image, notes: [String]) {
      let workspace = directory.path + "/work-" + name
      try Files.createDirectory(workspace)
      try Files.createDirectory(directory.path + "/indexes")
      let tree = try await ImageTree.read(image, keepingIn: workspace)
      let layer = RPMLayer(pins: try pins, paths: paths, epoch: 2_000_000_000, workspace: workspace)
      let contents = try await layer.contents(over: image, tree)
      let store = try ContentStore(at: directory.path + "/store")
      let base = Foundation.image(image, reference: "base", tree: Shared { tree })
      let written = try await store.add(
        try await base.fit(contents.tree), removing: contents.removed, epoch: 2_000_000_000, as: .gzip)
      let lower = WrittenLayer(
        descriptor: image.layers[0].descriptor, diffID: image.layers[0].diffID, plainSize: 0)
      let whole = try Image(config: image.config, layers: [lower, written], in: store)
      let root = directory.path + "/unpacked-" + name
      try Files.createDirectory(root)
      try whole.unpack(into: root)
      return (root, whole, contents.notes)
    }
  }

  /// What is in a root, without rpm's own files: kind, mode, owner, link, content and capabilities of each path.
  static func listing(_ root: String) async throws -> [String] {
    let script = """
      cd "$1" && find . -path ./var/lib/rpm -prune -o -printf '%P %y %m %U:%G %l %n ' \\
        \\( -type f -exec sh -c 'sha256sum < "$1" | cut -c1-16 | tr -d "\\n"; getcap -n "$1" | sed "s/^[^ ]*//"; echo' _ {} \\; \\
        -o -printf '\\n' \\) | grep -v '^ *$' | LC_ALL=C sort
      """
    // Directories have as many names as they have folders in them, which says nothing more.
    return try await MadeUpRPM.run("/bin/bash", ["-c", script, "sh", root]).split(separator: "\n").map { line in
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      return words.count > 1 && words[1] == "d" ? words[..<4].joined(separator: " ") : String(line)
    }
  }

  static let payloads: [[String]] = [
    [], ["--define", "_binary_payload w19.zstdio"], ["--define", "_binary_payload w2.xzdio"],
    ["--define", "_binary_payload w9.gzdio"], ["--define", "_binary_payload w.ufdio"],
    ["--define", "_source_filedigest_algorithm 1", "--define", "_binary_filedigest_algorithm 1"],
  ]

  @Test(arguments: payloads) func `an upgrade leaves the files that rpm leaves`(_ options: [String]) async throws {
    let scene = try await Scene(options: options)
    defer { scene.directory.remove() }
    let ours = try await scene.installed("ours")
    try await Scene.rpm(["--upgrade", "--nodeps"] + scene.paths, scene.root)
    let (mine, theirs) = (try await Self.listing(ours.root), try await Self.listing(scene.root))
    #expect(mine.filter { !theirs.contains($0) } == [])
    #expect(theirs.filter { !mine.contains($0) } == [])
    #expect(mine.contains { $0.hasPrefix("etc/changed.conf.rpmnew f ") })
    #expect(
      ours.notes == [
        "/etc/changed.conf of the base was changed and stays; the package's own is /etc/changed.conf.rpmnew",
        "%post of tool-2.0-1.x86_64 was not run (/bin/sh)",
      ])
  }

  @Test func `rpm finds the packages in its database as if it had installed them, and twice the same`() async throws {
    let scene = try await Scene()
    defer { scene.directory.remove() }
    let ours = try await scene.installed("ours")
    #expect(try await scene.installed("again").image.digest == ours.image.digest)
    try await Scene.rpm(["--upgrade", "--nodeps"] + scene.paths, scene.root)
    func database(_ root: String, _ arguments: String...) async throws -> String {
      try await MadeUpRPM.run("sqlite3", ["\(root)/var/lib/rpm/rpmdb.sqlite"] + arguments)
    }
    #expect(try await database(ours.root, "PRAGMA integrity_check") == "ok\n")
    let tables = RPMDatabaseIndex.all.keys.filter { $0 != "Installtid" }.sorted()
    for table in tables {
      let query = """
        SELECT quote(t.key), n.key, t.idx FROM "\(table)" t JOIN Name n ON n.hnum = t.hnum ORDER BY 2, 3, 1
        """
      #expect(try await database(ours.root, query) == database(scene.root, query), "\(table)")
    }
    func query(_ root: String, _ arguments: String...) async throws -> String {
      try await MadeUpRPM.run("rpm", ["--root", root, "--dbpath", "/var/lib/rpm"] + arguments)
    }
    let format = "%{NEVRA} %{SHA256HEADER} %{SIGMD5} %{SIGSIZE} %{INSTALLCOLOR} [%{FILENAMES} %{FILESTATES:fstate},]\\n"
    for words in [["-qa", "--qf", format], ["-q", "--whatprovides", "liba"], ["-qf", "/usr/bin/tool"]] {
      let (mine, theirs) = (
        try await MadeUpRPM.run("rpm", ["--root", ours.root, "--dbpath", "/var/lib/rpm"] + words),
        try await MadeUpRPM.run("rpm", ["--root", scene.root, "--dbpath", "/var/lib/rpm"] + words)
      )
      #expect(mine.split(separator: "\n").sorted() == theirs.split(separator: "\n").sorted())
    }
    // What compares images and bases sees them, too.
    let tree = try await ImageTree.read(ours.image, keepingIn: scene.directory.path + "/indexes")
    let versions = InstalledPackages.versions(tree).filter { $0.key.hasPrefix("rpm ") }
    #expect(
      versions == ["rpm tool": "2.0-1", "rpm liba": "3:2.0-1", "rpm empty": "2.0-1", "rpm kept": "1.0-1"])
    // The one file that was changed before is all that rpm has to say.
    let verified = try await Subprocess(
      "rpm", ["--root", ours.root, "--dbpath", "/var/lib/rpm", "-Va", "--nodeps"]
    ).run()
    let named = verified.text.split(separator: "\n").compactMap { $0.split(separator: " ").last }
    #expect(named.sorted() == ["/etc/changed.conf", "/var/log/tool.log"].filter { path in named.contains(path[...]) })
    #expect(named.contains("/etc/changed.conf"))
    // rpm goes on with it: it takes a package away again.
    try await Scene.rpm(["--erase", "--nodeps", "liba"], ours.root)
    #expect(!Files.exists(ours.root + "/usr/lib64/liba.so.1"))
    #expect(try await query(ours.root, "-qa").contains("kept-1.0-1"))
  }

  @Test func `a base of an old release has the packages in Berkeley DB, as rpm reads them`() async throws {
    let scene = try await Scene(inBerkeleyDB: true)
    defer { scene.directory.remove() }
    let ours = try await scene.installed("ours")
    #expect(try await scene.installed("again").image.digest == ours.image.digest)
    // The indexes beside it are of the database before; rpm makes them anew.
    #expect(try Files.list(ours.root + "/var/lib/rpm").sorted() == [".rpm.lock", "Packages"])
    #expect(!Files.exists("\(ours.root)/\(RPMManifest.path)"))
    try await MadeUpRPM.run("db5.3_verify", ["-q", ours.root + "/var/lib/rpm/Packages"])
    let theirs = try await Scene()
    defer { theirs.directory.remove() }
    try await Scene.rpm(["--upgrade", "--nodeps"] + scene.paths, theirs.root)
    let format = "%{NEVRA} %{SHA256HEADER} %{SIGMD5} %{SIGSIZE} %{INSTALLCOLOR} [%{FILENAMES} %{FILESTATES:fstate},]\\n"
    func query(_ root: String, _ options: [String]) async throws -> [Substring] {
      try await MadeUpRPM.run(
        "rpm", ["--root", root, "--dbpath", "/var/lib/rpm"] + options + ["-qa", "--qf", format]
      ).split(separator: "\n").sorted()
    }
    let read = try await query(ours.root, ["--define", "_db_backend bdb_ro"])
    #expect(
      read.map { $0.prefix { $0 != " " } } == [
        "empty-0:2.0-1.noarch", "kept-1.0-1.noarch", "liba-3:2.0-1.x86_64", "tool-0:2.0-1.x86_64",
      ])
    // The bases of the two were built one after the other, and differ in that.
    #expect(try await query(theirs.root, []).filter { !$0.hasPrefix("kept") } == read.filter { !$0.hasPrefix("kept") })
    let tree = try await ImageTree.read(ours.image, keepingIn: scene.directory.path + "/indexes")
    let versions = InstalledPackages.versions(tree).filter { $0.key.hasPrefix("rpm ") }
    #expect(versions == ["rpm tool": "2.0-1", "rpm liba": "3:2.0-1", "rpm empty": "2.0-1", "rpm kept": "1.0-1"])
    // Those that are there are known when others are chosen, with all that they say.
    let installed = try InstalledPackages.rpmPackages(of: tree).compactMap { package in
      if case .described(let package) = package { package } else { nil }
    }
    let tool = try #require(installed.first { $0.name == "tool" })
    #expect(tool.requires.map(\.description).contains("liba >= 1"))
    #expect(tool.obsoletes.map(\.description) == ["former < 2"])
    #expect(tool.files.contains("/usr/bin/tool-link"))
    #expect(tool.provides.map(\.description).contains("tool = 0:2.0-1"))
  }

  @Test func `a base without a database gets a list that scanners read`() async throws {
    let scene = try await Scene(database: false)
    defer { scene.directory.remove() }
    let ours = try await scene.installed("ours")
    let bytes = try Files.read("\(ours.root)/\(RPMManifest.path)")
    #expect(
      RPMManifest.packages(bytes).map { "\($0.name) \($0.version)" } == ["empty 2.0-1", "liba 3:2.0-1", "tool 2.0-1"])
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")[2]
    let tree = try await ImageTree.read(ours.image, keepingIn: scene.directory.path + "/indexes")
    #expect(InstalledPackages.versions(tree)["rpm liba"] == "3:2.0-1")
    let fields = line.split(separator: "\t").map(String.init)
    #expect(fields.count == 10)
    #expect(fields[4] == "Example")
    #expect(fields[7...] == ["x86_64", "0", "tool-2.0-1.src.rpm"])
  }

  @Test func `what rpm would refuse or ask a script for is refused with its reason`() async throws {
    let scene = try await Scene()
    defer { scene.directory.remove() }
    func failure(_ spec: String) async throws -> String {
      let folder = scene.directory.path + "/bad"
      try await MadeUpRPM.remove(folder)
      let paths = try await MadeUpRPM.build(spec, in: folder)
      let tree = try await ImageTree.read(scene.image, keepingIn: folder)
      let archives = try paths.map { path in
        let archive = try RPMArchive(path: path)
        let files = try archive.files()
        let spool = path + ".contents"
        return RPMInstallation.Package(
          archive: archive, files: files, spool: spool,
          contents: try archive.spool(files, to: try FileSink(path: spool)))
      }
      let database = try RPMDatabase(path: scene.root + "/var/lib/rpm/rpmdb.sqlite")
      do {
        _ = try RPMInstallation(
          archives, over: tree, installed: database.packages,
          accounts: AccountNumbers(passwd: Self.accounts, group: "worker:x:8:\n"), epoch: 0)
        return "accepted"
      } catch { return "\(error)" }
    }
    func spec(_ install: String, _ files: String) -> String {
      "Name: bad\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n%install\n\(install)\n%files\n\(files)\n"
    }
    let other = spec(
      "mkdir -p %{buildroot}/usr/share/kept\necho other > %{buildroot}/usr/share/kept/file", "/usr/share/kept/file")
    #expect(
      try await failure(other)
        == "kept-1.0-1.noarch and bad-1-1.noarch have different files at /usr/share/kept/file")
    let whiteout = spec("mkdir -p %{buildroot}/etc\n: > %{buildroot}/etc/.wh.passwd", "/etc/.wh.passwd")
    #expect(
      try await failure(whiteout) == "/etc/.wh.passwd of bad-1-1.noarch has a name that deletes others in a layer")
    let stranger = spec("mkdir -p %{buildroot}/srv/a", "%attr(-,stranger,root) /srv/a")
    #expect(
      try await failure(stranger)
        == "/srv/a of bad-1-1.noarch belongs to the user 'stranger', which the base does not have")
  }

  static let scripts: [(RPMScript, String?)] = [
    (RPMScript(moment: "%post", interpreter: "/sbin/ldconfig", body: ""), "the loader"),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "/sbin/ldconfig\n"), "the loader"),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "\n# nothing\n:\nexit 0"), "it does nothing"),
    (
      RPMScript(
        moment: "%post", interpreter: "/bin/sh",
        body: "if [ $1 -eq 1 ] ; then \n  /usr/bin/systemctl --no-reload preset x.service || : \nfi"), "no systemd"
    ),
    (
      RPMScript(
        moment: "%post", interpreter: "/bin/sh",
        body: "if [ $1 -eq 1 ] && [ -x /usr/lib/systemd/systemd-update-helper ]; then\n"
          + " /usr/lib/systemd/systemd-update-helper install-system-units x.service || :\nfi"), "no systemd"
    ),
    (RPMScript(moment: "%pre", interpreter: "/bin/sh", body: "getent group x || groupadd x"), nil),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "/sbin/ldconfig\nrm -rf /x"), nil),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "true && rm -rf /x"), nil),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "exit $(rm -rf /x)"), nil),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "/sbin/ldconfig && rm -rf /x"), nil),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: ": > /etc/mark"), nil),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "/sbin/ldconfig > /etc/mark"), nil),
    (RPMScript(moment: "%post", interpreter: "/bin/sh", body: "true | tee /etc/mark"), nil),
    (RPMScript(moment: "%pretrans", interpreter: "<lua>", body: "os.remove('/x')"), nil),
  ]

  @Test(arguments: scripts) func `a script is harmless only if all of it is`(_ script: RPMScript, _ reason: String?) {
    let found = script.reasonItIsHarmless
    #expect(reason.map { found?.hasPrefix($0) == true } ?? (found == nil), "\(script.body): \(found ?? "-")")
  }

  static let capabilities: [(text: String, bytes: [UInt8]?)] = [
    ("cap_net_raw=ep", [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)),
    ("= cap_net_raw+p", [0, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)),
    ("cap_chown,cap_checkpoint_restore=ei", [1, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
    ("cap_nothing=p", nil), ("cap_chown", nil), ("cap_chown+", nil), ("cap_chown=x", nil),
  ]

  @Test(arguments: capabilities) func `capabilities are written as the kernel reads them`(
    _ text: String, _ bytes: [UInt8]?
  ) {
    #expect(FileCapabilities(parsing: text)?.bytes == bytes)
  }
}
