import Host
import TestSupport
import Testing
import Trust

@testable import Layers

/// RPM packages as files: what they say, and what of them is refused.
@Suite(.serialized) struct RPMArchiveTests {
  private static let spec = """
    Name: sample
    Version: 1.0
    Release: 2
    Summary: x
    License: x
    BuildArch: noarch
    %description
    x
    %install
    mkdir -p %{buildroot}/usr/bin %{buildroot}/etc
    echo one > %{buildroot}/usr/bin/one
    ln %{buildroot}/usr/bin/one %{buildroot}/usr/bin/two
    ln -s one %{buildroot}/usr/bin/three
    seq 1 4000 > %{buildroot}/usr/bin/numbers
    echo a > %{buildroot}/etc/a
    %files
    %attr(4711,root,bin) /usr/bin/one
    /usr/bin/two
    /usr/bin/three
    /usr/bin/numbers
    %config(noreplace) /etc/a
    %ghost /etc/ghost
    """

  private static func make(_ directory: TemporaryDirectory, _ options: String...) async throws -> String {
    let paths = try await MadeUpRPM.build(spec, in: directory.path + "/build", options: options)
    return try #require(paths.first)
  }

  private func spooled(_ path: String, in folder: String) throws -> [String: [UInt8]] {
    let archive = try RPMArchive(path: path)
    let files = try archive.files()
    let spool = "\(folder)/spool"
    if Files.exists(spool) { try Files.remove(spool) }
    let contents = try archive.spool(
      files, to: try FileSink(path: spool),
      limits: TarLimits(entries: 1000, pathLength: 4096, entrySize: 1 << 20, totalSize: 1 << 22))
    var result: [String: [UInt8]] = [:]
    for (number, range) in contents {
      result[files[number].path] = try FileSource(path: spool, range: range).readAll(limit: 1 << 20)
    }
    return result
  }

  @Test func `a header and a payload are read as rpm reads them`() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let path = try await Self.make(directory)
    let archive = try RPMArchive(path: path)
    #expect(archive.label == "sample-1.0-2.noarch")
    let format =
      "[%{FILENAMES} %{FILEMODES:octal} %{FILEUSERNAME}:%{FILEGROUPNAME} %{LONGFILESIZES} %{FILEDIGESTS} %{FILEFLAGS}\\n]"
    let theirs = try await MadeUpRPM.run("rpm", ["-qp", "--qf", format, path]).split(separator: "\n").map(String.init)
    let types: [TarEntry.Kind: Int] = [.file: 0o100000, .directory: 0o040000]
    let ours = try archive.files().map { file in
      let mode = String((types[file.kind] ?? 0o120000) | Int(file.mode), radix: 8)
      return "/\(file.path) \(mode) \(file.user):\(file.group) \(file.size) \(file.digest) \(file.flags.rawValue)"
    }
    #expect(ours == theirs.map { $0.replacing(" 0100", with: " 100").replacing(" 0120", with: " 120") })
    let contents = try spooled(path, in: directory.path)
    #expect(contents["usr/bin/one"] == Array("one\n".utf8))
    #expect(contents["usr/bin/two"] == Array("one\n".utf8))
    #expect(contents["usr/bin/numbers"]?.count == 18893)
    #expect(contents["etc/ghost"] == nil)
  }

  @Test func `whatever byte changes, nothing else than the package's own content comes out`() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    // Without compression a change reaches the archive inside, and with it the compressor as well.
    for options in [["--define", "_binary_payload w.ufdio"], ["--define", "_binary_payload w6.xzdio"]] {
      let path = try await Self.make(directory, options[0], options[1])
      let good = try Files.read(path)
      let (header, contents) = (try RPMArchive(path: path).header, try spooled(path, in: directory.path))
      var random = Generator(state: 11)
      var accepted = 0
      for round in 0..<600 {
        var bytes = good
        if round % 6 == 0 {
          bytes.removeLast(1 + random.below(good.count - 1))
        } else {
          for _ in 0..<(round % 3 + 1) { bytes[random.below(good.count)] = UInt8(random.below(256)) }
        }
        let changed = directory.path + "/changed.rpm"
        try Files.write(bytes, to: changed)
        guard let found = try? spooled(changed, in: directory.path) else { continue }
        accepted += 1
        #expect(found == contents)
        #expect(try RPMArchive(path: changed).header == header)
      }
      // The lead, the padding and signatures of older days are all that nothing vouches for.
      #expect(accepted < 200, "\(accepted)")
    }
  }

  /// A header of some entries with a tag, a type, an offset and a count each, over some bytes.
  private static func header(_ entries: [[Int]], _ data: [UInt8], count: Int? = nil, size: Int? = nil) -> [UInt8] {
    func big(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    return big(count ?? entries.count) + big(size ?? data.count) + entries.flatMap { $0.flatMap(big) } + data
  }

  static let hostile: [(bytes: [UInt8], reason: String)] = [
    (header([], []), "0 entries"), (header([[1000, 6, 0, 1]], [0x41]), "leaves it"),
    (header([[1000, 6, 9, 1]], [0]), "leaves it"), (header([[1000, 6, 0xFFFF_FFFF, 1]], [0]), "leaves it"),
    (header([[1028, 4, 0, 0x7FFF_FFFF]], [0, 0, 0, 0]), "leaves it"),
    (header([[1028, 5, 0, 0xFFFF_FFFF]], [0, 0, 0, 0]), "leaves it"),
    (header([[1117, 8, 0, 3]], [0x41, 0, 0x42, 0]), "leaves it"), (header([[1000, 6, 0, 2]], [0, 0]), "leaves it"),
    (header([[1000, 99, 0, 1]], [0]), "no type"), (header([[1000, 6, 0, 0]], [0]), "leaves it"),
    (header([[1000, 6, 0, 1], [1000, 6, 0, 1]], [0]), "twice"),
    (header([[1000, 6, 0, 1]], [0], count: 0xFFFF_FFFF), "entries"),
    (header([[1000, 6, 0, 1]], [0], size: 0xFFFF_FFFF), "limit"), (header([[1000, 6, 0, 1]], [0], size: 7), "as long"),
    ([0, 0], "too early"),
  ]

  @Test(arguments: hostile) func `a hostile header is refused`(_ bytes: [UInt8], _ reason: String) {
    do throws(LayerError) {
      _ = try RPMHeader(parsing: bytes, name: "h")
      Issue.record("accepted")
    } catch { #expect(error.description.contains(reason), "\(error)") }
  }

  static let paths: [(text: String, path: String?)] = [
    ("/usr/bin/a", "usr/bin/a"), ("/./usr//a/", "usr/a"), ("/../etc/passwd", nil), ("/a/../../b", nil), ("a", nil),
    ("/a\0b", nil), ("/" + String(repeating: "a", count: 4097), nil),
  ]

  @Test(arguments: paths) func `no path of a package leaves the root`(_ text: String, _ path: String?) {
    #expect((try? RPMHeader.path(text, in: "p")) == path)
  }

  @Test func `a header grows by values and stays the same before them`() throws {
    let header = try RPMHeader(parsing: Self.header([[1000, 6, 0, 1]], Array("name\0".utf8)), name: "h")
    let grown = try header.appending(
      [(.installTime, 4, 1, [0, 0, 1, 2]), (.installedMD5, 7, 3, [7, 8, 9])], name: "h")
    #expect(grown.string(.name) == "name")
    #expect(grown.integers(.installTime) == [258])
    #expect(grown.binary(.installedMD5) == [7, 8, 9])
    #expect(grown.bytes[8..<24] == header.bytes[8..<24])
    #expect(throws: LayerError.self) { try grown.appending([(.name, 6, 1, [0x41, 0])], name: "h") }
  }

  /// A linear congruential generator, so that a failure can be had again (Knuth's constants).
  private struct Generator {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }
}
