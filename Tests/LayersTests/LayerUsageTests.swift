import Host
import Images
import Layers
import OCI
import Testing

@Suite struct LayerUsageTests {
  @Test func `what later layers replace or delete is counted where it lies`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    func layer(_ files: [(String, Int)]) async throws -> WrittenLayer {
      var tree = LayerTree()
      for folder in Set(
        files.flatMap { file in
          let parts = file.0.split(separator: "/").dropLast()
          return parts.indices.map { parts[...$0].joined(separator: "/") }
        }
      ).sorted() { try tree.addDirectory(folder) }
      for (path, size) in files { try tree.addFile(path, [UInt8](repeating: 1, count: size)) }
      return try await store.add(tree, epoch: 0)
    }
    let layers = [
      try await layer([("a/one", 10), ("a/two", 20), ("b/c/three", 40), ("d/four", 80), ("keep", 5)]),
      try await layer([("a/one", 11), ("b/.wh.c", 0), ("b/c2", 1)]),
      try await layer([("d/.wh..wh..opq", 0), ("d/five", 3), (".wh.a", 0)]),
    ]
    let image = try Image(config: ImageConfig(platform: .linuxAMD64), layers: layers, in: store)
    let usage = try LayerUsage(of: image)
    #expect(usage.layers.map(\.files) == [5, 2, 1])
    #expect(usage.layers.map(\.bytes) == [155, 12, 3])
    #expect(usage.layers.map(\.hiddenBytes) == [150, 11, 0])
    #expect(
      usage.waste == [
        .init(path: "d/four", bytes: 80, count: 1), .init(path: "b/c/three", bytes: 40, count: 1),
        .init(path: "a/one", bytes: 21, count: 2), .init(path: "a/two", bytes: 20, count: 1),
      ])
    #expect(usage.hiddenBytes == 161)
  }

  @Test func `files of one content that are to be seen at the end are duplicates, links to a file are not`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    func layer(_ files: KeyValuePairs<String, String>, _ more: (inout LayerTree) throws -> Void = { _ in }) async throws
      -> WrittenLayer
    {
      var tree = LayerTree()
      for (path, text) in files { try tree.addFile(path, Array(text.utf8)) }
      try more(&tree)
      return try await store.add(tree, epoch: 0)
    }
    let layers = [
      try await layer(["a": "same", "b": "same", "c": "gone", "e": "", "f": ""]) { tree in
        try tree.addSymbolicLink("link", to: "a")
        try tree.add(TarEntry(path: "hard", kind: .hardLink(target: "a"), mode: 0o644))
      },
      try await layer(["c": "other", "d": "gone too", "g": "same", "x": "long text", "y": "long text"]),
    ]
    let image = try Image(config: ImageConfig(platform: .linuxAMD64), layers: layers, in: store)
    let usage = try LayerUsage(of: image)
    #expect(
      usage.duplicates == [.init(paths: ["x", "y"], size: 9), .init(paths: ["a", "b", "g"], size: 4)])
    #expect(usage.duplicateBytes == 17)
  }
}
