import Deflate
import Host
import Layers
import OCI
import Testing
import Trust

/// The compressor's bytes are right to those who inflate them, and are the same for ever.
@Suite struct `Deflating` {
  /// Made-up inputs of many kinds.
  struct Input: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// The digest of the deflated bytes: a change of the compressor must change its name, too.
    let golden: String
    var testDescription: String { name }

    /// A small generator of numbers, the same everywhere (xorshift64*).
    static func noise(_ count: Int, seed: UInt64 = 1, _ shape: (UInt64) -> UInt8 = { UInt8(truncatingIfNeeded: $0) })
      -> [UInt8]
    {
      var state = seed
      return (0..<count).map { _ in
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return shape(state &* 0x2545_F491_4F6C_DD1D >> 32)
      }
    }

    /// Words from a small list, as sources have them.
    static func words(_ count: Int) -> [UInt8] {
      let list = [
        "import ", "return ", "self.", "def ", "(x)", "\n    ", "for ", "in ", "0x", "None", " = ", "lambda ",
      ]
      var text: [UInt8] = []
      for byte in noise(count, seed: 7) where text.count < count { text += list[Int(byte) % list.count].utf8 }
      return Array(text.prefix(count))
    }
  }

  static let inputs: [Input] = [
    Input(name: "nothing", bytes: [], golden: "9b4fb24edd6d1d8830e272398263cdbf026b97392cc35387b991dc0248a628f9"),
    Input(name: "one byte", bytes: [65], golden: "368f084eda77ca9ecdb573d09e754104bb9fe598566da405c7f6f0c5eccf9e43"),
    Input(
      name: "three bytes", bytes: [65, 65, 65],
      golden: "16347429e0aa5da584a78e9d01baba055fd18cdf93e939147608db61a89958f1"),
    Input(
      name: "zeros", bytes: [UInt8](repeating: 0, count: 300_000),
      golden: "a32dd9216e68e8151d463bd21eabf4e54f16b7a80828b6fd6465dc3e463a62ba"),
    Input(
      name: "a period of three", bytes: (0..<70_000).map { UInt8($0 % 3) },
      golden: "4a002dc5c9bcec4cf1bcebd3c26136429809e266534f72e15eaf014eb8f933be"),
    Input(
      name: "noise", bytes: Input.noise(200_000),
      golden: "18330ff1873c5a4c3fc4bdec36f67f6a8309a9c17b126a0ab3fae3bd5e8f56f5"),
    Input(
      name: "two symbols", bytes: Input.noise(100_000) { $0 & 1 == 0 ? 7 : 200 },
      golden: "5f5c0f272c194cfb662e5335bea178465580c2dd6d0cf89591848c4fa6a47187"),
    Input(
      name: "skewed bytes", bytes: Input.noise(150_000) { UInt8(($0 & 0xFFFF).leadingZeroBitCount) },
      golden: "54173b1787a367f7976f4b7f1423a6072893a778cfdeef4433cae168e660c30d"),
    Input(
      name: "words", bytes: Input.words(400_000),
      golden: "266ffbd3e106cfce9caf0adae72b6ea84d8d4c154ded7d852cdd95b37dec6eed"),
    Input(
      name: "far matches",
      bytes: Input.noise(32_768, seed: 3) + Input.noise(32_768, seed: 3) + Input.noise(40_000, seed: 3),
      golden: "b70a21667cb3f7f52e330c38f40a29358b530a4a2be8cef4e7a38e69ecc5cc7b"),
    Input(
      name: "every byte", bytes: (0..<256).map { UInt8($0) },
      golden: "65058758d669a26dee5b8c79488ce1d3742ccc3acabbb22ed2658143a54b9c2b"),
  ]

  private func deflated(_ bytes: [UInt8], dictionary: [UInt8] = [], isLast: Bool = true) -> [UInt8] {
    let deflater = Deflater(blockSize: 1 << 20)
    return bytes.withUnsafeBytes { bytes in
      dictionary.withUnsafeBytes { deflater.deflate(bytes, dictionary: $0, isLast: isLast) }
    }
  }

  @Test(arguments: inputs) func `is undone by zlib and gzip`(_ input: Input) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/layer.gz"
    let layer = try await LayerWriter.compress(to: path) { (sink) throws(LayerError) in
      try LayerTree.Content.bytes(input.bytes).write(to: sink)
    }
    #expect(layer.diffID == SHA256.digest(of: input.bytes))
    #expect(try DecompressedSource(FileSource(path: path)).readAll(limit: 1 << 24) == input.bytes)
    let sum = try await Subprocess("sh", ["-c", "gzip -dc '\(path)' | sha256sum | cut -c1-64"]).run()
    #expect(sum.text == layer.diffID.hex + "\n")
  }

  @Test(arguments: inputs) func `gives the bytes that it always gave`(_ input: Input) {
    #expect(SHA256.digest(of: deflated(input.bytes)).hex == input.golden, "\(input.name)")
  }

  @Test func `a compressor that was used before gives the same`() {
    let deflater = Deflater(blockSize: 1 << 20)
    for input in Self.inputs {
      let again = input.bytes.withUnsafeBytes {
        deflater.deflate($0, dictionary: UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
      }
      #expect(again == deflated(input.bytes))
    }
  }

  @Test func `pieces of any size join to one stream`() async throws {
    let directory = try TemporaryDirectory()
    let bytes = Input.words(150_000) + Input.noise(50_000) + Input.words(150_000)
    for size in [1, 7, 100, 4096, 65_535, 70_000] where bytes.count / size < 40_000 {
      let deflater = Deflater(blockSize: size)
      var stream: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
      var position = 0
      let whole = size < 100 ? Array(bytes.prefix(2000)) : bytes
      while position < whole.count {
        let piece = whole[position..<min(whole.count, position + size)]
        let before = whole[..<position].suffix(32 << 10)
        stream += piece.withUnsafeBytes { piece in
          before.withUnsafeBytes {
            deflater.deflate(piece, dictionary: $0, isLast: position + piece.count == whole.count)
          }
        }
        position += size
      }
      try Files.write(stream, to: directory.path + "/stream.gz")
      // The trailer is missing, so gzip complains after it wrote everything.
      let text = try await Subprocess("sh", ["-c", "gzip -dc < '\(directory.path)/stream.gz' 2>/dev/null | sha256sum"])
        .run().text
      #expect(text.hasPrefix(SHA256.digest(of: whole).hex), "pieces of \(size)")
    }
  }

  @Test func `words shrink nearly as much as by gzip`() async throws {
    let bytes = Input.words(400_000)
    let directory = try TemporaryDirectory()
    try Files.write(bytes, to: directory.path + "/words")
    let other = try await Subprocess("sh", ["-c", "gzip -6c '\(directory.path)/words' | wc -c"]).run()
    let theirs = try #require(Int(other.text.filter(\.isNumber)))
    #expect(deflated(bytes).count < theirs * 130 / 100)
  }
}
