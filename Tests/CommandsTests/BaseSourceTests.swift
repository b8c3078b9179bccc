import Host
import Images
import JSON
import Layers
import OCI
import Resolution
import TestSupport
import Testing
import Trust
import Versions

/// A source distribution becomes a wheel inside the base that it is installed on.
@Suite(.serialized) struct BaseSourceTests {
  private static let python = "/usr/bin/python3"
  private static let site = "/usr/local/lib/python3.11/site-packages"

  /// A source whose backend lies in it, needs another package and says what it could reach.
  private static let backend = #"""
    import base64, hashlib, os, socket, sys, zipfile
    import tool

    def build_wheel(folder, settings=None, metadata=None):
        try:
            socket.create_connection(("127.0.0.1", PORT), 5).close()
            network = "some"
        except OSError:
            network = "none"
        seen = sorted(name for name in os.listdir("/") if name == "base-only")
        files = {
            "pure/__init__.py": f"network = {network!r}\nbase = {seen!r}\nuser = {os.getuid()}\n",
            "pure-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pure\nVersion: 1.0\n",
            "pure-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        def row(name, text):
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            return f"{name},sha256={digest},{len(text)}\n"
        rows = [row(*item) for item in files.items()]
        files["pure-1.0.dist-info/RECORD"] = "".join(rows) + "pure-1.0.dist-info/RECORD,,\n"
        name = "pure-1.0-py3-none-any.whl"
        with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path), text)
        return name
    """#

  private static let script = #"""
    import io, sys, tarfile
    tar = tarfile.open(sys.argv[1], "w:gz")
    def add(name, text):
        item = tarfile.TarInfo("pure-1.0/" + name)
        item.size = len(text.encode())
        tar.addfile(item, io.BytesIO(text.encode()))
    add("PKG-INFO", "Metadata-Version: 2.1\nName: pure\nVersion: 1.0\n")
    add("pyproject.toml", '[build-system]\nrequires = ["tool"]\nbuild-backend = "backend"\nbackend-path = ["."]\n')
    add("backend.py", sys.argv[2])
    tar.close()
    """#

  private func source(port: UInt16) async throws -> [UInt8] {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/pure-1.0.tar.gz"
    let backend = Self.backend.replacing("PORT", with: "\(port)")
    let made = try await Subprocess(Self.python, ["-c", Self.script, path, backend]).run()
    try #require(made.status == 0, "\(made.errorText)")
    return try Files.read(path)
  }

  /// Puts this machine's Python into a base, as it has no other.
  private func push(_ fixture: ProgramFixture) async throws {
    try await fixture.addPrograms(["busybox"], to: "base")
    let root = fixture.work + "/base"
    let libraries = try await Subprocess("ldd", [Self.python]).run().text.split(whereSeparator: \.isWhitespace)
    for path in [Self.python] + libraries.filter({ $0.hasPrefix("/") }).map(String.init) {
      try Files.createDirectory(Path.parent(root + path) ?? root)
      try #require(try await Subprocess("cp", ["-L", path, root + path]).run().status == 0)
    }
    try Files.createDirectory(root + "/usr/lib")
    try #require(try await Subprocess("cp", ["-r", "/usr/lib/python3.11", root + "/usr/lib/"]).run().status == 0)
    for name in ["test", "dist-packages", "idlelib", "ensurepip", "EXTERNALLY-MANAGED"] {
      try Files.remove("\(root)/usr/lib/python3.11/\(name)")
    }
    try Files.write("", to: root + "/base-only")
    let store = try ContentStore(at: fixture.work + "/store")
    var config = ImageConfig(platform: .linuxAMD64)
    config.user = "7:7"
    let image = try Image(
      config: config, layers: [try await store.add(try TreeScanner.scan(root), epoch: 0)], in: store)
    try OCILayout.write(image, to: fixture.work + "/layout", tag: "1")
    let copied = try await fixture.run(
      "copy", "oci:layout:1", "docker://registry.example.com/team/base:1")
    try #require(copied.status == 0, "\(copied)")
  }

  /// A folder whose image asks for a project, on a base that a registry serves.
  private func fixture(
    requiring project: String, _ index: HTTPTestServer, _ registry: DockerRegistry
  ) async throws -> ProgramFixture {
    let fixture = try ProgramFixture(
      [
        "image/image.yaml": """
        version: 1
        name: sample
        runtime: false
        base:
          image: registry.example.com/team/base:1
        python:
          version: "3.11"
          glibc: "2.36"
          interpreter: \(Self.python)
          site: \(Self.site)
          requirements: [\(project)]
        """
      ], index: index.origin)
    let folder = fixture.home + "/.config/containers"
    try Files.createDirectory(folder)
    try Files.write(
      "[[registry]]\nprefix = \"registry.example.com\"\nlocation = \"\(registry.domain)\"\ninsecure = true\n",
      to: folder + "/registries.conf")
    try await push(fixture)
    return fixture
  }

  @Test func `a source is built in its base from locked packages, without a network`() async throws {
    let directory = try TemporaryDirectory()
    let registry = try await DockerRegistry(in: directory.path)
    defer { registry.stop() }
    let server = HTTPTestServer { _ in .text("here") }
    defer { server.stop() }
    let port = try #require(server.origin.split(separator: ":").last.flatMap { UInt16($0) })
    let archive = try await source(port: port)
    let page = """
      {"meta": {"api-version": "1.1"}, "files": [{"filename": "pure-1.0.tar.gz", "url": "../../files/pure-1.0.tar.gz",
       "size": \(archive.count), "hashes": {"sha256": "\(SHA256.digest(of: archive).hex)"}}]}
      """
    let wheels = [MadeUpWheel("tool", "2.0"), MadeUpWheel("pip", "24.0")]
    let index = TestIndex(wheels: wheels) { request in
      switch request.target {
      case "/simple/pure/":
        .init(fields: ["Content-Type": "application/vnd.pypi.simple.v1+json"], body: Array(page.utf8))
      case "/files/pure-1.0.tar.gz": .init(body: archive)
      default: nil
      }
    }.serve()
    defer { index.stop() }
    let fixture = try await fixture(requiring: "pure", index, registry)

    let pinned = try await fixture.run("pin", "image")
    try #require(pinned.status == 0, "\(pinned)")
    let lock = try Lock(parsing: try Files.read("\(fixture.work)/image/drydock.lock"))
    #expect(lock.python?.packages.map { "\($0.name)" } == ["pure"])
    #expect(lock.python?.build.map { "\($0.name)" } == ["pip", "tool"])
    let built = try #require(lock.python?.packages.last?.builtWheel)
    #expect(built.name == "pure-1.0-py3-none-any.whl")
    let image = try await fixture.run("build", "image", "--reproduce", "-o", "root")
    try #require(image.status == 0, "\(image)")
    #expect(image.output.contains("built twice, the same to the byte"))
    #expect(
      try Files.text("\(fixture.work)/root\(Self.site)/pure/__init__.py")
        == "network = 'none'\nbase = ['base-only']\nuser = 0\n")
    #expect(server.requests.isEmpty)
    let gathered = try await fixture.run("generate", "image", "--context", "context")
    try #require(gathered.status == 0, "\(gathered)")
    #expect(
      SHA256.digest(of: try Files.read("\(fixture.work)/context/wheels/\(built.name)")) == built.digest)
  }

  // MARK: Sources that need sources

  /// A backend that says through what it was built: its own name, and what the package that it needs says of itself.
  private static let chained = #"""
    import base64, hashlib, os, zipfile
    import NEED

    def build_wheel(folder, settings=None, metadata=None):
        chain = ["NAME"] + getattr(NEED, "chain", ["NEED"])
        info = "NAME-1.0.dist-info"
        files = {
            "NAME/__init__.py": f"chain = {chain!r}\n",
            f"{info}/METADATA": "Metadata-Version: 2.1\nName: NAME\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        def row(name, text):
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            return f"{name},sha256={digest},{len(text)}\n"
        rows = [row(*item) for item in files.items()]
        files[f"{info}/RECORD"] = "".join(rows) + f"{info}/RECORD,,\n"
        with zipfile.ZipFile(os.path.join(folder, "NAME-1.0-py3-none-any.whl"), "w") as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path), text)
        return "NAME-1.0-py3-none-any.whl"
    """#

  private static func chainedSource(_ name: String, needs need: String) async throws -> [UInt8] {
    let folder = try TemporaryDirectory()
    let path = "\(folder.path)/\(name)-1.0.tar.gz"
    let backend = chained.replacing("NAME", with: name).replacing("NEED", with: need)
    let script = script.replacing("pure", with: name).replacing("[\"tool\"]", with: "[\"\(need)\"]")
    let made = try await Subprocess(python, ["-c", script, path, backend]).run()
    try #require(made.status == 0, "\(made.errorText)")
    return try Files.read(path)
  }

  @Test func `a source that needs sources to be built has all of them locked, and each is built with its own`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let registry = try await DockerRegistry(in: directory.path)
    defer { registry.stop() }
    let needs = [("outer", "middle"), ("middle", "deep"), ("deep", "tool")]
    var sources: [String: [UInt8]] = [:]
    for (name, need) in needs { sources[name] = try await Self.chainedSource(name, needs: need) }
    let served = sources
    let index = TestIndex(wheels: [MadeUpWheel("tool", "2.0"), MadeUpWheel("pip", "24.0")]) { request in
      let parts = request.target.split(separator: "/").map(String.init)
      if parts.count == 2, parts[0] == "simple", let archive = served[parts[1]] {
        let page = """
          {"meta": {"api-version": "1.1"}, "files": [{"filename": "\(parts[1])-1.0.tar.gz",
           "url": "../../files/\(parts[1])-1.0.tar.gz", "size": \(archive.count),
           "hashes": {"sha256": "\(SHA256.digest(of: archive).hex)"}}]}
          """
        return .init(fields: ["Content-Type": "application/vnd.pypi.simple.v1+json"], body: Array(page.utf8))
      }
      if parts.count == 2, parts[0] == "files", let name = parts[1].split(separator: "-").first,
        let archive = served[String(name)], parts[1].hasSuffix(".tar.gz")
      {
        return .init(body: archive)
      }
      return nil
    }.serve()
    defer { index.stop() }
    let fixture = try await fixture(requiring: "outer", index, registry)
    let pinned = try await fixture.run("pin", "image")
    try #require(pinned.status == 0, "\(pinned)")
    let lock = try Lock(parsing: try Files.read("\(fixture.work)/image/drydock.lock"))
    #expect(lock.python?.packages.map(\.name.description) == ["outer"])
    let build = lock.python?.build ?? []
    #expect(build.map(\.name.description) == ["deep", "middle", "pip", "tool"])
    // Each source has its archive's hash, and the names of what it is built with.
    for package in build where served[package.name.description] != nil {
      let archive = try #require(served[package.name.description])
      #expect(package.file.name == "\(package.name)-1.0.tar.gz")
      #expect(package.file.digest == SHA256.digest(of: archive))
      let need = try #require(needs.first { $0.0 == package.name.description }?.1)
      #expect(package.buildRequires.contains { $0.description == need })
    }
    #expect(build.filter { $0.file.name.hasSuffix(".tar.gz") }.count == 2)
    let image = try await fixture.run("build", "image", "--reproduce", "-o", "root")
    try #require(image.status == 0, "\(image)")
    #expect(image.output.contains("built twice, the same to the byte"))
    #expect(
      try Files.text("\(fixture.work)/root\(Self.site)/outer/__init__.py")
        == "chain = ['outer', 'middle', 'deep', 'tool']\n")
    // What is only for building is not in the image.
    #expect(!Files.exists("\(fixture.work)/root\(Self.site)/middle"))
    // A file deep in the chain that is another one than was locked ends a build that has nothing else to go by.
    try await MadeUpRPM.remove(fixture.cache)
    try await MadeUpRPM.remove("\(fixture.work)/root")
    let text = try Files.text("\(fixture.work)/image/drydock.lock")
    let digest = SHA256.digest(of: try #require(served["deep"])).hex
    try Files.write(
      text.replacing(digest, with: String(digest.reversed())), to: "\(fixture.work)/image/drydock.lock")
    let refused = try await fixture.run("build", "image", "-o", "root")
    #expect(refused.status == 3, "\(refused)")
  }
}
