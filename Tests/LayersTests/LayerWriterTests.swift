import Host
import Layers
import OCI
import Testing
import Trust

@Suite struct `Writing a layer` {
  /// A tree with everything a layer may hold.
  static func tree() throws -> LayerTree {
    var tree = LayerTree()
    try tree.addDirectory("usr")
    try tree.addDirectory("usr/bin")
    try tree.addFile("usr/bin/tool", noise(2_500_000), mode: 0o4755, uid: 0, gid: 50, modified: 2_000_000_000)
    try tree.addSymbolicLink("bin", to: "usr/bin")
    try tree.addFile("usr/empty", [])
    try tree.addFile("usr/ünïcode", Array("x".utf8))
    try tree.addFile("usr/" + String(repeating: "d/", count: 80) + "deep", Array("y".utf8))
    try tree.addFile(String(repeating: "n", count: 180), Array("z".utf8), uid: 3_000_000)
    try tree.add(TarEntry(path: "a-link", kind: .hardLink(target: "usr/bin/tool"), mode: 0o755))
    try tree.add(
      TarEntry(path: "usr/ping", kind: .file, mode: 0o755, attributes: ["security.capability": [1, 0, 0, 2]]),
      content: .bytes([1]))
    try tree.add(TarEntry(path: "null", kind: .characterDevice(major: 1, minor: 3), mode: 0o666))
    return tree
  }

  /// Lists an archive with every property that Python's tarfile sees.
  static let lister = """
    import sys, tarfile, hashlib
    for m in tarfile.open(sys.argv[1], encoding="utf-8"):
        content = hashlib.sha256(tarfile.open(sys.argv[1]).extractfile(m.name).read()).hexdigest()[:8] if m.isreg() else ""
        print(m.name[:12], m.type.decode(), oct(m.mode), m.uid, m.gid, m.size, m.mtime, m.linkname, content,
              "".join(k for k in m.pax_headers if k.startswith("SCHILY")), m.uname + m.gname, sep="|")
    """

  @Test func `Python reads every property back`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/layer.tar.gz"
    _ = try await LayerWriter.write(try Self.tree(), to: path, epoch: 1_700_000_000)
    let tool = SHA256.digest(of: noise(2_500_000)).hex.prefix(8)
    let text = try await output(of: "python3", "-c", Self.lister, path)
    #expect(
      text == """
        a-link|0|0o4755|0|50|2500000|1700000000||\(tool)||
        bin|2|0o777|0|0|0|0|usr/bin|||
        nnnnnnnnnnnn|0|0o644|3000000|0|1|0||594e519a||
        null|3|0o666|0|0|0|0||||
        usr|5|0o755|0|0|0|0||||
        usr/bin|5|0o755|0|0|0|0||||
        usr/bin/tool|1|0o4755|0|50|0|1700000000|a-link|||
        usr/d/d/d/d/|0|0o644|0|0|1|0||a1fce436||
        usr/empty|0|0o644|0|0|0|0||e3b0c442||
        usr/ping|0|0o755|0|0|1|0||4bf5122f|SCHILY.xattr.security.capability|
        usr/ünïcode|0|0o644|0|0|1|0||2d711642||

        """)
    try await output(of: "gzip", "-t", path)
    try await output(of: "tar", "-tzf", path)
  }

  @Test func `the bytes do not depend on the number of threads`() async throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.tree()
    var layers: [WrittenLayer] = []
    for threads in [1, 2, 5] {
      layers.append(
        try await LayerWriter.write(tree, to: "\(directory.path)/\(threads)", epoch: 0, threads: threads))
    }
    #expect(Set(layers).count == 1)
    let file = try SHA256.digest(ofFile: directory.path + "/5")
    #expect(layers[0].descriptor.digest == file.digest)
    #expect(layers[0].descriptor.size == file.size)
    let plain = try DecompressedSource(FileSource(path: directory.path + "/5")).readAll(limit: 1 << 24)
    #expect(SHA256.digest(of: plain) == layers[0].diffID)
    #expect(plain.count == layers[0].plainSize)
    #expect(Array(try Files.read(directory.path + "/5").prefix(10)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
  }

  @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20])
  func `a stream of any length is whole`(count: Int) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/stream.gz"
    let bytes = noise(count)
    let written = try await LayerWriter.compress(to: path) { (sink) throws(LayerError) in
      try sink.write([UInt8](bytes[..<(count / 3)]))
      try sink.write([UInt8](bytes[(count / 3)...]))
    }
    #expect(written.plainSize == count)
    #expect(written.diffID == SHA256.digest(of: bytes))
    #expect(try await Subprocess("gzip", ["-dc", path]).run().output == bytes)
  }

  @Test func `the same tree always has the same digest`() async throws {
    let directory = try TemporaryDirectory()
    var tree = LayerTree()
    try tree.addDirectory("etc")
    try tree.addFile("etc/hostname", Array("drydock\n".utf8), modified: 1_000_000_000)
    let layer = try await LayerWriter.write(tree, to: directory.path + "/l", epoch: 1_700_000_000)
    #expect(layer.diffID.short == "d63a2bf1713e")
    #expect(layer.plainSize == 2560)
  }

  @Test func `a failure leaves no file`() async throws {
    let directory = try TemporaryDirectory()
    var tree = LayerTree()
    try tree.set(TarEntry(path: "x", kind: .file, mode: 0o644, size: 5), content: .file(path: "/nonexistent"))
    let path = directory.path + "/layer"
    await #expect(throws: LayerError.system(SystemError("open", "/nonexistent", code: 2))) {
      try await LayerWriter.write(tree, to: path, epoch: 0)
    }
    #expect(!Files.exists(path))
  }

  @Test func `a file that changed its size is noticed`() async throws {
    let directory = try TemporaryDirectory()
    try Files.write("12345", to: directory.path + "/content")
    for size in [4, 6] {
      var tree = LayerTree()
      try tree.set(
        TarEntry(path: "x", kind: .file, mode: 0o644, size: size), content: .file(path: directory.path + "/content"))
      await #expect(throws: LayerError.self) {
        try await LayerWriter.write(tree, to: directory.path + "/layer", epoch: 0)
      }
    }
  }

  @Test func `two contents for one path are a conflict`() throws {
    var tree = LayerTree()
    try tree.addFile("a/x", [1], from: "one.whl")
    try tree.addFile("a/x", [1], from: "two.whl")
    #expect(throws: LayerError.conflict(path: "a/x", first: "one.whl", second: "two.whl")) {
      try tree.addFile("a/x", [2], from: "two.whl")
    }
  }

  @Test func `names that differ in normalisation are two files`() throws {
    var tree = LayerTree()
    try tree.addFile("\u{E9}", [1])
    try tree.addFile("e\u{301}", [2])
    #expect(tree.count == 2)
  }

  @Test func `a hard link to nothing is refused`() async throws {
    let directory = try TemporaryDirectory()
    var tree = LayerTree()
    try tree.add(TarEntry(path: "x", kind: .hardLink(target: "gone"), mode: 0o644))
    await #expect(
      throws: LayerError.inconsistent(path: "x", problem: "is a hard link to 'gone', which is no file of the layer")
    ) {
      try await LayerWriter.write(tree, to: directory.path + "/layer", epoch: 0)
    }
  }
}
