import Building
import Host
import Layers
import OCI
import Testing

@Suite struct `Installing wheels` {
  static let scheme = PythonScheme.debian(version: "3.11")
  static let site = "usr/local/lib/python3.11/dist-packages"

  private func text(_ tree: LayerTree, _ path: String) throws -> String {
    let content = try #require(tree[path]?.content, "\(path) is missing")
    return String(decoding: try content.source().readAll(limit: 1 << 20), as: UTF8.self)
  }

  private func tree(_ wheels: String..., bytecode: LayerTree = LayerTree()) throws -> LayerTree {
    let installer = WheelInstaller(scheme: Self.scheme)
    let installed = try wheels.map { try installer.install($0, requested: true) }
    return try LayerTree(installing: installed, scheme: Self.scheme, bytecode: bytecode, modified: 1000)
  }

  @Test func `every file finds its place`() async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let tree = try tree(try await maker.wheel(WheelMaker.everything))
    let listing = tree.nodes.map { node in
      "\(String(node.entry.mode, radix: 8)) \(node.entry.path)\(node.entry.kind == .directory ? "/" : "")"
    }
    #expect(
      listing == [
        "755 usr/local/bin/deep", "755 usr/local/bin/plain", "755 usr/local/bin/shell", "755 usr/local/bin/wrapped",
        "755 usr/local/include/python3.11/demo/", "644 usr/local/include/python3.11/demo/demo.h",
        "755 \(Self.site)/demo/", "755 \(Self.site)/demo-1.0.dist-info/",
        "644 \(Self.site)/demo-1.0.dist-info/INSTALLER", "644 \(Self.site)/demo-1.0.dist-info/METADATA",
        "644 \(Self.site)/demo-1.0.dist-info/RECORD", "644 \(Self.site)/demo-1.0.dist-info/REQUESTED",
        "644 \(Self.site)/demo-1.0.dist-info/WHEEL", "644 \(Self.site)/demo-1.0.dist-info/entry_points.txt",
        "644 \(Self.site)/demo/__init__.py", "644 \(Self.site)/demo/a,b.txt", "644 \(Self.site)/demo/data.txt",
        "755 \(Self.site)/demo/tool.sh", "644 \(Self.site)/demo/ünïcode.txt",
        "644 \(Self.site)/plat.py", "644 \(Self.site)/pure.py",
        "755 usr/local/share/demo/", "644 usr/local/share/demo/x",
      ])
    #expect(try text(tree, "usr/local/bin/plain") == "#!/usr/bin/python3.11\nprint(1)\n")
    #expect(try text(tree, "usr/local/bin/shell") == "#!/bin/sh\necho\n")
    #expect(
      try text(tree, "usr/local/bin/deep") == """
        #!/usr/bin/python3.11
        import sys

        from demo.sub import Class

        if __name__ == "__main__":
            sys.exit(Class.run())

        """)
    #expect(try text(tree, "\(Self.site)/demo-1.0.dist-info/INSTALLER") == "drydock\n")
    #expect(tree.nodes.allSatisfy { $0.entry.modified == 1000 && $0.entry.uid == 0 })
  }

  @Test func `files and RECORD equal what pip installs`() async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let wheel = try await maker.wheel(WheelMaker.everything)
    let root = maker.directory.path + "/pip"
    try await maker.run(
      "python3",
      [
        "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile", "--ignore-installed",
        "--disable-pip-version-check", "--no-warn-script-location", "--root", root, "--prefix", "/usr/local",
        "--find-links", maker.directory.path, "demo==1.0",
      ])
    // Where pip's own Python looks differs between distributions.
    let found = try await maker.run("find", [root, "-name", "demo-1.0.dist-info"])
    let info = found.split(separator: "\n").map(String.init)
    let site = try #require(info.first.flatMap(Path.parent)).dropFirst(root.count + 1)
    let header = try await maker.run("find", [root, "-name", "demo.h"]).dropFirst(root.count + 1)
    let headers = try #require(Path.parent(String(header)).flatMap(Path.parent))
    let interpreter = try await maker.run("python3", ["-c", "import sys; print(sys.executable, end='')"])
    let scheme = PythonScheme(
      purelib: String(site), platlib: String(site), scripts: "usr/local/bin", headers: headers, data: "usr/local",
      interpreter: interpreter)
    let installed = try WheelInstaller(scheme: scheme).install(wheel, requested: true)
    let ours = try LayerTree(installing: [installed], scheme: scheme, modified: 0)
    let theirs = try TreeScanner.scan(root)

    let files = { (tree: LayerTree) in tree.nodes.filter { $0.entry.kind == .file } }
    #expect(files(ours).map(\.entry.path) == files(theirs).map(\.entry.path))
    // The wrappers' text and the installer's name are each tool's own, and so are their rows.
    let own = ["deep", "wrapped", "INSTALLER"]
    for (our, their) in zip(files(ours), files(theirs)) where !own.contains(Path.name(our.entry.path)) {
      #expect(our.entry.mode == their.entry.mode, "\(our.entry.path)")
      let rows = { (text: String) -> [Substring] in
        text.split(whereSeparator: \.isNewline).filter { row in !own.contains { row.contains("/\($0),") } }
      }
      #expect(try rows(text(ours, our.entry.path)) == rows(text(theirs, their.entry.path)), "\(our.entry.path)")
    }
  }

  static let faults: [(fault: String, error: WheelError)] = [
    ("unlisted", .record(wheel: "demo-1.0-py3-none-any.whl", file: "demo/data.txt", problem: "has no hash in RECORD")),
    (
      "link",
      .record(wheel: "demo-1.0-py3-none-any.whl", file: "demo/data.txt", problem: "is neither a file nor a directory")
    ),
    (
      "missing",
      .record(wheel: "demo-1.0-py3-none-any.whl", file: "demo/gone.py", problem: "is listed in RECORD but missing")
    ),
    ("norecord", .malformed(wheel: "demo-1.0-py3-none-any.whl", problem: "it has no RECORD")),
    ("columns", .malformed(wheel: "demo-1.0-py3-none-any.whl", problem: "line 5 of RECORD is not PATH,HASH,SIZE")),
    (
      "md5",
      .malformed(wheel: "demo-1.0-py3-none-any.whl", problem: "RECORD has the hash 'md5=AAAA', expected sha256=…")
    ),
    (
      "size",
      .record(wheel: "demo-1.0-py3-none-any.whl", file: "demo/__init__.py", problem: "has 2 bytes, RECORD says 3")
    ),
  ]

  @Test(arguments: faults)
  func `a wheel that contradicts its RECORD is refused`(fault: String, error: WheelError) async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let wheel = try await maker.wheel(["demo/__init__.py": "#\n", "demo/data.txt": "x\n"], fault: fault)
    #expect(throws: error) { try tree(wheel) }
  }

  @Test func `a file with another hash than RECORD says is refused when the layer is written`() async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let tree = try tree(try await maker.wheel(["demo/data.txt": "x\n"], fault: "hash"))
    let layer = maker.directory.path + "/layer"
    let error = await #expect(throws: LayerError.self) { try await LayerWriter.write(tree, to: layer, epoch: 0) }
    #expect(error?.description.contains("'demo/data.txt' does not have the digest") == true)
    #expect(!Files.exists(layer))
  }

  static let metadata: [(files: [String: String], info: String, problem: String)] = [
    (["other-2.dist-info/WHEEL": "x"], "demo-1.0.dist-info", "it has 2 .dist-info directories, expected 1"),
    ([:], "demo-2.0.dist-info", "its metadata is in 'demo-2.0.dist-info', which is another project's"),
    (
      ["demo-1.0.dist-info/entry_points.txt": "[console_scripts]\nx = os:system('id')\n"], "demo-1.0.dist-info",
      "line 2 of entry_points.txt is not NAME = MODULE:FUNCTION"
    ),
    (
      ["demo-1.0.dist-info/entry_points.txt": "[console_scripts]\n../x = os:getcwd\n"], "demo-1.0.dist-info",
      "line 2 of entry_points.txt is not NAME = MODULE:FUNCTION"
    ),
  ]

  @Test(arguments: metadata)
  func `metadata that does not fit is refused`(files: [String: String], info: String, problem: String) async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let wheel = try await maker.wheel(files, info: info)
    #expect(throws: WheelError.malformed(wheel: "demo-1.0-py3-none-any.whl", problem: problem)) { try tree(wheel) }
  }

  @Test func `a wheel of format 2 is refused`() async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let wheel = try await maker.wheel(["demo-1.0.dist-info/WHEEL": "Wheel-Version: 2.0\n"])
    #expect(throws: WheelError.version(wheel: "demo-1.0-py3-none-any.whl", version: "2.0")) { try tree(wheel) }
  }

  @Test func `two wheels may share a file but not a path`() async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let one = try await maker.wheel(["shared/__init__.py": "", "shared/x.py": "x\n"])
    let same = try await maker.wheel(
      ["shared/__init__.py": ""], named: "two-1-py3-none-any.whl", info: "two-1.dist-info")
    #expect(try tree(one, same)["\(Self.site)/shared/__init__.py"] != nil)
    let other = try await maker.wheel(
      ["shared/x.py": "y\n"], named: "two-1-py3-none-any.whl", info: "two-1.dist-info")
    #expect(
      throws: WheelError.conflict(
        path: "\(Self.site)/shared/x.py", first: "demo-1.0-py3-none-any.whl", second: "two-1-py3-none-any.whl")
    ) {
      try tree(one, other)
    }
    let under = try await maker.wheel(
      ["shared/x.py/z": "y\n"], named: "two-1-py3-none-any.whl", info: "two-1.dist-info")
    #expect(throws: WheelError.self) { try tree(one, under) }
  }

  @Test func `compiled modules are listed by the wheel that brought the source`() async throws {
    let maker = WheelMaker(directory: try TemporaryDirectory())
    let one = try await maker.wheel(["demo/x.py": "x = 1\n"])
    let two = try await maker.wheel(
      ["two/y.py": "y = 1\n"], named: "two-1-py3-none-any.whl", info: "two-1.dist-info")
    var bytecode = LayerTree()
    try bytecode.addFile("\(Self.site)/demo/__pycache__/x.cpython-311.pyc", [1])
    try bytecode.addFile("\(Self.site)/two/__pycache__/y.cpython-311.pyc", [2])
    let tree = try tree(one, two, bytecode: bytecode)
    #expect(tree["\(Self.site)/demo/__pycache__"]?.entry.kind == .directory)
    let rows = try text(tree, "\(Self.site)/two-1.dist-info/RECORD").split(separator: "\n")
    #expect(rows.contains("two/__pycache__/y.cpython-311.pyc,,"))
    #expect(rows.contains("two-1.dist-info/RECORD,,"))
    #expect(!rows.contains { $0.contains("demo") })
  }
}
