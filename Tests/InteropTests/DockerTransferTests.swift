import Host
import Images
import JSON
import Layers
import OCI
import TestSupport
import Testing

/// Images on their way between Drydock, Debian's Docker and a registry.
@Suite struct DockerTransferTests {
  private let directory: TemporaryDirectory
  private let store: ContentStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try ContentStore(at: directory.path + "/cache/store")
  }

  private func drydock(_ words: String...) async throws -> String {
    let socket = "unix://\(directory.path)/docker/socket"
    let result = try await Subprocess(
      BuiltProgram.path("drydock"), words,
      environment: Environment.all.merging([
        "DOCKER_HOST": socket, "DRYDOCK_CACHE": directory.path + "/cache", "DOCKER_CONFIG": directory.path,
      ]) { $1 }
    ).run()
    try #require(result.status == 0, "drydock \(words.joined(separator: " ")): \(result.errorText.suffix(2000))")
    return result.text
  }

  private func image() async throws -> Image {
    var tree = LayerTree()
    try tree.addDirectory("etc")
    try tree.addFile("etc/hello", Array("hello".utf8))
    try tree.addSymbolicLink("etc/link", to: "hello")
    var config = ImageConfig(platform: .linuxAMD64)
    config.command = ["/none"]
    return try Image(config: config, layers: [try await store.add(tree, epoch: 0)], in: store)
  }

  @Test func `Docker reads what was pushed and loaded, and what it pushes and holds is read`() async throws {
    let server = try await DockerRegistry(in: directory.path)
    defer { server.stop() }
    let image = try await image()
    let layout = "oci:\(directory.path)/layout:1"
    try OCILayout.write(image, to: directory.path + "/layout", tag: "1")
    let docker = try await DockerDaemon(in: directory.path + "/docker")
    do {
      // By the registry, to Docker and back.
      _ = try await drydock("push", layout, "\(server.domain)/ours:1")
      _ = try await docker.output("pull", "--quiet", "\(server.domain)/ours:1")
      let digests = try await docker.output(
        "inspect", "--format", "{{index .RepoDigests 0}}", "\(server.domain)/ours:1")
      #expect(digests == "\(server.domain)/ours@\(image.digest)")
      _ = try await docker.output("tag", "\(server.domain)/ours:1", "\(server.domain)/theirs:1")
      let pushed = try await docker.output("push", "\(server.domain)/theirs:1")
      let pulled = try await drydock("pull", "\(server.domain)/theirs:1")
      let digest = try #require(pulled.split(separator: "@").last?.filter { $0 != "\n" })
      #expect(pushed.contains(digest))
      #expect(try Image(manifest: try Digest(parsing: digest), in: store.root).config.diffIDs == image.config.diffIDs)

      // By the daemon's socket, there and back: Docker keeps the configuration as it is.
      _ = try await drydock("copy", layout, "docker-daemon:loaded:2")
      let id = try await docker.output("inspect", "--format", "{{.Id}}", "loaded:2")
      #expect(id == image.manifest.config.digest.description)
      _ = try await drydock("copy", "docker-daemon:loaded:2", "oci:\(directory.path)/back:2")
      let back = try OCILayout(at: directory.path + "/back").image(tag: "2")
      #expect(back.manifest.config.digest == image.manifest.config.digest)

      // By the archive that Docker writes.
      let archive = directory.path + "/saved.tar"
      _ = try await docker.output("save", "--output", archive, "loaded:2")
      let inspected = try await drydock("inspect", "--format", "json", "docker-archive:\(archive):loaded:2")
      let config = try JSONValue(parsing: Array(inspected.utf8))["config"]
      #expect(config?["rootfs"]?["diff_ids"]?.strings == image.config.diffIDs.map(\.description))
    } catch {
      try await docker.stop()
      throw error
    }
    try await docker.stop()
  }

  /// Docker 25 and later write a layout that names images as containerd does, beside the older `manifest.json`.
  @Test func `an archive as Docker 25 writes it is read by the name that people gave the image`() async throws {
    let images = [try await image(), try await other()]
    let root = directory.path + "/docker25"
    var entries: [String] = []
    for (image, name) in zip(images, ["one", "two"]) {
      for digest in [image.digest, image.manifest.config.digest] + image.manifest.layers.map(\.digest) {
        try Files.createDirectory(root + "/blobs/sha256")
        try Files.write(try store.read(digest), to: "\(root)/blobs/sha256/\(digest.hex)")
      }
      entries.append(
        """
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "\(image.digest)",
         "size": \(try store.read(image.digest).count),
         "annotations": {"io.containerd.image.name": "docker.io/library/\(name):latest",
         "org.opencontainers.image.ref.name": "latest"}}
        """)
    }
    try Files.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: root + "/oci-layout")
    try Files.write(
      #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\#(entries.joined(separator: ","))]}"#,
      to: root + "/index.json")
    let older = zip(images, ["one", "two"]).map { image, name in
      let layers = image.manifest.layers.map { "\"blobs/sha256/\($0.digest.hex)\"" }.joined(separator: ",")
      return
        #"{"Config":"blobs/sha256/\#(image.manifest.config.digest.hex)","RepoTags":["\#(name):latest"],"Layers":[\#(layers)]}"#
    }
    try Files.write("[\(older.joined(separator: ","))]", to: root + "/manifest.json")
    let archive = directory.path + "/docker25.tar"
    let packed = try await Subprocess("tar", ["-C", root, "-cf", archive, "."]).run()
    try #require(packed.status == 0)
    for (image, name) in zip(images, ["one", "two"]) {
      for text in [name, "\(name):latest", "docker.io/library/\(name):latest"] {
        let fresh = try ContentStore(at: "\(directory.path)/fresh-\(text.count)")
        #expect(try ImageArchive.read(archive, name: text, into: fresh).digest == image.digest)
      }
    }
    #expect(throws: ImageError.self) { try ImageArchive.read(archive, into: store) }
    #expect(throws: ImageError.self) { try ImageArchive.read(archive, name: "three", into: store) }
  }

  private func other() async throws -> Image {
    var tree = LayerTree()
    try tree.addFile("other", [1])
    return try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(tree, epoch: 0)], in: store)
  }
}
