import Host
import Layers
import OCI
import Packages
import TestSupport
import Testing
import Trust

@testable import Building

/// Roots of RPM packages alone, beside what rpm itself makes of the same packages in an empty directory.
@Suite(.serialized) struct `RPM roots` {
  /// Packages of a small distribution: links first, accounts, a shell, and a service whose scripts make its user.
  static let distribution = """
    %global _unpackaged_files_terminate_build 0
    Name: filesystem
    Version: 3
    Release: 1
    Summary: x
    License: x
    AutoReqProv: no
    %description
    x
    %package -n setup
    Summary: x
    Requires: filesystem
    %description -n setup
    x
    %package -n busy
    Summary: x
    Requires: filesystem
    Provides: /bin/sh
    %description -n busy
    x
    %package -n a-service
    Summary: x
    Requires(pre): /bin/sh setup
    Requires(post): busy
    Requires: liba
    %description -n a-service
    x
    %package -n liba
    Summary: x
    Requires: a-service busy
    %description -n liba
    x
    %install
    cd %{buildroot}
    mkdir -p usr/bin usr/sbin usr/lib64 etc var/tmp tmp root var/lib/svc/data usr/share/doc var/log
    ln -s usr/bin bin; ln -s usr/sbin sbin; ln -s usr/lib64 lib64
    printf 'root:x:0:0:root:/root:/bin/sh\\nbin:x:1:1::/bin:/sbin/nologin\\n' > etc/passwd
    printf 'root:x:0:\\nbin:x:1:\\n' > etc/group
    cp $(command -v busybox) usr/bin/busybox; ln -s busybox usr/bin/sh
    echo service > usr/bin/svc; echo data > var/lib/svc/data/file; ln usr/bin/svc usr/bin/svc-too
    echo a > usr/lib64/liba.so; ln -s liba.so usr/lib64/liba.so.1
    echo plain > usr/sbin/tool; ln -s file var/lib/svc/data/link
    %pre -n a-service
    /bin/busybox grep -q '^svc:' /etc/passwd || {
      echo 'svc:x:77:78::/var/lib/svc:/sbin/nologin' >> /etc/passwd
      echo 'svc:x:78:' >> /etc/group
    }
    %post -n a-service
    echo "posted $1 with $(/bin/busybox cat /lib64/liba.so)" >> /etc/svc.state
    %posttrans -n a-service
    echo "transaction" >> /etc/svc.state
    %post -n liba
    echo "said by liba"
    exit 3
    %files
    %dir /usr
    %dir /usr/bin
    %dir /usr/sbin
    %dir /usr/lib64
    %dir /etc
    %dir /var
    %dir /var/log
    %dir %attr(1777,root,root) /var/tmp
    %dir %attr(1777,root,root) /tmp
    %dir %attr(0550,root,root) /root
    /bin
    /sbin
    /lib64
    %files -n setup
    %config(noreplace) /etc/passwd
    %config(noreplace) /etc/group
    %files -n busy
    /bin/busybox
    /bin/sh
    %files -n a-service
    %attr(4755,svc,bin) /usr/bin/svc
    %attr(4755,svc,bin) /usr/bin/svc-too
    %dir %attr(0750,svc,svc) /var/lib/svc
    %attr(0640,root,svc) /var/lib/svc/data/file
    %attr(-,svc,svc) /var/lib/svc/data/link
    %caps(cap_net_bind_service=ep) %attr(0755,root,svc) /sbin/tool
    %files -n liba
    /lib64/liba.so
    /lib64/liba.so.1
    """

  private struct Scene {
    let directory: TemporaryDirectory
    let paths: [String]

    init(_ spec: String, options: [String] = []) async throws {
      directory = try TemporaryDirectory()
      // A path through a link is where rpmbuild finds the file, and the one that the package has.
      paths = try await MadeUpRPM.build(spec, in: directory.path + "/packages", options: options)
    }

    func root(_ name: String) async throws -> (path: String, notes: [String]) {
      let pins = try paths.map { path in
        let archive = try RPMArchive(path: path)
        return RPMPin(
          name: archive.header.string(.name) ?? "", version: RPMDatabase.version(of: archive.header),
          architecture: archive.header.string(.architecture) ?? "", location: Path.name(path),
          size: try FileStatus(of: path).size, digest: try SHA256.digest(ofFile: path).digest, repository: "r",
          dependencies: [])
      }
      let (work, root) = ("\(directory.path)/work-\(name)", "\(directory.path)/root-\(name)")
      try Files.createDirectory(work)
      try Files.createDirectory(root)
      let builder = RPMRootBuilder(
        pins: pins, paths: paths, platform: Platform(os: "linux", architecture: Processor.own), epoch: 2_000_000_000,
        workspace: work, stage: BuiltProgram.path("drydock"))
      return (root, try await builder.build(into: root))
    }
  }

  @Test func `the root is the one that rpm makes, down to owners, scripts and the database`() async throws {
    let scene = try await Scene(Self.distribution)
    defer { scene.directory.remove() }
    let ours = try await scene.root("ours")
    let theirs = scene.directory.path + "/theirs"
    try Files.createDirectory(theirs)
    // A script that fails after a package was installed ends nothing, but rpm says so with its status.
    let installed = try await Subprocess(
      "rpm", ["--root", theirs, "--dbpath", "/var/lib/rpm", "--force-debian", "--install"] + scene.paths
    ).run()
    #expect(installed.errorText.contains("%post(liba-3-1"), "\(installed.errorText)")
    let (mine, other) = (try await RPMLayerTests.listing(ours.path), try await RPMLayerTests.listing(theirs))
    #expect(mine.filter { !other.contains($0) } == [])
    #expect(other.filter { !mine.contains($0) } == [])
    #expect(mine.contains { $0.hasPrefix("usr/bin/svc f 4755 77:1 ") })
    #expect(mine.contains { $0.hasPrefix("usr/sbin/tool f 755 0:78 ") && $0.hasSuffix("cap_net_bind_service=ep") })
    #expect(try Files.text(ours.path + "/etc/svc.state") == "posted 1 with a\ntransaction\n")
    #expect(ours.notes == ["%post of liba-3-1.x86_64 exited with code 3: said by liba"])
    func query(_ root: String, _ arguments: String...) async throws -> [Substring] {
      try await MadeUpRPM.run("rpm", ["--root", root, "--dbpath", "/var/lib/rpm"] + arguments)
        .split(separator: "\n").sorted()
    }
    let format = "%{NEVRA} %{SHA256HEADER} %{SIGMD5} %{SIGSIZE} %{INSTALLCOLOR} [%{FILENAMES} %{FILESTATES:fstate},]\\n"
    #expect(try await query(ours.path, "-qa", "--qf", format) == query(theirs, "-qa", "--qf", format))
    for words in [["-q", "--whatprovides", "/bin/sh"], ["-qf", "/usr/bin/svc"], ["-q", "--whatrequires", "liba"]] {
      #expect(try await query(ours.path, words[0], words[1], words.count > 2 ? words[2] : "--nodigest") != [])
    }
    #expect(
      try await MadeUpRPM.run("sqlite3", [ours.path + "/var/lib/rpm/rpmdb.sqlite", "PRAGMA integrity_check"]) == "ok\n")
    // Twice the same, to the last byte.
    let again = try await scene.root("again")
    let difference = try await Subprocess("diff", ["-r", "--no-dereference", ours.path, again.path]).run()
    #expect(difference.text == "" && difference.status == 0)
  }

  /// Has a package say that an older rpm built it, with the digests that follow from that.
  private static func age(_ path: String) throws {
    var bytes = try Files.read(path)
    func size(_ start: Int) -> Int {
      func big(_ place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
      return 16 + 16 * big(start + 8) + big(start + 12)
    }
    // A lead of 96 bytes, the signatures up to a multiple of 8, the header (rpm's "Package Format").
    let start = 96 + (size(96) + 7) / 8 * 8
    let header = start..<start + size(start)
    func replace(_ old: [UInt8], with new: [UInt8], in range: Range<Int>) throws {
      let place = try #require(range.first { bytes[$0...].starts(with: old) })
      bytes.replaceSubrange(place..<place + old.count, with: new)
    }
    func digests() -> [[UInt8]] {
      let sha1 = LegacyDigest.sha1(of: Array(bytes[header])).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      return [Array(sha1.joined().utf8), Array(SHA256.digest(of: bytes[header]).hex.utf8)]
    }
    let before = digests()
    try replace(Array("4.18.0".utf8) + [0], with: Array("4.11.3".utf8) + [0], in: header)
    for (old, new) in zip(before, digests()) { try replace(old, with: new, in: 96..<start) }
    try Files.write(bytes, to: path)
  }

  @Test func `the root of an old release has Berkeley DB`() async throws {
    let scene = try await Scene(Self.distribution)
    defer { scene.directory.remove() }
    for path in scene.paths { try Self.age(path) }
    let ours = try await scene.root("ours")
    #expect(try Files.list(ours.path + "/var/lib/rpm") == ["Packages"])
    try await MadeUpRPM.run("db5.3_verify", ["-q", ours.path + "/var/lib/rpm/Packages"])
    let read = try await MadeUpRPM.run(
      "rpm", ["--root", ours.path, "--dbpath", "/var/lib/rpm", "--define", "_db_backend bdb_ro", "-qa"])
    let names = ["a-service", "busy", "filesystem", "liba", "setup"].map { "\($0)-3-1.x86_64" }
    #expect(read.split(separator: "\n").map(String.init).sorted() == names)
  }

  private static let described = """
    Name: described
    Version: 1
    Release: 1
    Summary: x
    License: x
    BuildArch: noarch
    AutoReqProv: no
    %description
    x
    %install
    mkdir -p %{buildroot}/usr/lib/sysusers.d %{buildroot}/var/lib/desc %{buildroot}/etc
    printf 'root:x:0:0:root:/root:/bin/sh\\n' > %{buildroot}/etc/passwd
    printf 'root:x:0:\\nwheel:x:10:\\n' > %{buildroot}/etc/group
    cat > %{buildroot}/usr/lib/sysusers.d/desc.conf <<'END'
    # Comments are none.
    u desc 65 "Described, in words" /var/lib/desc
    u other - "No number"
    u third 70:wheel - /home/third /bin/sh
    g only 99
    m desc wheel
    END
    for name in desc other third nobody-made; do echo $name > %{buildroot}/var/lib/desc/$name; done
    %files
    %config /etc/passwd
    %config /etc/group
    /usr/lib/sysusers.d/desc.conf
    %attr(0640,desc,desc) /var/lib/desc/desc
    %attr(0640,other,only) /var/lib/desc/other
    %attr(0640,third,wheel) /var/lib/desc/third
    %attr(0640,nobody-made,root) /var/lib/desc/nobody-made
    """

  @Test func `users that packages describe are made, and what belongs to nobody belongs to root`() async throws {
    let scene = try await Scene(Self.described)
    defer { scene.directory.remove() }
    let ours = try await scene.root("ours")
    #expect(
      try Files.text(ours.path + "/etc/passwd") == """
        root:x:0:0:root:/root:/bin/sh
        desc:x:65:65:Described, in words:/var/lib/desc:/usr/sbin/nologin
        other:x:999:999:No number:/:/usr/sbin/nologin
        third:x:70:10::/home/third:/bin/sh

        """)
    #expect(
      try Files.text(ours.path + "/etc/group")
        == "root:x:0:\nwheel:x:10:desc\ndesc:x:65:\nother:x:999:\nonly:x:99:\n")
    func owner(_ name: String) throws -> String {
      let status = try FileStatus(of: "\(ours.path)/var/lib/desc/\(name)")
      return "\(status.uid):\(status.gid) \(String(status.mode & 0o7777, radix: 8))"
    }
    #expect(try owner("desc") == "65:65 640")
    #expect(try owner("other") == "999:99 640")
    #expect(try owner("third") == "70:10 640")
    #expect(try owner("nobody-made") == "0:0 640")
    #expect(ours.notes == ["nobody made the user 'nobody-made': its files are root's"])
  }

  @Test func `a script that has to run before its package ends the work when it fails`() async throws {
    let failing = Self.distribution.replacing("%post -n liba", with: "%pre -n liba")
    let scene = try await Scene(failing)
    defer { scene.directory.remove() }
    do {
      _ = try await scene.root("ours")
      Issue.record("the script failed and nobody said so")
    } catch let error as RPMRootError {
      #expect(error.description.hasPrefix("%pre of liba-3-1.x86_64 failed: it exited with code 3."))
      #expect(error.description.hasSuffix("said by liba"))
    }
  }

  @Test func `packages come behind what they need, in a circle behind what their scripts need`() async throws {
    let scene = try await Scene(Self.distribution)
    defer { scene.directory.remove() }
    let headers = try scene.paths.map { try RPMArchive(path: $0).header }
    let names = try RPMOrder.places(of: headers).map { headers[$0].string(.name) ?? "" }
    #expect(names == ["filesystem", "busy", "setup", "a-service", "liba"])
    #expect(try RPMOrder.places(of: headers.reversed()).map { headers.reversed()[$0].string(.name) ?? "" } == names)
  }
}
