import Host
import Images
import Layers
import OCI
import Testing
import Versions

@testable import Building

/// What lies in a base decides what a layer above it has to say.
@Suite struct `Building on a base image` {
  private static let site = "usr/local/lib/python3.11/site-packages"

  private static func distribution(
    _ name: String, _ version: String, _ record: [String], in tree: inout LayerTree
  ) throws {
    let info = "\(site)/\(name)-\(version).dist-info"
    try tree.addFile("\(info)/METADATA", Array("Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n".utf8))
    let rows = record + ["\(name)-\(version).dist-info/METADATA", "\(name)-\(version).dist-info/RECORD"]
    try tree.addFile("\(info)/RECORD", Array(rows.map { "\($0),,\n" }.joined().utf8))
  }

  private func tree(_ layer: LayerTree, in directory: String) async throws -> (Image, ImageTree) {
    let store = try ContentStore(at: directory + "/store")
    let image = try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(layer, epoch: 0)], in: store)
    return (image, try await ImageTree.read(image, keepingIn: directory))
  }

  /// Two packages that share a directory and a program's folder.
  private static func installed() throws -> LayerTree {
    var tree = LayerTree()
    for path in [
      "alpha/__init__.py", "alpha/__pycache__/__init__.cpython-311.pyc", "alpha/old/data.txt", "shared/alpha.py",
      "shared/beta.py", "shared/__pycache__/alpha.cpython-311.pyc", "shared/__pycache__/beta.cpython-311.pyc",
    ] {
      try tree.addFile("\(site)/\(path)", [1])
    }
    try tree.addFile("usr/local/bin/alpha", [1], mode: 0o755)
    try tree.addFile("etc/passwd", Array("root:x:0:0::/root:/bin/sh\n".utf8))
    try distribution(
      "alpha", "1.0", ["alpha/__init__.py", "alpha/old/data.txt", "shared/alpha.py", "../../../bin/alpha"], in: &tree)
    try distribution("beta", "2.0", ["shared/beta.py"], in: &tree)
    try tree.addSymbolicLink("opt/python", to: "/usr/local")
    return tree
  }

  @Test func `finds what is installed, through links, too`() async throws {
    let directory = try TemporaryDirectory()
    let (_, tree) = try await tree(try Self.installed(), in: directory.path)
    let packages = BasePackages(
      tree, site: "/opt/python/lib/python3.11/site-packages", interpreter: "/opt/python/bin/python3")
    #expect(packages.distributions.map { "\($0.name) \($0.version)" } == ["alpha 1.0", "beta 2.0"])
  }

  @Test func `deletes what the old version's RECORD lists, and what is left empty`() async throws {
    let directory = try TemporaryDirectory()
    let (_, tree) = try await tree(try Self.installed(), in: directory.path)
    let packages = BasePackages(tree, site: "/\(Self.site)", interpreter: "/usr/local/bin/python3.11")
    let new = Set(["alpha", "alpha/__init__.py", "alpha-1.1.dist-info/RECORD"].map { PathKey("\(Self.site)/\($0)") })
    let alpha = try PackageName(parsing: "alpha")
    #expect(
      packages.removed(replacing: [alpha], keeping: new) == [
        "usr/local/bin",
        "\(Self.site)/alpha-1.0.dist-info",
        "\(Self.site)/alpha/__pycache__",
        "\(Self.site)/alpha/old",
        "\(Self.site)/shared/__pycache__/alpha.cpython-311.pyc",
        "\(Self.site)/shared/alpha.py",
      ])
    #expect(packages.removed(replacing: [try PackageName(parsing: "gamma")], keeping: new) == [])
  }

  @Test func `a RECORD that names files outside hides nothing that is not there`() async throws {
    let directory = try TemporaryDirectory()
    var layer = LayerTree()
    try Self.distribution("alpha", "1.0", ["../../../../../../../etc/shadow", "/etc/passwd"], in: &layer)
    try layer.addFile("etc/passwd", [1])
    let (_, tree) = try await tree(layer, in: directory.path)
    let packages = BasePackages(tree, site: "/\(Self.site)", interpreter: "/usr/bin/python3")
    let removed = packages.removed(replacing: [try PackageName(parsing: "alpha")], keeping: [PathKey("etc")])
    #expect(removed.allSatisfy { !$0.contains("..") && !$0.hasPrefix("/") })
    #expect(!removed.contains("etc/shadow"))
  }

  @Test func `follows links of the base and keeps its directories as they are`() async throws {
    let directory = try TemporaryDirectory()
    let (image, files) = try await tree(try Self.installed(), in: directory.path)
    let foundation = Foundation.image(image, reference: "base", tree: Shared { files })
    var above = LayerTree()
    try above.addDirectory("etc", mode: 0o700)
    try above.addDirectory("opt/python/lib")
    try above.addFile("opt/python/lib/new/file", [1])
    try above.addDirectory("opt/python/lib/new")
    let fitted = try await foundation.fit(above)
    #expect(fitted.nodes.map(\.entry.path) == ["usr/local/lib/new", "usr/local/lib/new/file"])
    #expect(try await foundation.text("/etc/passwd") == "root:x:0:0::/root:/bin/sh\n")
  }

  @Test func `follows links of a root on disk, and keeps all its directories but a home`() async throws {
    let directory = try TemporaryDirectory()
    let root = directory.path + "/root"
    for path in ["usr/bin", "run", "var", "tmp", "home/user"] { try Files.createDirectory("\(root)/\(path)") }
    try Files.link("\(root)/bin", to: "usr/bin")
    try Files.link("\(root)/var/run", to: "/run")
    try Files.link("\(root)/var/out", to: "../../../../etc")
    try Files.link("\(root)/var/loop", to: "loop")
    let foundation = Foundation.root(root)
    var above = LayerTree()
    for path in ["bin", "tmp", "usr/bin", "var", "var/run", "var/run/a", "var/out", "var/out/b", "var/loop"] {
      try above.addDirectory(path)
    }
    try above.addFile("bin/tool", [1])
    try above.addFile("tmp/file", [1])
    try above.set(TarEntry(path: "home/user", kind: .directory, mode: 0o750, uid: 7))
    let fitted = try await foundation.fit(above)
    #expect(
      fitted.nodes.map(\.entry.path)
        == ["etc", "etc/b", "home/user", "run/a", "tmp/file", "usr/bin/tool", "var/loop"])
  }

  @Test func `an interpreter is what its links, its library and the shared libraries are`() async throws {
    let directory = try TemporaryDirectory()
    var layer = LayerTree()
    try layer.addSymbolicLink("usr/bin/python3", to: "python3.11")
    for path in [
      "usr/bin/python3.11", "usr/lib/python3.11/os.py", "usr/lib/python3.11/test/big.py",
      "usr/lib/python3.11/site-packages/x.py", "usr/lib/libz.so.1.2", "usr/lib/other.txt", "usr/lib/jvm/lib/libjvm.so",
      "usr/share/doc/x", "etc/ld.so.cache",
    ] {
      try layer.addFile(path, [1])
    }
    try layer.addSymbolicLink("usr/lib/libz.so.1", to: "libz.so.1.2")
    try layer.addSymbolicLink("lib", to: "usr/lib")
    let (_, tree) = try await tree(layer, in: directory.path)
    #expect(
      ImageInterpreter.files(of: "/usr/bin/python3", in: tree) == [
        "etc/ld.so.cache", "lib", "usr/bin/python3", "usr/bin/python3.11", "usr/lib/libz.so.1", "usr/lib/libz.so.1.2",
        "usr/lib/python3.11/os.py",
      ])
    #expect(ImageInterpreter.files(of: "/usr/bin/perl", in: tree) == nil)
  }
}
