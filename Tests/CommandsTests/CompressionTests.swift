import Host
import JSON
import TestSupport
import Testing

/// `--compression`: other blobs, the same archives, which other tools read.
struct CompressionTests {
  /// Options, the media type of layers, and the first bytes of a layer.
  static let options: [(words: [String], type: String, start: [UInt8])] = [
    ([], "application/vnd.oci.image.layer.v1.tar+gzip", [0x1F, 0x8B]),
    (["--compression", "zstd"], "application/vnd.oci.image.layer.v1.tar+zstd", [0x28, 0xB5, 0x2F, 0xFD]),
    (
      ["--compression", "zstd", "--compression-level", "19"], "application/vnd.oci.image.layer.v1.tar+zstd",
      [0x28, 0xB5, 0x2F, 0xFD]
    ),
    (["--compression", "uncompressed"], "application/vnd.oci.image.layer.v1.tar", Array("f\0".utf8)),
    (
      ["--compression", "gzip", "--compression-level", "0"], "application/vnd.oci.image.layer.v1.tar+gzip",
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 0, 0x00, 0x08, 0xFF, 0xF7]
    ),
  ]

  @Test func `the files are the same however layers are compressed, also to skopeo`() async throws {
    let fixture = try ProgramFixture(["app/Dockerfile": "FROM scratch\nCOPY f /\nCOPY f /g/\n", "app/f": "content\n"])
    for (number, option) in Self.options.enumerated() {
      let built = try await fixture.run(["build", "app", "-o", "oci:\(number)", "--reproduce"] + option.words)
      try #require(built.status == 0, "\(built)")
      let raw = try await Subprocess(
        "skopeo", ["inspect", "--raw", "oci:\(fixture.work)/\(number)"]
      ).run()
      let layers = try JSONValue(parsing: raw.output)["layers"]?.array ?? []
      #expect(layers.map { $0["mediaType"]?.string } == [option.type, option.type])
      for layer in layers.prefix(1) {
        let hex = layer["digest"]?.string?.dropFirst(7) ?? ""
        let bytes = try Files.read("\(fixture.work)/\(number)/blobs/sha256/\(hex)")
        #expect(Array(bytes.prefix(option.start.count)) == option.start)
      }
      let same = try await fixture.run("diff", "oci:0", "oci:\(number)", "--ignore", "layers")
      #expect(same == ProgramFixture.Outcome(0, output: "no difference\n"))
      let copied = try await Subprocess(
        "skopeo", ["copy", "-q", "oci:\(fixture.work)/\(number)", "dir:\(fixture.work)/dir\(number)"]
      ).run()
      #expect(copied.status == 0, "\(copied.errorText)")
    }
    let told = try await fixture.run("diff", "oci:0", "oci:1", "--explain")
    #expect(told.status == 1)
    #expect(told.output.contains("~ 1  (type application/vnd.oci.image.layer.v1.tar+gzip → "))
    #expect(told.output.contains("compressed otherwise, byte 0 1f 8b"))
  }

  static let wrong: [(words: [String], error: String)] = [
    (["--compression-level", "6"], "gzip has no level 6 here"),
    (["--compression", "zstd", "--compression-level", "20"], "zstd has no level 20"),
    (["--compression", "uncompressed", "--compression-level", "1"], "what is not compressed has no level"),
    (["--compression", "lzma"], "The value 'lzma' is invalid for '--compression"),
  ]

  @Test(arguments: wrong.indices) func `a level that there is not is refused`(_ number: Int) async throws {
    let fixture = try ProgramFixture(["app/Dockerfile": "FROM scratch\n"])
    let outcome = try await fixture.run(["build", "app"] + Self.wrong[number].words)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(Self.wrong[number].error), "\(outcome)")
  }
}
