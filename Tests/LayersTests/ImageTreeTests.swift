import Host
import Images
import Layers
import OCI
import Testing

/// An image is known file by file without being unpacked.
@Suite struct `The tree of an image` {
  private func image(_ layers: [LayerTree], in store: ContentStore) async throws -> Image {
    var written: [WrittenLayer] = []
    for layer in layers { written.append(try await store.add(layer, epoch: 1000)) }
    return try Image(config: ImageConfig(platform: .linuxAMD64), layers: written, in: store)
  }

  /// Everything that one layer can do to another.
  private static func layers() throws -> [LayerTree] {
    var lower = LayerTree()
    try lower.addDirectory("etc", modified: 7)
    try lower.addFile("etc/passwd", Array("root:x:0:0::/root:/bin/sh\n".utf8), modified: 7)
    try lower.addFile("etc/gone", [1], modified: 7)
    try lower.addFile("data/old/deep/file", [2], mode: 0o600, uid: 5, gid: 6, modified: 7)
    try lower.addFile("data/stays", [3], modified: 7)
    try lower.addFile("data.txt", [4], modified: 7)
    try lower.addFile("data-more/x", [5], modified: 7)
    try lower.addFile("swap/inner", [6], modified: 7)
    try lower.addFile("cleared/a", [7], modified: 7)
    try lower.addFile("usr/lib/tool", Array("#!".utf8), mode: 0o755, modified: 7)
    try lower.addSymbolicLink("lib", to: "usr/lib", modified: 7)
    try lower.addSymbolicLink("usr/bin", to: "../lib", modified: 7)
    var upper = LayerTree()
    try upper.addFile("etc/.wh.gone", [], modified: 8)
    try upper.addFile("data/.wh.old", [], modified: 8)
    try upper.addFile("cleared/.wh..wh..opq", [], modified: 8)
    try upper.addFile("cleared/b", [8], modified: 8)
    try upper.addSymbolicLink("swap", to: "data", modified: 8)
    try upper.addFile("data.txt", [9, 9], modified: 8)
    return [lower, upper]
  }

  @Test func `has what unpacking makes, and no more`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let image = try await image(try Self.layers(), in: store)
    let root = directory.path + "/root"
    try Files.createDirectory(root)
    try image.unpack(into: root)
    let tree = try await ImageTree.read(image, keepingIn: directory.path)
    let unpacked = try TreeScanner.scan(root).nodes.filter { $0.entry.path != "." }
    #expect(tree.nodes.map(\.entry.path) == unpacked.map(\.entry.path))
    #expect(tree.nodes.map(\.entry.kind) == unpacked.map(\.entry.kind))
    #expect(tree["data.txt"]?.entry.size == 2)
    #expect(tree["data.txt"]?.layer == 1)
    #expect(tree.children(of: "data").map(\.entry.path) == ["data/stays"])
    #expect(tree.below("data-more").map(\.entry.path) == ["data-more/x"])
  }

  @Test func `is read from the kept index alone`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let image = try await image(try Self.layers(), in: store)
    let first = try await ImageTree.read(image, keepingIn: directory.path)
    for layer in image.layers { try Files.remove(layer.path) }
    let second = try await ImageTree.read(image, keepingIn: directory.path)
    #expect(second == first)
    #expect(
      second.keptContent("/etc/passwd").map { String(decoding: $0, as: UTF8.self) } == "root:x:0:0::/root:/bin/sh\n")
  }

  @Test func `makes a damaged index anew`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let image = try await image(try Self.layers(), in: store)
    let first = try await ImageTree.read(image, keepingIn: directory.path)
    let layer = image.layers[0]
    let path = "\(directory.path)/\(layer.diffID.hex)-\(layer.descriptor.digest.hex)"
    try Files.write(Array(try Files.read(path).prefix(100)), to: path)
    #expect(try await ImageTree.read(image, keepingIn: directory.path) == first)
  }

  @Test func `follows links as a process inside would`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let tree = try await ImageTree.read(
      try await image(try Self.layers(), in: store), keepingIn: directory.path)
    var links: [String] = []
    #expect(tree.resolve("/usr/bin/tool") { links.append($0) } == "usr/lib/tool")
    #expect(links == ["usr/bin", "lib"])
    #expect(tree.resolve("/lib/new/file") == "usr/lib/new/file")
    #expect(tree.resolve("/../../lib/../../etc/passwd") == "etc/passwd")
    #expect(tree.resolve("/lib", followingLast: false) == "lib")
    #expect(tree.isDirectory("/lib") && !tree.isDirectory("/etc/passwd"))
  }

  @Test func `unpacks single files`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let image = try await image(try Self.layers(), in: store)
    let tree = try await ImageTree.read(image, keepingIn: directory.path)
    let root = directory.path + "/some"
    try Files.createDirectory(root)
    try tree.unpack(["data.txt", "usr/lib/tool", "lib"], of: image, into: root)
    #expect(
      try TreeScanner.scan(root).nodes.map(\.entry.path) == ["data.txt", "lib", "usr", "usr/lib", "usr/lib/tool"])
    #expect(try Files.read(root + "/data.txt") == [9, 9])
  }
}
