import Host
import Images
import JSON
import Layers
import OCI
import TestSupport
import Testing
import Trust

/// `drydock update` over RPM packages and jars: real repositories, builds and tests.
@Suite(.serialized) struct `Update of an image` {
  private static let spec = """
    version: 1
    name: sample
    runtime: false
    base:
      image: registry.example.com/team/base:1
    rpm:
      release: "1"
      packages: [tool, helper]
    jars:
      target: /opt/jars
      artifacts: ["org.example:driver:[1.0,)", "org.example:logging:[1.0,)"]
    """

  private static let tests = """
    schemaVersion: "2.0.0"
    commandTests:
      - name: the tool greets
        command: /usr/bin/tool
        expectedOutput: ["hello"]
      - name: the driver is whole
        command: /bin/sh
        args: [-c, "cat /opt/jars/driver-*.jar; cat /opt/jars/driver-*.jar | grep -q whole"]
    """

  /// A machine with a registry that has the base, and a server of one RPM and one Maven repository.
  private struct Scene {
    let fixture: ProgramFixture
    let folder: String
    let origin: String

    func run(_ arguments: String...) async throws -> ProgramFixture.Outcome {
      try await fixture.run(
        arguments,
        under: ["env", "DRYDOCK_RPM_ROOT=\(fixture.home)/machine", "DRYDOCK_MAVEN_REPOSITORIES=\(origin)/maven"])
    }

    /// Adds a package with one program, which is a shell script.
    func addRPM(_ name: String, _ version: String, script: String) async throws {
      let spec = """
        Name: \(name)
        Version: \(version)
        Release: 1
        Summary: x
        License: x
        BuildArch: noarch
        AutoReqProv: no
        %description
        x
        %install
        mkdir -p %{buildroot}/usr/bin
        echo '#!/bin/sh' > %{buildroot}/usr/bin/\(name)
        echo '\(script)' >> %{buildroot}/usr/bin/\(name)
        %files
        %attr(755,root,root) /usr/bin/\(name)

        """
      _ = try await MadeUpRPM.build(spec, in: folder)
    }

    /// Makes the indexes anew, with an advisory if there is one.
    func index(advisory: String? = nil) async throws {
      try await MadeUpRPM.run("createrepo_c", ["-q", folder + "/RPMS"])
      guard let advisory else { return }
      try Files.write(advisory, to: folder + "/updateinfo.xml")
      try await MadeUpRPM.run("modifyrepo_c", [folder + "/updateinfo.xml", folder + "/RPMS/repodata"])
    }

    /// Puts the versions of an artifact into the Maven repository, each with the text of its file.
    func setJar(_ name: String, _ versions: [(version: String, text: String)]) throws {
      let place = "\(folder)/maven/org/example/\(name)"
      for (version, text) in versions {
        let stem = "\(place)/\(version)/\(name)-\(version)"
        try Files.createDirectory("\(place)/\(version)")
        let identity = "<groupId>org.example</groupId><artifactId>\(name)</artifactId><version>\(version)</version>"
        try Files.write("<project>\(identity)</project>", to: stem + ".pom")
        try Files.write(text, to: stem + ".jar")
        let digest = LegacyDigest.sha1(of: Array(text.utf8))
        try Files.write(digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(), to: stem + ".jar.sha1")
      }
      let list = versions.map { "<version>\($0.version)</version>" }.joined()
      try Files.write(
        "<metadata><versioning><versions>\(list)</versions></versioning></metadata>",
        to: "\(place)/maven-metadata.xml")
    }

    /// The versions that are locked, by name.
    func locked() throws -> [String: String] {
      let lock = try JSONValue(parsing: Files.read(fixture.work + "/image/drydock.lock"))
      var versions: [String: String] = [:]
      for package in lock["rpm"]?["packages"]?.array ?? [] {
        versions[package["name"]?.string ?? "?"] = package["version"]?.string
      }
      for artifact in lock["jars"]?["artifacts"]?.array ?? [] {
        let parts = (artifact["coordinate"]?.string ?? "?").split(separator: ":").map(String.init)
        versions[parts.dropLast().joined(separator: ":")] = parts.last
      }
      return versions
    }
  }

  private static let old = [
    "helper": "1.0-1", "tool": "1.0-1", "org.example:driver": "1.0", "org.example:logging": "1.0",
  ]

  /// Pins the first versions of all, and then publishes others, of which some break a test.
  private func withScene(advisory: String? = nil, _ body: (Scene) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let registry = try await DockerRegistry(in: directory.path)
    defer { registry.stop() }
    let fixture = try ProgramFixture(["image/image.yaml": Self.spec, "image/tests.yaml": Self.tests])
    let folder = directory.path + "/served"
    try await HTTPTestServer.with({ request in
      let parts = request.target.split(separator: "/").map(String.init)
      guard !parts.contains(".."), let first = parts.first else { return .init(404) }
      let root = first == "maven" ? folder : folder + "/RPMS"
      let path = ([root] + (first == "maven" ? parts : Array(parts.dropFirst()))).joined(separator: "/")
      return (try? Files.read(path)).map { .init(body: $0) } ?? .init(404)
    }) { server in
      let scene = Scene(fixture: fixture, folder: folder, origin: server.origin)
      try await prepare(scene, registry)
      try await scene.addRPM("tool", "1.0", script: "echo hello")
      try await scene.addRPM("helper", "1.0", script: "echo helping")
      try await scene.index()
      try scene.setJar("driver", [("1.0", "whole")])
      try scene.setJar("logging", [("1.0", "logs")])
      let pinned = try await scene.run("pin", "image")
      try #require(pinned.status == 0, "\(pinned)")
      #expect(try scene.locked() == Self.old)
      for version in ["1.1", "1.2"] { try await scene.addRPM("tool", version, script: "echo hello") }
      for version in ["2.0", "2.1"] {
        try await scene.addRPM("tool", version, script: "echo UsageError: nobody greets any more; exit 1")
      }
      try await scene.addRPM("helper", "1.1", script: "echo helping")
      try await scene.index(advisory: advisory)
      let broken = "java.lang.NoSuchMethodError: it lacks a method"
      try scene.setJar("driver", [("1.0", "whole"), ("1.1", "whole"), ("1.2", broken), ("1.3", broken)])
      try scene.setJar("logging", [("1.0", "logs"), ("1.1", "logs")])
      try await body(scene)
    }
  }

  private func prepare(_ scene: Scene, _ registry: DockerRegistry) async throws {
    let fixture = scene.fixture
    try Files.createDirectory(fixture.home + "/.config/containers")
    try Files.write(
      "[[registry]]\nprefix = \"registry.example.com\"\nlocation = \"\(registry.domain)\"\ninsecure = true\n",
      to: fixture.home + "/.config/containers/registries.conf")
    try Files.createDirectory(fixture.home + "/machine/etc/yum.repos.d")
    try Files.write(
      "[core]\nbaseurl=\(scene.origin)/rpm\n", to: fixture.home + "/machine/etc/yum.repos.d/main.repo")
    let root = fixture.work + "/base"
    try Files.createDirectory(root + "/etc")
    try Files.write("root:x:0:0::/root:/bin/sh\n", to: root + "/etc/passwd")
    try Files.write("root:x:0:\n", to: root + "/etc/group")
    try await fixture.addPrograms(["busybox"], to: "base")
    try Files.createDirectory(root + "/usr/bin")
    for name in ["cat", "grep"] { try Files.link("\(root)/bin/\(name)", to: "busybox") }
    let store = try ContentStore(at: scene.folder + "-store")
    var config = ImageConfig(platform: .linuxAMD64)
    config.environment = ["PATH=/usr/bin:/bin"]
    let image = try Image(
      config: config, layers: [try await store.add(try TreeScanner.scan(root), epoch: 0)], in: store)
    try OCILayout.write(image, to: scene.folder + "-layout", tag: "1")
    let pushed = try await fixture.run(
      "copy", "oci:\(scene.folder)-layout:1", "docker://registry.example.com/team/base:1")
    try #require(pushed.status == 0, "\(pushed)")
  }

  @Test func `packages and jars move as far as the tests pass, and the first version that breaks one is named`()
    async throws
  {
    try await withScene { scene in
      let updated = try await scene.run("update", "image", "--markdown", "summary.md")
      try #require(updated.status == 0, "\(updated)")
      #expect(
        try scene.locked() == [
          "helper": "1.1-1", "tool": "1.2-1", "org.example:driver": "1.1", "org.example:logging": "1.1",
        ])
      let lines = updated.output.split(separator: "\n").map(String.init)
      #expect(lines.contains("tool 2.0-1 is the first that breaks `the tool greets`: nobody greets any more"))
      #expect(lines.contains("  kept at 1.2-1; to hold it for good: rpm.packages: [\"tool < 2.0-1\"]"))
      #expect(
        lines.contains("org.example:driver 1.2 is the first that breaks `the driver is whole`: it lacks a method"))
      #expect(lines.contains("  kept at 1.1; to hold it for good: jars.artifacts: [\"org.example:driver:(,1.2)\"]"))
      let summary = try Files.text(scene.fixture.work + "/summary.md")
      #expect(summary.contains("| rpm | helper | 1.0-1 | 1.1-1 |\n| rpm | tool | 1.0-1 | 1.2-1 |\n"))
      #expect(summary.contains("| jar | org.example:driver | 1.0 | 1.1 |\n"))
      #expect(
        summary.contains("- tool 2.0-1 is the first that breaks `the tool greets`: nobody greets any more. Kept at"))
      // What was locked passes: it is held by the next pin, and a second update finds nothing better.
      #expect(try await scene.run("pin", "image").output.contains("unchanged"))
      let verified = try await scene.run("test", "image")
      #expect(verified.status == 0, "\(verified)")
      // What the summary advises, holds without an update.
      let held = Self.spec.replacing("[tool, helper]", with: "[\"tool < 2.0-1\", helper]").replacing(
        "driver:[1.0,)", with: "driver:(,1.2)")
      try Files.write(held, to: scene.fixture.work + "/image/image.yaml")
      let before = try scene.locked()
      let upgraded = try await scene.run("pin", "image", "--upgrade")
      #expect(upgraded.status == 0, "\(upgraded)")
      #expect(try scene.locked() == before)
    }
  }

  @Test func `only what is named moves, nothing is written by a dry run, and a misspelled name is refused`()
    async throws
  {
    try await withScene { scene in
      let dry = try await scene.run("update", "image", "--dry-run")
      #expect(dry.status == 0, "\(dry)")
      #expect(dry.output.contains("2.1-1") && dry.output.contains("1.3"))
      #expect(dry.output.hasSuffix("nothing was built, tested or written\n"))
      #expect(try scene.locked() == Self.old)
      let wrong = try await scene.run("update", "image", "--only", "helpr")
      #expect(wrong.status == 2)
      #expect(wrong.errors.contains("image has no package 'helpr' that could move"), "\(wrong)")
      #expect(wrong.errors.contains("helper"))
      let jar = try await scene.run("update", "image", "--only", "org.example:logging", "--only", "helper")
      #expect(jar.status == 0, "\(jar)")
      var expected = Self.old
      expected["helper"] = "1.1-1"
      expected["org.example:logging"] = "1.1"
      #expect(try scene.locked() == expected)
      let tool = try await scene.run("update", "image", "--only", "tool", "--format", "json")
      #expect(tool.status == 0, "\(tool)")
      let held = try JSONValue(parsing: Array(tool.output.utf8))["held"]?.array ?? []
      #expect(held.map { $0["kind"]?.string } == ["rpm"])
      #expect(held.map { $0["good"]?.string } == ["1.2-1"])
      #expect(held.map { $0["bad"]?.string } == ["2.0-1"])
      expected["tool"] = "1.2-1"
      #expect(try scene.locked() == expected)
    }
  }

  /// One advisory about security, and one about something else.
  private static let advisories = """
    <?xml version="1.0" encoding="UTF-8"?>
    <updates>
      <update from="a@example.com" status="final" type="security" version="1.4">
        <id>ADV-2026-7</id><title>x</title><severity>Critical</severity>
        <references><reference href="x" id="CVE-2026-0007" title="x" type="cve"/></references>
        <pkglist><collection short="main"><name>main</name>
          <package name="helper" version="1.1" release="1" epoch="0" arch="noarch"><filename>x.rpm</filename></package>
        </collection></pkglist>
      </update>
      <update from="a@example.com" status="final" type="bugfix" version="1.4">
        <id>ADV-2026-8</id><title>x</title>
        <pkglist><collection short="main"><name>main</name>
          <package name="tool" version="1.1" release="1" epoch="0" arch="noarch"><filename>x.rpm</filename></package>
        </collection></pkglist>
      </update>
    </updates>
    """

  @Test func `a security advisory is a finding of its own, and all that a security update moves`() async throws {
    try await withScene(advisory: Self.advisories) { scene in
      func waiting() async throws -> [JSONValue] {
        let checked = try await scene.run("check", "image", "--format", "json")
        let findings = try JSONValue(parsing: Array(checked.output.utf8))["findings"]?.array ?? []
        return findings.filter { $0["rule"]?.string == "pin/security-update" }
      }
      let security = try await waiting()
      #expect(
        security.map { $0["message"]?.string } == [
          "helper 1.1-1 mends ADV-2026-7 (Critical, CVE-2026-0007), the lock has 1.0-1"
        ])
      #expect(security.map { $0["severity"]?.string } == ["critical"])
      let updated = try await scene.run("update", "image", "--security")
      #expect(updated.status == 0, "\(updated)")
      var expected = Self.old
      expected["helper"] = "1.1-1"
      #expect(try scene.locked() == expected)
      #expect(try await waiting().isEmpty)
    }
  }
}
