import Host
import OCI
import Testing
import Trust

@testable import Layers

/// Every way in which a layer is compressed: the same bytes each time, and those of BuildKit where they can be.
struct LayerCompressionTests {
  static let all: [LayerCompression] = [.gzip, .storedGzip, .zstd(level: 3), .zstd(level: 1), .uncompressed]

  /// The layers of the builds whose digests BuildKit keeps to notice when its own change
  /// (client/testdata/compatibility, `rewrite-timestamp` at 1445412480).
  enum Golden {
    static let epoch = 1_445_412_480

    static func tree(_ directories: [String], _ files: [(path: String, mode: UInt32, text: String)]) throws -> LayerTree
    {
      var tree = LayerTree()
      for path in directories { try tree.addDirectory(path, modified: epoch) }
      for file in files { try tree.addFile(file.path, Array(file.text.utf8), mode: file.mode, modified: epoch) }
      return tree
    }

    static func base(_ directories: [String]) throws -> LayerTree {
      try tree(directories, [("base/base.txt", 0o644, "compatibility base\n")])
    }

    static func inputs() throws -> LayerTree {
      try tree(
        ["inputs", "inputs/git"],
        [
          ("inputs/git/git.txt", 0o644, "git fixture\n"), ("inputs/git/nested.txt", 0o644, "nested fixture\n"),
          ("inputs/http.txt", 0o600, "http fixture\n"), ("inputs/llb.txt", 0o644, "llb fixture\n"),
        ])
    }

    static func generated() throws -> LayerTree {
      try tree(
        ["generated", "generated/deeper"],
        [("generated/deeper/nested.txt", 0o644, "nested-exec\n"), ("generated/exec.txt", 0o644, "exec-fixture\n")])
    }
  }

  /// A layer, how it is compressed, and what BuildKit's is.
  struct Expectation: Sendable, CustomTestStringConvertible {
    let name: String
    let tree: @Sendable () throws -> LayerTree
    let compression: LayerCompression
    let digest: String
    let size: Int
    var testDescription: String { "\(name), \(compression)" }
  }

  static let goldens: [Expectation] = [
    Expectation(
      name: "base", tree: { try Golden.base(["base", "proc", "sys"]) }, compression: .uncompressed,
      digest: "007165e99d6304af5653e8a8cc1c8886e5719cf31bf09cbd9f50fa09008ef654", size: 3584),
    Expectation(
      name: "inputs", tree: Golden.inputs, compression: .uncompressed,
      digest: "9228085939d1444bd500ac8a4f8ee9d39fed1e5905da0968ffed61887ab41042", size: 6144),
    Expectation(
      name: "generated", tree: Golden.generated, compression: .uncompressed,
      digest: "672c0da84adab23797eebbf41315e289f03b02e266bdd6f6e88a7736583a4466", size: 4096),
    Expectation(
      name: "base", tree: { try Golden.base(["base"]) }, compression: .storedGzip,
      digest: "e67548f577b3eb6e6726c769a9ec3a2a46ad53f009f15d6e2e8bb797ee9e1f3a", size: 2588),
    Expectation(
      name: "inputs", tree: Golden.inputs, compression: .storedGzip,
      digest: "5c3240cc0bcdc46a4ff085359eba4d0ffe7e5e161c5f376e79f2264719041668", size: 6172),
  ]

  @Test(arguments: goldens) func `layers have the digests of BuildKit's`(_ golden: Expectation) async throws {
    let directory = try TemporaryDirectory()
    let layer = try await LayerWriter.write(
      try golden.tree(), to: directory.path + "/layer", epoch: Golden.epoch, as: golden.compression)
    #expect(layer.descriptor.digest.hex == golden.digest)
    #expect(layer.descriptor.size == golden.size)
  }

  /// Half of it repeats, so that there is something to compress; longer ones are made of a piece.
  private static let piece: [UInt8] = {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<65_537).map { index in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return index / 64 % 2 == 0 ? UInt8(truncatingIfNeeded: state) : 7
    }
  }()

  private static func noise(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count + piece.count <= count { bytes += piece }
    return bytes + piece[..<(count - bytes.count)]
  }

  @Test(arguments: all) func `the bytes do not depend on the number of threads, and are read back`(
    _ compression: LayerCompression
  ) async throws {
    let directory = try TemporaryDirectory()
    for count in [1, 65_535, 65_536, 9 << 20] {
      let bytes = Self.noise(count)
      var layers: Set<WrittenLayer> = []
      for threads in [1, 2, 5] {
        let path = "\(directory.path)/\(count)-\(threads)"
        let layer = try await LayerWriter.compress(to: path, as: compression, threads: threads) {
          (sink) throws(LayerError) in
          try sink.write([UInt8](bytes[..<(count / 3)]))
          try sink.write([UInt8](bytes[(count / 3)...]))
        }
        layers.insert(layer)
        let file = try SHA256.digest(ofFile: path)
        #expect(layer.descriptor.digest == file.digest)
        #expect(layer.descriptor.size == file.size)
      }
      #expect(layers.count == 1)
      let layer = try #require(layers.first)
      #expect(layer.diffID == SHA256.digest(of: bytes))
      #expect(layer.plainSize == count)
      #expect(layer.descriptor.mediaType == compression.mediaType)
      let path = "\(directory.path)/\(count)-2"
      #expect(try DecompressedSource(FileSource(path: path)).readAll(limit: 1 << 26) == bytes)
      let program: [String] =
        switch compression {
        case .gzip, .storedGzip: ["gzip", "-dc", path]
        case .zstd: ["zstd", "-qdc", path]
        case .uncompressed: ["cat", path]
        }
      #expect(try await Subprocess(program[0], Array(program.dropFirst())).run().output == bytes)
    }
  }

  @Test func `zstd is one frame with a checksum, as every reader can take it`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/layer.zst"
    _ = try await LayerWriter.compress(to: path, as: .zstd(level: 3)) { (sink) throws(LayerError) in
      try sink.write(Self.noise(9 << 20))
    }
    let listed = try await Subprocess("zstd", ["-lv", path]).run()
    #expect(listed.text.contains("# Zstandard Frames: 1"), "\(listed.text)")
    #expect(listed.text.contains("Check: XXH64"), "\(listed.text)")
  }

  @Test(arguments: all) func `a compression is found by the name that a lock has`(_ compression: LayerCompression) {
    #expect(LayerCompression(named: compression.name) == compression)
    #expect(LayerCompression(named: compression.name + "x") == nil)
  }

  @Test(arguments: all) func `a failure leaves no file`(_ compression: LayerCompression) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/layer"
    await #expect(throws: LayerError.truncated(archive: "it")) {
      try await LayerWriter.compress(to: path, as: compression) { (sink) throws(LayerError) in
        try sink.write([1, 2, 3])
        throw LayerError.truncated(archive: "it")
      }
    }
    #expect(!Files.exists(path))
  }
}
