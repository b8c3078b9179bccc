import HTTP
import Host
import OCI
import Packages
import TestSupport
import Testing
import Trust
import Versions

@testable import Building

/// Small packages made with dpkg-deb, unpacked side by side.
@Suite(.serialized) struct DebianUnpackingTests {
  /// A folder with packages in it.
  private final class Fixture {
    let temporary: TemporaryDirectory
    var pins: [DebianPin] = []
    var archives: [String] = []

    init() throws { temporary = try TemporaryDirectory() }

    func add(_ name: String, _ fields: String = "", control: [String: String] = [:], files: [String: String])
      async throws
    {
      let folder = "\(temporary.path)/\(name)"
      try Files.createDirectory("\(folder)/DEBIAN")
      let stanza = "Package: \(name)\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\n"
      try Files.write(stanza + fields + "Description: test\n", to: "\(folder)/DEBIAN/control")
      for (file, text) in control {
        try Files.write(text, to: "\(folder)/DEBIAN/\(file)", mode: file.hasSuffix("inst") ? 0o755 : 0o644)
      }
      for (file, text) in files {
        try Files.createDirectory(Path.parent("\(folder)/\(file)")!)
        if text.hasPrefix("-> ") {
          try Files.link("\(folder)/\(file)", to: String(text.dropFirst(3)))
        } else {
          try Files.write(text, to: "\(folder)/\(file)")
        }
      }
      let archive = "\(temporary.path)/\(name).deb"
      let result = try await Subprocess("dpkg-deb", ["--root-owner-group", "--build", folder, archive]).run()
      #expect(result.status == 0, "\(result.errorText)")
      let (digest, size) = try SHA256.digest(ofFile: archive)
      pins.append(
        DebianPin(
          name: name, version: try DebianVersion(parsing: "1.0"), architecture: "all", filename: "pool/\(name).deb",
          size: size, digest: digest, suite: "test", isEssential: false, dependencies: []))
      archives.append(archive)
    }

    var root: String { "\(temporary.path)/root" }

    func unpack(_ exclusions: PathExclusions = .none) async throws -> [UnpackedPackage] {
      let builder = DebianRootBuilder(pins: pins, epoch: 0, exclusions: exclusions)
      let order = builder.pins.map { pin in archives[pins.firstIndex(of: pin)!] }
      return try await builder.unpack(order, into: root)
    }
  }

  @Test func `files for a directory that is a link into usr land behind it`() async throws {
    let fixture = try Fixture()
    try await fixture.add("old", files: ["bin/tool": "one", "usr/bin/other": "two"])
    let packages = try await fixture.unpack()
    #expect(try Files.target(ofLink: "\(fixture.root)/bin") == "usr/bin")
    #expect(try Files.list("\(fixture.root)/usr/bin") == ["other", "tool"])
    #expect(packages[0].paths.contains("bin/tool"))
  }

  @Test func `a package may bring the links into usr, but no link over a folder`() async throws {
    let fixture = try Fixture()
    try await fixture.add("aa", files: ["bin": "-> usr/bin", "usr/bin/tool": "x"])
    _ = try await fixture.unpack()
    #expect(try Files.text("\(fixture.root)/bin/tool") == "x")
    let other = try Fixture()
    try await other.add("bb", files: ["usr/lib": "-> ../lib"])
    let error = await #expect(throws: DebianRootError.self) { try await other.unpack() }
    #expect("\(error!)".contains("/usr/lib is a folder of another package"))
  }

  @Test func `two packages with one file are refused by name`() async throws {
    let fixture = try Fixture()
    try await fixture.add("aa", files: ["usr/share/same": "one"])
    try await fixture.add("bb", files: ["usr/share/same": "two"])
    let error = await #expect(throws: DebianRootError.self) { try await fixture.unpack() }
    #expect("\(error!)".contains("aa and bb both have the file /usr/share/same"))
  }

  @Test(arguments: ["aa", "bb"])
  func `the package that replaces another keeps the file`(winner: String) async throws {
    let fixture = try Fixture()
    for name in ["aa", "bb"] {
      let loser = name == "aa" ? "bb" : "aa"
      try await fixture.add(
        name, name == winner ? "Replaces: \(loser) (<< 2)\n" : "", files: ["usr/share/same": name])
    }
    let packages = try await fixture.unpack()
    #expect(try Files.text("\(fixture.root)/usr/share/same") == winner)
    #expect(packages.filter { $0.paths.contains("usr/share/same") }.map(\.pin.name) == [winner])
  }

  @Test func `a link can't lead another package out of the root`() async throws {
    let fixture = try Fixture()
    let outside = "\(fixture.temporary.path)/outside"
    try Files.createDirectory(outside)
    try await fixture.add("aa", files: ["usr/share/trap": "-> \(outside)"])
    try await fixture.add("bb", files: ["usr/share/trap/file": "gone"])
    await #expect(throws: DebianRootError.self) { try await fixture.unpack() }
    #expect(try Files.list(outside) == [])
  }

  @Test func `an archive that holds another package than the locked one is refused`() async throws {
    let fixture = try Fixture()
    try await fixture.add("aa", files: [:])
    try await fixture.add("bb", files: [:])
    fixture.archives.swapAt(0, 1)
    let error = await #expect(throws: DebianRootError.self) { try await fixture.unpack() }
    #expect("\(error!)".contains("its archive holds"))
  }

  @Test func `excluded files are left out and stay in dpkg's list`() async throws {
    let fixture = try Fixture()
    try await fixture.add(
      "aa",
      files: [
        "usr/share/doc/aa/copyright": "yes", "usr/share/doc/aa/changelog": "no", "usr/share/doc/bb": "-> aa",
        "usr/share/man/man1/aa.1": "no",
      ])
    let packages = try await fixture.unpack(.documentation)
    #expect(try Files.list("\(fixture.root)/usr/share/doc") == ["aa", "bb"])
    #expect(try Files.list("\(fixture.root)/usr/share/doc/aa") == ["copyright"])
    #expect(try Files.list("\(fixture.root)/usr/share/man/man1") == [])
    #expect(packages[0].paths.contains("usr/share/man/man1/aa.1"))
  }

  @Test func `packages without a shell end in an error and leave nothing behind`() async throws {
    let fixture = try Fixture()
    try await fixture.add("aa", files: ["usr/share/aa": "x"])
    // What lies in the cache under its digest is not asked of any mirror.
    let cache = "\(fixture.temporary.path)/cache"
    try Files.createDirectory("\(cache)/sha256")
    try Files.rename(fixture.archives[0], to: "\(cache)/sha256/\(fixture.pins[0].digest.hex)")
    let archive = DebianArchive(
      configuration: try AptConfiguration(root: fixture.temporary.path),
      client: HTTPClient(configuration: HTTPConfiguration()), cache: cache, now: 0)
    let workspace = "\(fixture.temporary.path)/work"
    let error = await #expect(throws: DebianRootError.self) {
      try await DebianRootBuilder(pins: fixture.pins, epoch: 0).build(
        from: archive, in: workspace, stage: BuiltProgram.path("sandbox-stage"))
    }
    guard case .sandbox = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try Files.list(workspace) == [])
  }

  @Test func `dpkg reads the database that is written for unpacked packages`() async throws {
    let fixture = try Fixture()
    try await fixture.add(
      "aa", "Multi-Arch: foreign\n",
      control: ["conffiles": "/etc/aa.conf\n", "triggers": "interest-noawait /usr/share/icons\ninterest refresh\n"],
      files: ["etc/aa.conf": "x=1\n"])
    let packages = try await fixture.unpack()
    try DpkgDatabase.write(packages, architecture: "amd64", in: fixture.root)
    let admin = "--admindir=\(fixture.root)/var/lib/dpkg"
    let status = try await Subprocess("dpkg-query", [admin, "-Wf", "${Status}|${Conffiles}", "aa"]).run()
    #expect(status.text == "install ok unpacked| /etc/aa.conf \(LegacyDigest.md5(of: Array("x=1\n".utf8)))")
    let files = try await Subprocess("dpkg-query", [admin, "-L", "aa"]).run()
    #expect(files.text == "/.\n/etc\n/etc/aa.conf\n")
    let triggers = "\(fixture.root)/var/lib/dpkg/triggers"
    #expect(try Files.text("\(triggers)/File") == "/usr/share/icons aa/noawait\n")
    #expect(try Files.text("\(triggers)/refresh") == "aa\n")
  }
}
