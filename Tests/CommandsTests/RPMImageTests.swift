import Host
import Images
import JSON
import Layers
import OCI
import Synchronization
import TestSupport
import Testing
import Trust

/// An image with RPM packages and jars on a base, from pinning to building without a network.
@Suite(.serialized) struct RPMImageTests {
  static let spec = """
    version: 1
    name: sample
    runtime: false
    base:
      image: registry.example.com/team/base:1
    rpm:
      release: "2023.1"
      packages: [tool]
    jars:
      target: /opt/spark/jars
      artifacts: [org.example:driver:1.0]
    """

  static let packages = """
    Name: tool
    Version: 2.0
    Release: 1
    Summary: x
    License: x
    BuildArch: noarch
    Requires: liba
    %description
    x
    %package -n liba
    Summary: x
    Provides: /bin/sh
    %description -n liba
    x
    %install
    mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/liba
    echo two > %{buildroot}/usr/bin/tool
    echo data > %{buildroot}/usr/share/liba/data
    %post
    useradd somebody
    %files
    %attr(755,root,root) /usr/bin/tool
    %files -n liba
    /usr/share/liba
    """

  static let jar = Array("PK made up".utf8)

  /// What the repository of jars has.
  enum State: Sendable {
    case asLocked
    case newer
    case changed
    case gone
  }
  static let state = Mutex(State.asLocked)

  static func maven(_ target: String) -> [UInt8]? {
    let place = "/org/example/driver/1.0/driver-1.0"
    let state = state.withLock { $0 }
    switch target {
    case "/org/example/driver/maven-metadata.xml":
      let versions = ["1.0", "1.2-SNAPSHOT"] + (state == .newer ? ["1.1"] : [])
      let list = versions.map { "<version>\($0)</version>" }.joined()
      return Array("<metadata><versioning><versions>\(list)</versions></versioning></metadata>".utf8)
    case _ where state == .gone: return nil
    case place + ".jar.sha1" where state == .changed: return Array(String(repeating: "0", count: 40).utf8)
    case place + ".pom":
      return Array(
        "<project><groupId>org.example</groupId><artifactId>driver</artifactId><version>1.0</version></project>".utf8)
    case place + ".jar": return jar
    case place + ".jar.sha1": return Array(LegacyDigest.sha1(of: jar).map(hex).joined().utf8)
    default: return nil
    }
  }

  static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

  /// The scene of a test: a registry with the base, a repository of packages that may change, and one of jars.
  struct Scene {
    let fixture: ProgramFixture
    let repository: String
    let server: HTTPTestServer
    let registry: DockerRegistry

    func run(_ arguments: String..., offline: Bool = false) async throws -> ProgramFixture.Outcome {
      let sources = offline ? "http://127.0.0.1:9" : server.origin
      return try await fixture.run(
        arguments,
        under: ["env", "DRYDOCK_RPM_ROOT=\(fixture.home)/machine", "DRYDOCK_MAVEN_REPOSITORIES=\(sources)/maven"])
    }

    /// Builds a spec file's packages into the repository and indexes it.
    func publish(_ spec: String) async throws {
      _ = try await MadeUpRPM.build(spec, in: repository)
      try await MadeUpRPM.run("createrepo_c", ["-q", repository + "/RPMS"])
    }
  }

  func withScene(_ body: (Scene) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let registry = try await DockerRegistry(in: directory.path)
    defer { registry.stop() }
    let fixture = try ProgramFixture(["image/image.yaml": Self.spec])
    try Files.createDirectory(fixture.home + "/.config/containers")
    try Files.write(
      "[[registry]]\nprefix = \"registry.example.com\"\nlocation = \"\(registry.domain)\"\ninsecure = true\n",
      to: fixture.home + "/.config/containers/registries.conf")
    try await pushBase(fixture, directory.path)
    let repository = directory.path + "/repository"
    try await HTTPTestServer.with({ request in
      let target = request.target
      if target.hasPrefix("/maven/") {
        return Self.maven(String(target.dropFirst(6))).map { .init(body: $0) } ?? .init(404)
      }
      // An extra of Amazon Linux 2 is a repository of its own, found through a list of mirrors.
      if target == "/2023.1/extras/topic/latest/x86_64/mirror.list" {
        return .init(body: Array("http://\(request["Host"] ?? "")/extras/topic/$basearch/\n".utf8))
      }
      if target.hasPrefix("/extras/topic/x86_64/"), !target.contains("..") {
        let path = directory.path + "/extra/RPMS/" + target.dropFirst("/extras/topic/x86_64/".count)
        return (try? Files.read(path)).map { .init(body: $0) } ?? .init(404)
      }
      guard target.hasPrefix("/2023.1/noarch-x86_64/"), !target.contains(".."),
        let bytes = try? Files.read(repository + "/RPMS/" + target.dropFirst("/2023.1/noarch-x86_64/".count))
      else { return .init(404) }
      return .init(body: bytes)
    }) { server in
      let machine = fixture.home + "/machine/etc/yum.repos.d"
      try Files.createDirectory(machine)
      try Files.write(
        """
        [core]
        baseurl=\(server.origin)/$releasever/noarch-$basearch
        [amzn2extra-topic]
        enabled=0
        priority=10
        mirrorlist=\(server.origin)/$releasever/extras/topic/latest/$basearch/mirror.list

        """, to: machine + "/main.repo")
      let scene = Scene(fixture: fixture, repository: repository, server: server, registry: registry)
      try await scene.publish(Self.packages)
      try await body(scene)
    }
  }

  /// - Parameters:
  ///   - tag: The base's.
  ///   - installed: Packages that rpm puts into it.
  func pushBase(
    _ fixture: ProgramFixture, _ folder: String, tag: String = "1", installed: [String] = []
  ) async throws {
    let root = "\(folder)/root-\(tag)"
    try Files.createDirectory(root + "/etc")
    try Files.write("root:x:0:0::/root:/bin/sh\n", to: root + "/etc/passwd")
    try Files.write("root:x:0:\n", to: root + "/etc/group")
    let rpm = ["--root", root, "--dbpath", "/var/lib/rpm"]
    try await MadeUpRPM.run(
      "rpm", rpm + (installed.isEmpty ? ["--initdb"] : ["--force-debian", "--noscripts", "--install"] + installed))
    let store = try ContentStore(at: "\(folder)/store-\(tag)")
    let image = try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(try TreeScanner.scan(root), epoch: 0)],
      in: store)
    try OCILayout.write(image, to: "\(folder)/layout-\(tag)", tag: tag)
    let pushed = try await fixture.run(
      "copy", "oci:\(folder)/layout-\(tag):\(tag)", "docker://registry.example.com/team/base:\(tag)")
    try #require(pushed.status == 0, "\(pushed)")
  }

  @Test func `is built with its packages and jars, and again from a vendored folder when nobody answers`() async throws
  {
    try await withScene { scene in
      let pinned = try await scene.run("pin", "image")
      try #require(pinned.status == 0, "\(pinned)")
      let built = try await scene.run("build", "image", "-o", "oci:out")
      try #require(built.status == 0, "\(built)")
      #expect(built.errors.contains("note: %post of tool-2.0-1.noarch was not run (/bin/sh)"))
      let image = try OCILayout(at: "\(scene.fixture.work)/out").image()
      let root = "\(scene.fixture.work)/root"
      try Files.createDirectory(root)
      try image.unpack(into: root)
      #expect(try Files.text(root + "/usr/bin/tool") == "two\n")
      #expect(try FileStatus(of: root + "/usr/bin/tool").mode & 0o7777 == 0o755)
      #expect(try Files.read(root + "/opt/spark/jars/driver-1.0.jar") == Self.jar)
      let listed = try await MadeUpRPM.run("rpm", ["--root", root, "--dbpath", "/var/lib/rpm", "-qa"])
      #expect(listed.split(separator: "\n").sorted() == ["liba-2.0-1.noarch", "tool-2.0-1.noarch"])
      #expect(try await scene.run("build", "image") == scene.run("build", "image", "--quiet").adding(built.errors))
      let vendored = try await scene.run("vendor", "image", "kept")
      try #require(vendored.status == 0, "\(vendored)")
      let kept = scene.fixture.work + "/kept"
      #expect(try Files.list(kept + "/rpm").sorted() == ["liba-2.0-1.noarch.rpm", "tool-2.0-1.noarch.rpm"])
      #expect(Files.isFile(kept + "/jars/org/example/driver/1.0/driver-1.0.jar"))
      try await MadeUpRPM.run("/bin/sh", ["-c", "cd \"$1\" && sha256sum --check --quiet SHA256SUMS", "sh", kept])
      // Another machine, where neither cache nor network has anything.
      scene.registry.stop()
      try await MadeUpRPM.remove(scene.fixture.cache)
      let machine = scene.fixture.home + "/machine/etc/yum.repos.d/main.repo"
      try Files.write("[core]\nbaseurl=http://127.0.0.1:9/\n", to: machine)
      let offline = try await scene.run("build", "image", "--vendor", "kept", offline: true)
      try #require(offline.status == 0, "\(offline)")
      #expect(offline.output.split(separator: "\n").last == built.output.split(separator: "\n").last)
      // A file that somebody changed is found, and nothing is built of it.
      try await MadeUpRPM.remove(scene.fixture.cache)
      var bytes = try Files.read(kept + "/rpm/tool-2.0-1.noarch.rpm")
      bytes[bytes.count - 1] ^= 1
      try Files.write(bytes, to: kept + "/rpm/tool-2.0-1.noarch.rpm")
      let refused = try await scene.run("build", "image", "--vendor", "kept", offline: true)
      #expect(refused.status == 3)
      #expect(refused.errors.contains("kept/rpm/tool-2.0-1.noarch.rpm has the digest"))
    }
  }

  /// A distribution of two packages: a shell, and a program whose script leaves a file.
  @Test
  func `what the base has is not locked again, what is too old in it moves, and a base out of reach changes nothing`()
    async throws
  {
    try await withScene { scene in
      let folder = Path.parent(scene.repository) ?? ""
      let packages = scene.repository + "/RPMS/noarch"
      try await pushBase(scene.fixture, folder, tag: "2", installed: [packages + "/liba-2.0-1.noarch.rpm"])
      let file = scene.fixture.work + "/image/image.yaml"
      try Files.write(Self.spec.replacing("base:1", with: "base:2"), to: file)
      func locked() throws -> [String?] {
        let lock = try JSONValue(parsing: Files.read(scene.fixture.work + "/image/drydock.lock"))
        return (lock["rpm"]?["packages"]?.array ?? []).map {
          "\($0["name"]?.string ?? "?") \($0["version"]?.string ?? "?")"
        }
      }
      let pinned = try await scene.run("pin", "image")
      try #require(pinned.status == 0, "\(pinned)")
      #expect(try locked() == ["tool 2.0-1"])
      let built = try await scene.run("build", "image", "-o", "oci:out")
      try #require(built.status == 0, "\(built)")
      let root = scene.fixture.work + "/root"
      try Files.createDirectory(root)
      try OCILayout(at: "\(scene.fixture.work)/out").image().unpack(into: root)
      let listed = try await MadeUpRPM.run("rpm", ["--root", root, "--dbpath", "/var/lib/rpm", "-qa"])
      #expect(listed.split(separator: "\n").sorted() == ["liba-2.0-1.noarch", "tool-2.0-1.noarch"])
      // A version that needs a newer one than the base has brings it along; what is held does not move by itself.
      let newer = Self.packages.replacing("Version: 2.0", with: "Version: 2.1")
      try await scene.publish(newer.replacing("Requires: liba", with: "Requires: liba >= 2.1"))
      #expect(try await scene.run("pin", "image").output.contains("unchanged"))
      #expect(try await scene.run("pin", "image", "--upgrade").status == 0)
      #expect(try locked() == ["liba 2.1-1", "tool 2.1-1"])
      // Nobody can look into the base: what was chosen over it stays.
      let before = try Files.text(scene.fixture.work + "/image/drydock.lock")
      scene.registry.stop()
      try await MadeUpRPM.remove(scene.fixture.cache)
      let again = try await scene.run("pin", "image")
      #expect(again.status == 0 && again.output.contains("unchanged"), "\(again)")
      #expect(try Files.text(scene.fixture.work + "/image/drydock.lock") == before)
    }
  }

  @Test func `check tells packages and jars that are newer, gone or changed`() async throws {
    try await withScene { scene in
      try #require(try await scene.run("pin", "image").status == 0)
      func findings() async throws -> [String] {
        let checked = try await scene.run("check", "image", "--format", "json")
        let report = try JSONValue(parsing: Array(checked.output.utf8))
        return (report["findings"]?.array ?? []).map { finding in
          "\(finding["rule"]?.string ?? "?") \(finding["message"]?.string ?? "?")"
        }.filter { !$0.hasPrefix("generated/") && !$0.hasPrefix("base/") }.sorted()
      }
      #expect(try await findings() == [])
      try await scene.publish(Self.packages.replacing("Version: 2.0", with: "Version: 2.1"))
      Self.state.withLock { $0 = .newer }
      defer { Self.state.withLock { $0 = .asLocked } }
      let newer = [
        "pin/newer liba 2.1-1 is in the repositories of release 2023.1, the lock has 2.0-1",
        "pin/newer org.example:driver 1.1 is there, the lock has 1.0",
        "pin/newer tool 2.1-1 is in the repositories of release 2023.1, the lock has 2.0-1",
      ]
      #expect(try await findings() == newer)
      // One rebuilt under the same version, one gone.
      try await MadeUpRPM.remove(scene.repository + "/RPMS/noarch")
      try await scene.publish(
        Self.packages.replacing("echo two", with: "echo other").replacing("n liba", with: "n libb"))
      Self.state.withLock { $0 = .changed }
      let rules = try await findings().map { $0.split(separator: " ").first.map(String.init) ?? "" }
      #expect(rules == ["pin/hash-changed", "pin/hash-changed", "pin/vanished"])
      Self.state.withLock { $0 = .gone }
      #expect(
        try await findings().contains("pin/vanished no configured repository has org.example:driver:1.0 any longer"))
    }
  }

  @Test func `a package's file that somebody wrote over is found in the image`() async throws {
    try await withScene { scene in
      try #require(try await scene.run("pin", "image").status == 0)
      try #require(try await scene.run("build", "image", "-o", "oci:out").status == 0)
      let clean = try await scene.run("check", "image", "--offline", "--image", "oci:out")
      #expect(!clean.output.contains("[image/"), "\(clean)")
      let image = try OCILayout(at: "\(scene.fixture.work)/out").image()
      let store = try ContentStore(at: scene.fixture.work + "/store")
      var above = LayerTree()
      try above.addFile("usr/bin/tool", Array("mine\n".utf8), mode: 0o755)
      try above.addFile("usr/share/liba/.wh.data", [])
      var layers: [WrittenLayer] = []
      for layer in image.layers {
        _ = try store.add(Files.read(layer.path))
        layers.append(WrittenLayer(descriptor: layer.descriptor, diffID: layer.diffID, plainSize: 0))
      }
      let changed = try Image(config: image.config, layers: layers + [try await store.add(above, epoch: 0)], in: store)
      try OCILayout.write(changed, to: scene.fixture.work + "/changed", tag: "1")
      let found = try await scene.run("check", "image", "--offline", "--image", "oci:changed:1", "--format", "json")
      #expect(found.status == 1)
      let report = try JSONValue(parsing: Array(found.output.utf8))
      let messages = (report["findings"]?.array ?? []).filter { $0["rule"]?.string == "image/changed-file" }
        .compactMap { $0["message"]?.string }.sorted()
      #expect(
        messages == [
          "/usr/bin/tool of tool has other content than the package's", "/usr/share/liba/data of liba is missing",
        ])
    }
  }

  @Test func `update moves packages to what the repository has now`() async throws {
    try await withScene { scene in
      try #require(try await scene.run("pin", "image").status == 0)
      try await scene.publish(Self.packages.replacing("Version: 2.0", with: "Version: 2.1"))
      #expect(try await scene.run("pin", "image").output.contains("unchanged"))
      let moved = try await scene.run("pin", "image", "--upgrade")
      try #require(moved.status == 0, "\(moved)")
      let lock = try JSONValue(parsing: Files.read(scene.fixture.work + "/image/drydock.lock"))
      #expect(lock["rpm"]?["packages"]?.array?.compactMap { $0["version"]?.string } == ["2.1-1", "2.1-1"])
    }
  }

  @Test func `a Dockerfile's yum and dnf commands get versions, a second time changes nothing`() async throws {
    try await withScene { scene in
      let registry = scene.registry.domain
      let text = """
        FROM \(registry)/team/base:1
        # Tools.
        RUN yum install -y tool \\
            # the library
            liba.noarch && yum clean all
        RUN dnf -y --setopt=install_weak_deps=False install "liba" other java-1.8.0-thing
        RUN microdnf install tool-2.0-1 liba-2.0

        """
      let file = scene.fixture.work + "/Dockerfile"
      try Files.write(text, to: file)
      let options = ["--rpm-repo", "\(scene.server.origin)/2023.1/noarch-x86_64"]
      let pinned = try await scene.fixture.run(["pin", "Dockerfile"] + options)
      #expect(pinned.status == 0, "\(pinned)")
      let lines = try Files.text(file).split(separator: "\n").dropFirst().joined(separator: "\n")
      #expect(
        lines == """
          # Tools.
          RUN yum install -y tool-2.0-1 \\
              # the library
              liba-2.0-1.noarch && yum clean all
          RUN dnf -y --setopt=install_weak_deps=False install "liba-2.0-1" other java-1.8.0-thing
          RUN microdnf install tool-2.0-1 liba-2.0
          """)
      let missing = ["other", "java-1.8.0-thing"].map {
        "note: Dockerfile:6:53: the given repository has no package '\($0)'\n"
      }
      #expect(pinned.errors == missing.joined())
      let again = try await scene.fixture.run(["pin", "Dockerfile"] + options)
      #expect(again.output == "Dockerfile: unchanged\n")
      // Through this machine's repositories the release has to be known.
      try Files.write(text, to: file)
      let unknown = try await scene.run("pin", "Dockerfile")
      #expect(unknown.errors.contains("the base does not say its release; name it with --rpm-release"))
      try Files.write(text, to: file)
      #expect(try await scene.run("pin", "Dockerfile", "--rpm-release", "2023.1").status == 0)
      #expect(try Files.text(file).contains("liba-2.0-1.noarch && yum"))
    }
  }
}

extension ProgramFixture.Outcome {
  /// The same with other errors.
  fileprivate func adding(_ errors: String) -> ProgramFixture.Outcome {
    ProgramFixture.Outcome(status, output: output, errors: errors)
  }
}
