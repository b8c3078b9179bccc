import Host
import Images
import Layers
import OCI
import Packages
import Resolution
import TestSupport
import Testing
import Trust
import Versions

@testable import Building

/// What packages recorded of their files, beside what an image has.
@Suite struct ContentDriftTests {
  private static let digest = SHA256.digest(of: Array("a package".utf8))

  private static var lock: Lock {
    get throws {
      func pin(_ name: String) throws -> DebianPin {
        DebianPin(
          name: name, version: try DebianVersion(parsing: "1"), architecture: "amd64", filename: "\(name).deb", size: 1,
          digest: digest, suite: "s", isEssential: false, dependencies: [])
      }
      let package = Lock.PythonPackage(
        name: try PackageName(parsing: "alpha"), version: try PEP440Version(parsing: "1.0"), isDirect: true,
        dependencies: [], file: Lock.File(name: "alpha-1.0-py3-none-any.whl", size: 1, digest: digest),
        builtWheel: nil)
      return Lock(
        name: "x", date: 0, spec: digest, platform: .linuxAMD64, compressor: "gzip", base: nil,
        debian: Lock.Debian(archives: [], packages: [try pin("one"), try pin("two")]),
        python: Lock.Python(
          version: PEP440Version(release: 3, 11), glibc: PEP440Version(release: 2, 36), packages: [package], build: [],
          test: []), runtime: nil)
    }
  }

  private static func record(_ files: [(String, String)]) -> String {
    files.map { path, text in
      "\(path),sha256=\(Base64URL.encode(hex: SHA256.digest(of: Array(text.utf8)).hex)),\(text.utf8.count)\n"
    }.joined() + "alpha-1.0.dist-info/RECORD,,\nalpha/__pycache__/a.cpython-311.pyc,,\n"
  }

  private static func sums(_ files: [(String, String)]) -> String {
    files.map { "\(LegacyDigest.md5(of: Array($0.1.utf8)))  \($0.0)\n" }.joined()
  }

  /// The changes of an image with some files beside the records.
  private func changes(_ files: [String: String]) async throws -> [String] {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    var all = [
      "usr/lib/python3.11/site-packages/alpha-1.0.dist-info/METADATA":
        "Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\n",
      "usr/lib/python3.11/site-packages/alpha-1.0.dist-info/RECORD": Self.record([
        ("alpha/a.py", "a"), ("../../../bin/alpha", "tool"), ("alpha/gone.py", "gone"),
      ]),
      "usr/lib/python3.11/site-packages/alpha/__pycache__/a.cpython-311.pyc": "whatever",
      "var/lib/dpkg/info/one.md5sums": Self.sums([
        ("usr/bin/one", "1"), ("bin/both", "of one"), ("usr/share/doc/x", ""),
      ]),
      "var/lib/dpkg/info/two:amd64.md5sums": Self.sums([("usr/bin/both", "of two"), ("usr/bin/two", "2")]),
    ]
    all.merge(files) { $1 }
    var tree = LayerTree()
    try tree.addSymbolicLink("bin", to: "usr/bin")
    for (path, text) in all { try tree.addFile(path, Array(text.utf8)) }
    let cache = try BuildCache(path: directory.path + "/cache")
    let store = try ContentStore(at: directory.path + "/store")
    let image = try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(tree, epoch: 0)], in: store)
    let root = directory.path + "/root"
    try Files.createDirectory(root)
    try image.unpack(into: root)
    return try await ContentDrift.changes(in: image, unpacked: root, of: try Self.lock, cache: cache).map {
      "\($0.kind) \($0.package) \($0.path)\($0.isMissing ? " missing" : "")"
    }
  }

  private static let whole = [
    "usr/lib/python3.11/site-packages/alpha/a.py": "a", "usr/lib/python3.11/site-packages/alpha/gone.py": "gone",
    "usr/bin/alpha": "tool", "usr/bin/one": "1", "usr/bin/two": "2", "usr/bin/both": "of two",
  ]

  @Test func `an image as its packages made it has none, though one package replaces a file of another`() async throws {
    #expect(try await changes(Self.whole) == [])
  }

  @Test func `what was written over or deleted is found, wherever links lead`() async throws {
    var files = Self.whole
    files["usr/bin/alpha"] = "other"
    files["usr/bin/two"] = "3"
    files["usr/bin/both"] = "of nobody"
    files["usr/lib/python3.11/site-packages/alpha/gone.py"] = nil
    #expect(
      try await changes(files) == [
        "python alpha usr/bin/alpha", "debian one usr/bin/both", "debian two usr/bin/two",
        "python alpha usr/lib/python3.11/site-packages/alpha/gone.py missing",
      ])
  }
}
