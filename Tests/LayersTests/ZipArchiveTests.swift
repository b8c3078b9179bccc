import Host
import Layers
import Testing

@Suite struct `Reading a zip archive` {
  /// Writes archives that no honest program would.
  static let writer = """
    import sys, zipfile
    path, kind = sys.argv[1], sys.argv[2]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("pkg/__init__.py", "x = 1\\n" * 10000)
        z.writestr(zipfile.ZipInfo("pkg/data.bin"), bytes(range(256)) * 100)
        if kind == "duplicate": z.writestr("pkg/./__init__.py", "y")
        if kind == "parent": z.writestr("../evil", "y")
        if kind == "absolute": z.writestr("/evil", "y")
        if kind == "backslash": z.writestr("a\\\\b", "y")
        if kind == "comment": z.comment = b"PK\\x05\\x06" * 100
        if kind == "wide":
            with z.open("pkg/wide", "w", force_zip64=True) as member: member.write(b"wide")
    """

  private func archive(_ kind: String, in directory: TemporaryDirectory) async throws -> String {
    let path = "\(directory.path)/\(kind).zip"
    try await output(of: "python3", "-c", Self.writer, path, kind)
    return path
  }

  @Test(arguments: ["plain", "comment", "wide"])
  func `what Python wrote is read back`(kind: String) async throws {
    let directory = try TemporaryDirectory()
    let zip = try ZipArchive(path: try await archive(kind, in: directory))
    #expect(zip.directory.members.count == (kind == "wide" ? 3 : 2))
    let code = try #require(zip.directory["pkg/__init__.py"])
    #expect(code.method == .deflated)
    #expect(try zip.read(code) == Array(String(repeating: "x = 1\n", count: 10000).utf8))
    let data = try #require(zip.directory["pkg/data.bin"])
    #expect(data.method == .stored)
    #expect(try zip.read(data).count == 25600)
    if kind == "wide" { #expect(try zip.read(try #require(zip.directory["pkg/wide"])) == Array("wide".utf8)) }
  }

  @Test func `a member is read out of ranges of the file`() async throws {
    let directory = try TemporaryDirectory()
    let bytes = try Files.read(try await archive("plain", in: directory))
    let location = try ZipDirectory.locate(inTail: Array(bytes.suffix(200)), fileSize: bytes.count, archive: "a.whl")
    let zip = try ZipDirectory(parsing: Array(bytes[location.range]), at: location, archive: "a.whl")
    let member = try #require(zip["pkg/__init__.py"])
    let content = try member.content(in: Array(bytes[member.extent]), archive: "a.whl")
    #expect(content.count == 60000)
    #expect(throws: LayerError.limit(archive: "a.whl", quantity: "size in bytes", maximum: 100)) {
      try member.content(in: Array(bytes[member.extent]), archive: "a.whl", limit: 100)
    }
  }

  @Test(arguments: ["duplicate", "parent", "absolute", "backslash"])
  func `a hostile name is refused`(kind: String) async throws {
    let directory = try TemporaryDirectory()
    let path = try await archive(kind, in: directory)
    let error = #expect(throws: LayerError.self) { try ZipArchive(path: path) }
    guard case .unsafe(path, _, _) = error else {
      Issue.record("expected an unsafe entry, found \(String(describing: error))")
      return
    }
  }

  @Test func `contents that share bytes are refused`() async throws {
    let directory = try TemporaryDirectory()
    var bytes = try Files.read(try await archive("plain", in: directory))
    let location = try ZipDirectory.locate(inTail: bytes, fileSize: bytes.count, archive: "a.zip")
    // The second record's header offset becomes the first's.
    let second = location.range.lowerBound + 46 + "pkg/__init__.py".utf8.count
    bytes.replaceSubrange((second + 42)..<(second + 46), with: [0, 0, 0, 0])
    #expect(
      throws: LayerError.unsafe(archive: "a.zip", entry: "pkg/__init__.py", problem: "shares bytes with another one")
    ) {
      try ZipDirectory(parsing: Array(bytes[location.range]), at: location, archive: "a.zip")
    }
  }

  @Test func `an archive that was cut short is refused`() async throws {
    let directory = try TemporaryDirectory()
    let path = try await archive("plain", in: directory)
    let bytes = try Files.read(path)
    for size in [0, 21, 100, bytes.count - 1] {
      try Files.write(Array(bytes[..<size]), to: path)
      let problem = "it has no end-of-directory record, so it is no zip archive"
      #expect(throws: LayerError.malformed(archive: path, problem: problem)) { try ZipArchive(path: path) }
    }
  }

  @Test func `more than the limit allows is refused`() async throws {
    let directory = try TemporaryDirectory()
    let path = try await archive("plain", in: directory)
    let limits: [(ZipDirectory.Limits, String, Int)] = [
      (.init(members: 1), "number of members", 1), (.init(directorySize: 50), "directory size in bytes", 50),
      (.init(totalSize: 85_599), "unpacked size in bytes", 85_599),
    ]
    for (limit, quantity, maximum) in limits {
      #expect(throws: LayerError.limit(archive: path, quantity: quantity, maximum: maximum)) {
        try ZipArchive(path: path, limits: limit)
      }
    }
  }

  @Test func `a member that inflates to more than it says is refused`() async throws {
    let directory = try TemporaryDirectory()
    let path = try await archive("plain", in: directory)
    let original = try ZipArchive(path: path)
    let code = try #require(original.directory["pkg/__init__.py"])
    var bytes = try Files.read(path)
    let location = try ZipDirectory.locate(inTail: bytes, fileSize: bytes.count, archive: path)
    // The first record's size becomes 60 instead of 60 000.
    let size = location.range.lowerBound + 24
    bytes.replaceSubrange(size..<size + 4, with: [60, 0, 0, 0])
    try Files.write(bytes, to: path)
    let zip = try ZipArchive(path: path)
    let shrunk = try #require(zip.directory[code.name])
    #expect(shrunk.size == 60)
    #expect(throws: LayerError.malformed(archive: path, problem: "'pkg/__init__.py' is larger than it says")) {
      try zip.read(shrunk)
    }
  }

  @Test func `changed content is noticed by its checksum`() async throws {
    let directory = try TemporaryDirectory()
    let path = try await archive("plain", in: directory)
    let member = try #require(try ZipArchive(path: path).directory["pkg/data.bin"])
    var bytes = try Files.read(path)
    bytes[member.extent.lowerBound + 30 + "pkg/data.bin".utf8.count + 17] ^= 1
    try Files.write(bytes, to: path)
    #expect(throws: LayerError.malformed(archive: path, problem: "'pkg/data.bin' has a wrong checksum")) {
      try ZipArchive(path: path).read(member)
    }
  }

  @Test func `no altered byte makes the reader crash or lie`() async throws {
    let directory = try TemporaryDirectory()
    let honestArchive = try ZipArchive(path: try await archive("wide", in: directory))
    let honest = try #require(honestArchive.directory["pkg/data.bin"])
    let data = try honestArchive.read(honest)
    let original = try Files.read(honestArchive.path)
    var generator = SystemRandomNumberGenerator()
    let path = directory.path + "/altered.zip"
    for _ in 0..<400 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        // Most of what matters stands in the directory at the end.
        let place = Bool.random() ? Int.random(in: 0..<bytes.count) : bytes.count - Int.random(in: 1...400)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      if Bool.random() { bytes.removeLast(Int.random(in: 0..<bytes.count / 2)) }
      try Files.write(bytes, to: path)
      do throws(LayerError) {
        let zip = try ZipArchive(path: path)
        for member in zip.directory.members where member.name == "pkg/data.bin" {
          if member.checksum == honest.checksum, let content = try? zip.read(member) { #expect(content == data) }
        }
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }
}
