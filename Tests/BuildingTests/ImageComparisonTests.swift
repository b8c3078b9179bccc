import Host
import Images
import Layers
import OCI
import Testing

@testable import Building

/// What tells one image from another, told by aspect and byte, without reading what both share.
struct ImageComparisonTests {
  /// A place for images and for what is known of their layers.
  private struct Place {
    let directory: TemporaryDirectory
    let cache: BuildCache
    let store: ContentStore

    init() throws {
      directory = try TemporaryDirectory()
      cache = try BuildCache(path: directory.path)
      store = try ContentStore(at: cache.folder(.store))
    }

    func image(
      _ layers: [LayerTree], _ change: (inout ImageConfig) -> Void = { _ in }
    ) async throws -> Image {
      var config = ImageConfig(platform: .linuxAMD64)
      var written: [WrittenLayer] = []
      for (number, layer) in layers.enumerated() {
        written.append(try await store.add(layer, epoch: 2_000_000_000))
        config.history.append(ImageConfig.History(created: nil, createdBy: "RUN step \(number + 1)"))
      }
      change(&config)
      return try Image(config: config, layers: written, in: store)
    }

    func compare(
      _ first: Image, _ second: Image, ignoring words: [String] = [], explaining: Bool = false
    ) async throws -> ImageDifference {
      try await ImageComparison(first, second, ignoring: try IgnoredDifferences(words), cache: cache)
        .run(explaining: explaining)
    }

    /// The digests of the layers that were looked into.
    var read: Set<String> { get throws { Set(try Files.list(cache.folder(.contents))) } }
  }

  private static func tree(_ entries: [TarEntry], _ contents: [String: String] = [:]) throws -> LayerTree {
    var tree = LayerTree()
    for entry in entries {
      try tree.set(entry, content: entry.kind == .file ? .bytes(Array((contents[entry.path] ?? "").utf8)) : nil)
    }
    return tree
  }

  private static func file(_ path: String, _ change: (inout TarEntry) -> Void = { _ in }) -> TarEntry {
    var entry = TarEntry(path: path, kind: .file, mode: 0o644)
    change(&entry)
    return entry
  }

  private static func lines(_ changes: [ImageDifference.Change]) -> [String] {
    changes.map { change in
      ([change.kind.rawValue, change.name]
        + change.details.map { "\($0.aspect) \($0.first ?? "-") \($0.second ?? "-")" }).joined(separator: " | ")
    }
  }

  /// What becomes of one file, and how it is told.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let new: [TarEntry]
    let expected: [String]
    let aspect: String?
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "the same", new: [file("f")], expected: [], aspect: nil),
    Case(
      name: "a mode", new: [file("f") { $0.mode = 0o755 }], expected: ["changed | /f | mode 644 755"], aspect: "modes"),
    Case(
      name: "an owner", new: [file("f") { ($0.uid, $0.gid) = (7, 8) }], expected: ["changed | /f | owner 0:0 7:8"],
      aspect: "owners"),
    Case(
      name: "a time", new: [file("f") { $0.modified = 1 }],
      expected: ["changed | /f | time 1970-01-01T00:00:00Z 1970-01-01T00:00:01Z"], aspect: "times"),
    Case(
      name: "an attribute", new: [file("f") { $0.attributes = ["user.a": [0xFF, 1]] }],
      expected: ["changed | /f | attribute user.a - ff 01"], aspect: "/f"),
    Case(
      name: "a kind", new: [TarEntry(path: "f", kind: .symbolicLink(target: "/x"), mode: 0o777)],
      expected: ["changed | /f | kind file link to /x | mode 644 777"], aspect: "files"),
    Case(
      name: "one more", new: [file("f"), TarEntry(path: "g", kind: .directory, mode: 0o755)],
      expected: ["added | /g | kind - directory"], aspect: "/g"),
    Case(
      name: "one less", new: [file("e")],
      expected: ["added | /e | kind - file of 0 bytes", "removed | /f | kind file of 0 bytes -"], aspect: "/?"),
  ]

  @Test(arguments: cases) func `each aspect of a file is told, and can be ignored`(_ testCase: Case) async throws {
    let place = try Place()
    let old = try await place.image([try Self.tree([Self.file("f")])])
    let new = try await place.image([try Self.tree(testCase.new)])
    let difference = try await place.compare(old, new, ignoring: ["layers"])
    #expect(Self.lines(difference.files) == testCase.expected)
    #expect(difference.isEmpty == testCase.expected.isEmpty)
    guard let aspect = testCase.aspect else { return }
    let ignored = try await place.compare(
      old, new, ignoring: ["layers", aspect] + (testCase.name == "a kind" ? ["modes"] : []))
    #expect(ignored.isEmpty, "\(ignored)")
  }

  @Test func `contents are told to the byte, with the step that made them`() async throws {
    let place = try Place()
    let base = try Self.tree([Self.file("etc/base")])
    let old = try await place.image([base, try Self.tree([Self.file("f")], ["f": "made at 16:59:27 today"])])
    let new = try await place.image([base, try Self.tree([Self.file("f")], ["f": "made at 16:59:41 today"])])
    let difference = try await place.compare(old, new, explaining: true)
    let file = try #require(difference.files.first)
    #expect(file.details.map(\.aspect) == ["content", "byte 14"])
    #expect(file.details.last?.first == "\"made at 16:59:27 today\"")
    #expect(file.details.last?.second == "\"made at 16:59:41 today\"")
    #expect(file.step == "RUN step 2")
    #expect(difference.layers.map(\.name) == ["2"])
  }

  @Test func `layers that both begin with are not read when the others touch the same paths`() async throws {
    let place = try Place()
    let base = try Self.tree([Self.file("etc/base"), Self.file("f")])
    let old = try await place.image([base, try Self.tree([Self.file("f")], ["f": "1"])])
    let new = try await place.image([base, try Self.tree([Self.file("f")], ["f": "2"])])
    #expect(try await place.compare(old, old).isEmpty)
    #expect(try place.read.isEmpty)
    #expect(Self.lines(try await place.compare(old, new, ignoring: ["layers"]).files).count == 1)
    #expect(
      try place.read == Set([old.layers[1], new.layers[1]].map { "\($0.diffID.hex)-\($0.descriptor.digest.hex)" }))
  }

  @Test func `layers that both begin with are read to tell what a path was`() async throws {
    let place = try Place()
    let base = try Self.tree([Self.file("etc/base"), Self.file("f"), Self.file("d/x"), Self.file("d/y")])
    let old = try await place.image([base])
    let upper = try Self.tree([
      Self.file("f") { $0.mode = 0o600 }, Self.file("etc/.wh.base"), Self.file("d/.wh..wh..opq"),
    ])
    let new = try await place.image([base, upper])
    let difference = try await place.compare(old, new)
    #expect(
      Self.lines(difference.files) == [
        "removed | /d/x | kind file of 0 bytes -", "removed | /d/y | kind file of 0 bytes -",
        "removed | /etc/base | kind file of 0 bytes -", "changed | /f | mode 644 600",
      ])
    #expect(difference.layers.map(\.name) == ["2"])
    #expect(difference.layers.map(\.kind) == [.added])
  }

  @Test func `a directory that was a file in between is emptied`() async throws {
    let place = try Place()
    let base = try Self.tree([Self.file("d/x")])
    let top = try Self.tree([TarEntry(path: "d", kind: .directory, mode: 0o755)])
    let old = try await place.image([base, try Self.tree([Self.file("d")]), top])
    let new = try await place.image([base, top])
    let files = try await place.compare(old, new).files
    #expect(Self.lines(files) == ["added | /d/x | kind - file of 0 bytes"])
  }

  @Test func `packages are told from the databases of dpkg, apk and Python`() async throws {
    func tree(_ version: String, _ extra: String) throws -> LayerTree {
      let info = "usr/lib/python3/dist-packages/alpha-\(version).dist-info/METADATA"
      let contents = [
        "var/lib/dpkg/status":
          "Package: one\nStatus: install ok installed\nVersion: \(version)\n\n"
          + "Package: gone\nStatus: deinstall ok config-files\nVersion: \(version)\n\n\(extra)",
        "var/lib/dpkg/status.d/two": "Package: two\nVersion: \(version)\n",
        "lib/apk/db/installed": "P:musl\nV:\(version)\n\nP:same\nV:1\n",
        info: "Metadata-Version: 2.1\nName: Alpha\nVersion: \(version)\n",
      ]
      return try Self.tree(contents.keys.sorted().map { Self.file($0) }, contents)
    }
    let place = try Place()
    let old = try await place.image([try tree("1.0", "")])
    let new = try await place.image([
      try tree("2.0", "Package: more\nStatus: install ok installed\nVersion: 3\n")
    ])
    let difference = try await place.compare(old, new, ignoring: ["files", "layers"])
    #expect(
      Self.lines(difference.packages) == [
        "changed | apk musl | version 1.0 2.0", "added | deb more | version - 3", "changed | deb one | version 1.0 2.0",
        "changed | deb two | version 1.0 2.0", "changed | pypi alpha | version 1.0 2.0",
      ])
    #expect(difference.files.isEmpty)
    #expect(try await place.compare(old, new, ignoring: ["files", "layers", "packages"]).isEmpty)
  }

  @Test func `the configuration is told setting by setting`() async throws {
    let place = try Place()
    let old = try await place.image([]) { config in
      config.environment = ["PATH=/bin", "GONE=1"]
      config.created = "2020-01-01T00:00:00Z"
      config.command = ["go"]
    }
    let new = try await place.image([]) { config in
      config.environment = ["PATH=/usr/bin"]
      config.created = "2021-01-01T00:00:00Z"
      config.command = ["go", "on"]
      config.exposedPorts = ["80/tcp"]
    }
    #expect(
      Self.lines(try await place.compare(old, new).config) == [
        #"changed | command | value ["go"] ["go","on"]"#,
        "changed | created | value 2020-01-01T00:00:00Z 2021-01-01T00:00:00Z", "removed | env GONE | value 1 -",
        "changed | env PATH | value /bin /usr/bin", "added | port 80/tcp | value - exposed",
      ])
    #expect(try await place.compare(old, new, ignoring: ["config"]).isEmpty)
    #expect(try await place.compare(old, new, ignoring: ["times"]).config.count == 4)
  }

  @Test func `a layer in the middle is one that was added`() async throws {
    let place = try Place()
    let layers = try ["a", "b", "c"].map { try Self.tree([Self.file($0)]) }
    let (few, all) = (try await place.image([layers[0], layers[2]]), try await place.image(layers))
    let added = try await place.compare(few, all, ignoring: ["config"])
    #expect(Self.lines(added.layers) == ["added | 2 | size - \(all.layers[1].descriptor.size)"])
    let removed = try await place.compare(all, few, ignoring: ["config"])
    #expect(Self.lines(removed.layers) == ["removed | 2 | size \(all.layers[1].descriptor.size) -"])
  }

  @Test func `archives with the same files in another order are told by the first entry`() async throws {
    let place = try Place()
    func image(_ names: [String]) async throws -> Image {
      let writer = try FileSink(path: "\(place.directory.path)/\(names.joined())")
      let tar = TarWriter(writer)
      for name in names {
        try tar.append(Self.file(name), content: [])
      }
      try tar.finish()
      let bytes = try Files.read("\(place.directory.path)/\(names.joined())")
      let digest = try place.store.add(bytes)
      let layer = WrittenLayer(
        descriptor: Descriptor(mediaType: .layer, digest: digest, size: bytes.count), diffID: digest,
        plainSize: bytes.count)
      return try Image(config: ImageConfig(platform: .linuxAMD64), layers: [layer], in: place.store)
    }
    let difference = try await place.compare(
      try await image(["a", "b"]), try await image(["b", "a"]), explaining: true)
    #expect(difference.files.isEmpty)
    #expect(difference.layers.first?.details.last == ImageDifference.Detail("entry 1", "a", "b"))
  }

  @Test func `a layer that is not what its digest says is refused`() async throws {
    let place = try Place()
    let image = try await place.image([try Self.tree([Self.file("f")], ["f": "1"])])
    let other = try await place.image([try Self.tree([Self.file("f")], ["f": "2"])])
    try Files.remove(image.layers[0].path)
    try Files.write(try Files.read(other.layers[0].path), to: image.layers[0].path)
    await #expect(throws: ImageError.self) { try await place.compare(image, other) }
  }
}
