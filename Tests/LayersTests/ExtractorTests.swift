import Host
import Images
import Layers
import OCI
import Testing

@Suite struct `Unpacking an archive` {
  /// An archive of these entries; a file's content is its path.
  static func archive(_ entries: [TarEntry]) throws -> TarReader {
    let sink = CollectingSink()
    let writer = TarWriter(sink)
    for entry in entries { try writer.append(entry, content: entry.kind == .file ? Array(entry.path.utf8) : []) }
    try writer.finish()
    return try TarReader(MemorySource(sink.bytes, name: "a.tar"))
  }

  static func file(_ path: String, mode: UInt32 = 0o644) -> TarEntry { TarEntry(path: path, kind: .file, mode: mode) }
  static func directory(_ path: String, mode: UInt32 = 0o755) -> TarEntry {
    TarEntry(path: path, kind: .directory, mode: mode, modified: 1000)
  }
  static func link(_ path: String, _ target: String) -> TarEntry {
    TarEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777)
  }

  /// A directory with the root to unpack into and something outside that must not change.
  static func place() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try Files.createDirectory(directory.path + "/root")
    try Files.createDirectory(directory.path + "/outside")
    return directory
  }

  @Test func `what GNU tar lists of the result equals what it lists of the archive`() async throws {
    let directory = try Self.place()
    let source = directory.path + "/source"
    try Files.createDirectory(source + "/usr/bin")
    try Files.write(noise(300_000), to: source + "/usr/bin/tool")
    try Files.changeMode(source + "/usr/bin/tool", 0o4755)
    try Files.hardLink(source + "/usr/same", to: source + "/usr/bin/tool")
    try Files.link(source + "/bin", to: "usr/bin")
    try await output(of: "mkfifo", source + "/pipe")
    try Files.setModified(source + "/usr/bin/tool", 1_000_000)
    try Files.setModified(source + "/bin", 2_000_000)
    try Files.setModified(source + "/usr", 3_000_000)
    let archive = directory.path + "/a.tar"
    try await output(of: "tar", "-cf", archive, "--sort=name", "-C", source, "bin", "pipe", "usr")
    try Extractor(into: directory.path + "/root", style: .layer).extract(try TarReader(path: archive))
    let copy = directory.path + "/b.tar"
    try await output(of: "tar", "-cf", copy, "--sort=name", "-C", directory.path + "/root", "bin", "pipe", "usr")
    #expect(try Files.read(copy) == Files.read(archive))
  }

  @Test(arguments: ["../../../outside", "/outside", "../outside", "usr/../../../outside"])
  func `a link never leads out of the root`(target: String) throws {
    let directory = try Self.place()
    let root = directory.path + "/root"
    let archive = try Self.archive([
      Self.directory("usr"), Self.link("way", target), Self.file("way/evil"),
      TarEntry(path: "hard", kind: .hardLink(target: "way/evil"), mode: 0o644),
    ])
    // With the directory as `/` the link leads to /outside or /usr/…/outside, which is made below the root or is missing.
    _ = try? Extractor(into: root, style: .layer).extract(archive)
    #expect(try Files.list(directory.path + "/outside") == [])
    #expect(try Files.list(directory.path) == ["outside", "root"])
  }

  @Test(arguments: ["../evil", "/evil", "a/../../evil", ""])
  func `a name outside the root is refused`(path: String) throws {
    let directory = try Self.place()
    let sink = CollectingSink()
    let writer = TarWriter(sink)
    try writer.append(TarEntry(path: path, kind: .file, mode: 0o644))
    try writer.finish()
    let reader = try TarReader(MemorySource(sink.bytes, name: "a.tar"))
    #expect(throws: LayerError.unsafe(archive: "a.tar", entry: path, problem: "lies outside the archive's root")) {
      try Extractor(into: directory.path + "/root", style: .layer).extract(reader)
    }
  }

  @Test func `a file through a link of a package goes where the link leads inside the root`() throws {
    let directory = try Self.place()
    let root = directory.path + "/root"
    try Files.createDirectory(root + "/usr/bin")
    try Files.link(root + "/bin", to: "usr/bin")
    try Extractor(into: root, style: .package).extract(
      try Self.archive([Self.directory("bin"), Self.file("bin/sh", mode: 0o755)]))
    #expect(try Files.text(root + "/usr/bin/sh") == "bin/sh")
    #expect(try Files.target(ofLink: root + "/bin") == "usr/bin")
  }

  @Test func `a layer's directory replaces a link`() throws {
    let directory = try Self.place()
    let root = directory.path + "/root"
    try Files.createDirectory(root + "/usr/bin")
    try Files.link(root + "/bin", to: "usr/bin")
    try Extractor(into: root, style: .layer).extract(
      try Self.archive([Self.file("bin/early"), Self.directory("bin"), Self.file("bin/sh")]))
    #expect(try Files.list(root + "/bin") == ["sh"])
    #expect(try Files.list(root + "/usr/bin") == ["early"])
  }

  @Test func `whiteouts hide lower layers only`() throws {
    let directory = try Self.place()
    let root = directory.path + "/root"
    for path in ["a/old", "a/gone/x", "b/old", "b/sub/old"] {
      try Files.createDirectory(try #require(Path.parent("\(root)/\(path)")))
      try Files.write("old", to: "\(root)/\(path)")
    }
    try Extractor(into: root, style: .layer).extract(
      try Self.archive([
        Self.file("a/.wh.gone"), Self.file("a/.wh.missing"), Self.file("b/new"), Self.file("b/sub/new"),
        Self.file("b/.wh..wh..opq"), Self.file("b/.wh.new"),
      ]))
    #expect(try Files.list(root + "/a") == ["old"])
    #expect(try Files.list(root + "/b") == ["new", "sub"])
    #expect(try Files.list(root + "/b/sub") == ["new"])
  }

  static let hostile: [(entry: TarEntry, problem: String)] = [
    (TarEntry(path: "sda", kind: .blockDevice(major: 8, minor: 0), mode: 0o666), "is a device"),
    (TarEntry(path: "x", kind: .hardLink(target: "x"), mode: 0o666), "is a hard link to itself"),
    (file("a/.wh.."), "is a whiteout of nothing"), (file(".wh."), "is a whiteout of nothing"),
  ]

  @Test(arguments: hostile)
  func `what nobody asked for is refused`(entry: TarEntry, problem: String) throws {
    let directory = try Self.place()
    let reader = try Self.archive([entry])
    #expect(throws: LayerError.unsafe(archive: "a.tar", entry: entry.path, problem: problem)) {
      try Extractor(into: directory.path + "/root", style: .layer).extract(reader)
    }
  }

  @Test func `archives over the limits are refused`() throws {
    let bytes = { () throws -> [UInt8] in
      let sink = CollectingSink()
      let writer = TarWriter(sink)
      for index in 0..<5 { try writer.append(Self.file("f\(index)"), content: noise(100)) }
      try writer.finish()
      return sink.bytes
    }
    let limits: [(TarLimits, String, Int)] = [
      (TarLimits(entries: 4, pathLength: 9, entrySize: 100, totalSize: 500), "number of entries", 4),
      (TarLimits(entries: 5, pathLength: 1, entrySize: 100, totalSize: 500), "path length in bytes", 1),
      (TarLimits(entries: 5, pathLength: 9, entrySize: 99, totalSize: 500), "entry size in bytes", 99),
      (TarLimits(entries: 5, pathLength: 9, entrySize: 100, totalSize: 499), "size in bytes", 499),
    ]
    for (limit, quantity, maximum) in limits {
      let reader = try TarReader(MemorySource(try bytes(), name: "a.tar"), limits: limit)
      #expect(throws: LayerError.limit(archive: "a.tar", quantity: quantity, maximum: maximum)) {
        while try reader.next() != nil {}
      }
    }
  }

  @Test func `no altered byte makes the reader crash`() throws {
    let sink = CollectingSink()
    try LayerWriterTree.tree().writeTar(to: sink, epoch: 10)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      var bytes = sink.bytes
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      let reader = try TarReader(MemorySource(bytes, name: "altered"))
      do throws(LayerError) { while try reader.next() != nil {} } catch { #expect(!error.description.isEmpty) }
    }
  }
}

/// Keeps what is written.
final class CollectingSink: ByteSink {
  private(set) var bytes: [UInt8] = []
  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
}

/// A small tree with headers of every kind.
enum LayerWriterTree {
  static func tree() throws -> LayerTree {
    var tree = LayerTree()
    try tree.addDirectory("usr")
    try tree.addFile("usr/" + String(repeating: "d/", count: 80) + "deep", [1, 2, 3])
    try tree.addFile("ünïcode", noise(700), uid: 3_000_000)
    try tree.addSymbolicLink("link", to: "usr")
    return tree
  }
}

@Suite struct `Scanning a directory` {
  @Test func `a scanned tree is unpacked as it was`() async throws {
    let directory = try TemporaryDirectory()
    let source = directory.path + "/source"
    try Files.createDirectory(source + "/b/c")
    try Files.write("x", to: source + "/b/c/file", mode: 0o640)
    try Files.hardLink(source + "/a", to: source + "/b/c/file")
    try Files.link(source + "/link", to: "b")
    for path in ["b/c/file", "b/c", "b", "link"] { try Files.setModified("\(source)/\(path)", 1000) }
    let tree = try TreeScanner.scan(source)
    #expect(tree.nodes.map(\.entry.path) == ["a", "b", "b/c", "b/c/file", "link"])
    #expect(tree["b/c/file"]?.entry.kind == .hardLink(target: "a"))
    #expect(
      try TreeScanner.scan(source, prefix: "opt/x") { $0 != "b/c" }.nodes.map(\.entry.path) == [
        "opt/x/a", "opt/x/b", "opt/x/link",
      ])

    let store = try ContentStore(at: directory.path + "/store")
    let layer = try await store.add(tree, epoch: 2_000_000_000)
    let image = try Image(config: ImageConfig(platform: .linuxAMD64), layers: [layer], in: store)
    let root = directory.path + "/root"
    try Files.createDirectory(root)
    try image.unpack(into: root)
    let again = try await store.add(try TreeScanner.scan(root), epoch: 2_000_000_000)
    #expect(again == layer)
  }

  @Test func `an image whose layer was changed is refused`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let image = try await `Writing and reading an image`.image(in: store)
    let other = try await store.add(LayerTree(), epoch: 0)
    try Files.remove(image.layers[0].path)
    try Files.hardLink(image.layers[0].path, to: store.path(of: other.descriptor.digest))
    let root = directory.path + "/root"
    try Files.createDirectory(root)
    #expect(
      throws: ImageError.wrongDigest(
        expected: image.layers[0].descriptor.digest, found: other.descriptor.digest, place: image.layers[0].path)
    ) {
      try image.unpack(into: root)
    }
  }
}
