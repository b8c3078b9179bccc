import Host
import Images
import JSON
import Layers
import OCI
import Testing
import Trust

@Suite struct `Writing and reading an image` {
  /// An image of two layers, the upper of which hides a file of the lower.
  static func image(in store: ContentStore) async throws -> Image {
    var lower = LayerTree()
    try lower.addDirectory("etc")
    try lower.addFile("etc/gone", [1])
    try lower.addFile("etc/kept", noise(3_000_000), modified: 5)
    var upper = LayerTree()
    try upper.addDirectory("etc")
    try upper.addFile("etc/.wh.gone", [])
    try upper.addFile("etc/new", Array("new".utf8))
    var config = ImageConfig(platform: .linuxAMD64)
    config.created = "2024-05-01T12:00:00Z"
    config.environment = ["PATH=/usr/bin:/bin"]
    config.entrypoint = ["/bin/tool"]
    config.labels = ["a": "b"]
    let layers = [try await store.add(lower, epoch: 10), try await store.add(upper, epoch: 10)]
    return try Image(config: config, layers: layers, in: store)
  }

  @Test func `skopeo reads the layout`() async throws {
    let directory = try TemporaryDirectory()
    let image = try await Self.image(in: try ContentStore(at: directory.path + "/store"))
    let layout = directory.path + "/layout"
    try OCILayout.write(image, to: layout, tag: "v1")
    let text = try await output(of: "skopeo", "inspect", "oci:\(layout):v1")
    let json = try JSONValue(parsing: Array(text.utf8))
    #expect(json["Digest"]?.string == image.digest.description)
    #expect(json["Layers"]?.strings == image.layers.map(\.descriptor.digest.description))
    #expect(json["Env"]?.strings == ["PATH=/usr/bin:/bin"])
    #expect(try OCILayout(at: layout).image(tag: "v1").digest == image.digest)
    #expect(try Files.list(layout) == ["blobs", "index.json", "oci-layout"])
  }

  @Test func `umoci unpacks the layout`() async throws {
    let directory = try TemporaryDirectory()
    let image = try await Self.image(in: try ContentStore(at: directory.path + "/store"))
    try OCILayout.write(image, to: directory.path + "/layout", tag: "v1")
    try await output(
      of: "umoci", "raw", "unpack", "--rootless", "--image", "\(directory.path)/layout:v1", directory.path + "/root")
    #expect(try Files.list(directory.path + "/root/etc") == ["kept", "new"])
  }

  @Test func `a second tag joins the first, and the same tag is replaced`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let image = try await Self.image(in: store)
    var config = image.config
    config.labels = ["a": "c"]
    let other = try Image(
      config: config,
      layers: [try await store.add(LayerTree(), epoch: 0)], in: store)
    let layout = directory.path + "/layout"
    try OCILayout.write(image, to: layout, tag: "v1")
    try OCILayout.write(image, to: layout, tag: "v2")
    try OCILayout.write(other, to: layout, tag: "v1")
    #expect(try OCILayout(at: layout).image(tag: "v1").digest == other.digest)
    #expect(try OCILayout(at: layout).image(tag: "v2").digest == image.digest)
    #expect(throws: ImageError.unknownTag("v3", place: layout, known: ["v2", "v1"])) {
      try OCILayout(at: layout).image(tag: "v3")
    }
    #expect(throws: ImageError.ambiguous(place: layout, tags: ["v2", "v1"])) { try OCILayout(at: layout).image() }
  }

  @Test(arguments: [ImageArchive.Form.docker, .oci])
  func `an archive holds the same image`(form: ImageArchive.Form) async throws {
    let directory = try TemporaryDirectory()
    let image = try await Self.image(in: try ContentStore(at: directory.path + "/store"))
    let path = directory.path + "/image.tar"
    try ImageArchive.write(image, to: path, form: form, name: "example.org:5000/team/tool:1.0")
    let first = try SHA256.digest(ofFile: path).digest
    try ImageArchive.write(image, to: path, form: form, name: "example.org:5000/team/tool:1.0")
    #expect(try SHA256.digest(ofFile: path).digest == first)
    let store = try ContentStore(at: directory.path + "/other")
    #expect(try ImageArchive.read(path, into: store).digest == image.digest)
    #expect(try ImageArchive.read(path, name: "1.0", into: store).digest == image.digest)
    if form == .docker {
      let named = try ImageArchive.read(path, name: "example.org:5000/team/tool:1.0", into: store)
      #expect(named.digest == image.digest)
    }
    #expect(try Files.list(directory.path) == ["image.tar", "other", "store"])
  }

  @Test func `skopeo reads the archive as docker load would`() async throws {
    let directory = try TemporaryDirectory()
    let image = try await Self.image(in: try ContentStore(at: directory.path + "/store"))
    let path = directory.path + "/image.tar"
    try ImageArchive.write(image, to: path, form: .docker, name: "tool:1.0")
    try await output(of: "skopeo", "copy", "-q", "docker-archive:\(path)", "oci:\(directory.path)/copy:x")
    let copy = try OCILayout(at: directory.path + "/copy").image()
    #expect(copy.config.diffIDs == image.config.diffIDs)
    #expect(copy.config.entrypoint == ["/bin/tool"])
    let names = try await output(of: "tar", "-tf", path)
    #expect(names.split(separator: "\n").contains("manifest.json"))
  }

  @Test func `what skopeo writes for Docker is read back`() async throws {
    let directory = try TemporaryDirectory()
    let image = try await Self.image(in: try ContentStore(at: directory.path + "/store"))
    try OCILayout.write(image, to: directory.path + "/layout", tag: nil)
    let path = directory.path + "/saved.tar"
    try await output(
      of: "skopeo", "copy", "-q", "oci:\(directory.path)/layout", "docker-archive:\(path):example.org/tool:2")
    let store = try ContentStore(at: directory.path + "/other")
    let read = try ImageArchive.read(path, name: "example.org/tool:2", into: store)
    #expect(read.config.diffIDs == image.config.diffIDs)
    #expect(read.layers.map(\.descriptor.mediaType) == [.layer, .layer])
    #expect(throws: ImageError.unknownTag("other:1", place: path, known: ["example.org/tool:2"])) {
      try ImageArchive.read(path, name: "other:1", into: store)
    }
  }

  @Test func `a blob that is not what its name says is refused`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    let expected = SHA256.digest(of: [1])
    let found = SHA256.digest(of: [2])
    #expect(throws: ImageError.wrongDigest(expected: expected, found: found, place: "download")) {
      try store.add(MemorySource([2], name: "download"), expecting: expected)
    }
    #expect(!store.contains(expected) && !store.contains(found))
    #expect(try Files.list(store.root + "/ingest") == [])
    try store.add([1])
    try Files.write([3], to: store.path(of: expected))
    #expect(throws: ImageError.self) { try store.read(expected) }
  }

  static let references: [(text: String, reference: ImageReference?)] = [
    ("oci:a/b", .layout(path: "a/b", tag: nil)), ("oci:a/b:v1", .layout(path: "a/b", tag: "v1")),
    ("oci-archive:a.tar:x", .ociArchive(path: "a.tar", tag: "x")),
    ("docker-archive:a.tar:example.org:5000/x:1", .dockerArchive(path: "a.tar", name: "example.org:5000/x:1")),
    ("images/spark", .directory(path: "images/spark")), ("oci:", nil), ("oci:a:", nil), ("docker://x", nil),
    ("name:tag", nil), ("", nil),
  ]

  @Test(arguments: references)
  func `a place is read and written`(text: String, reference: ImageReference?) {
    #expect((try? ImageReference(parsing: text)) == reference)
    if let reference { #expect(reference.description == text) }
  }
}
