import HTTP
import Host
import Images
import Layers
import OCI
import Registry
import TestSupport
import Testing

/// Against programs that others wrote: Debian's `docker-registry`, `skopeo` and `podman`.
@Suite(.serialized) struct InteropTests {
  private func skopeo(_ words: String...) async throws -> String {
    let result = try await Subprocess("skopeo", words).run()
    #expect(result.status == 0, "\(result.errorText)")
    return String(result.text.split(separator: "\n").first ?? "")
  }

  @Test func `an index with its referrers passes through docker-registry unchanged, and skopeo reads it`() async throws
  {
    let directory = try TemporaryDirectory()
    let server = try await DockerRegistry(in: directory.path)
    defer { server.stop() }
    let client = testClient {
      $0.uploadChunkBytes = 1 << 20
      $0.rangeBytes = 1 << 20...1 << 20
    }
    let layers = [SampleImage.bytes(5 << 20), SampleImage.bytes(1000, seed: 2)]
    var selection = ImageCopier.Selection()
    selection.takesAll = true
    selection.takesReferrers = true
    let source = "\(directory.path)/source"
    try await TestRegistry.with { registry in
      let image = registry.add(layers, to: "a", tag: "1")
      let index = RawManifest(bytes: Index(manifests: [image.descriptor]).bytes, mediaType: .imageIndex)
      registry.add(manifest: index.bytes, type: MediaType.imageIndex.rawValue, to: "a", tag: "all")
      registry.add([[1]], to: "a", tag: "about", subject: index)
      let copier = ImageCopier(client: client, store: try ContentStore(at: directory.path + "/one"))
      try await copier.copy(
        .registry(Reference(domain: registry.domain, repository: "a", tag: "all")),
        to: .layout(path: source, tag: "x"), selection)
    }
    let there = ImagePlace.registry(try Reference(domain: server.domain, repository: "b/c", tag: "all"))
    let one = ImageCopier(client: client, store: try ContentStore(at: directory.path + "/one"))
    let digest = try await one.copy(.layout(path: source, tag: "x"), to: there, selection).digest
    let two = ImageCopier(client: client, store: try ContentStore(at: directory.path + "/two"))
    let back = "\(directory.path)/back"
    #expect(try await two.copy(there, to: .layout(path: back, tag: "x"), selection).digest == digest)
    #expect(try Files.list(back + "/blobs/sha256").count == Files.list(source + "/blobs/sha256").count)
    let name = "docker://\(server.domain)/b/c:all"
    let manifest = try await skopeo("inspect", "--raw", "--tls-verify=false", name)
    #expect(RawManifest(bytes: Array(manifest.utf8), mediaType: .imageIndex).descriptor.digest == digest)
  }

  @Test func `what skopeo wrote is read in every form`() async throws {
    let directory = try TemporaryDirectory()
    let layout = "\(directory.path)/layout"
    // A real layer: skopeo reads what it copies into Docker's archive.
    let store = try ContentStore(at: directory.path + "/store")
    var tree = LayerTree()
    try tree.addFile("hello", Array("hello".utf8))
    let layer = try await store.add(tree, epoch: 0)
    let image = try Image(config: ImageConfig(platform: .linuxAMD64), layers: [layer], in: store)
    try OCILayout.write(image, to: layout, tag: "x")
    let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path + "/other"))
    for form in ["oci:DIR/a:x", "oci-archive:DIR/b.tar:x", "dir:DIR/c"] {
      let place = form.replacing("DIR", with: directory.path)
      _ = try await skopeo("copy", "oci:\(layout):x", place)
      let back = ImagePlace.layout(path: directory.path + "/back", tag: "x")
      #expect(try await copier.copy(ImagePlace(parsing: place), to: back).digest == image.digest, "\(form)")
    }
    let archive = "docker-archive:\(directory.path)/d.tar"
    _ = try await skopeo("copy", "oci:\(layout):x", archive + ":x/y:1")
    let config = try await copier.inspect(ImagePlace(parsing: archive), platform: .linuxAMD64, readsLayers: true)
    #expect(config.config?.diffIDs == [layer.diffID])
    #expect(config.usage?.layers.map(\.files) == [1])
  }

  /// What podman needs to run without a system around it: no cgroups, no user's folders, plain files as layers.
  private func podman(_ directory: String, _ words: String...) async throws -> String {
    let options = [
      "--root", directory + "/storage", "--runroot", directory + "/run", "--storage-driver", "vfs",
      "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--tmpdir", directory + "/tmp",
    ]
    let result = try await Subprocess("podman", options + words).run()
    #expect(result.status == 0, "podman \(words): \(result.errorText)")
    return String(result.text.split(separator: "\n").last ?? "")
  }

  @Test func `podman reads what was pushed, and what it pushed is read, with the same digests`() async throws {
    let directory = try TemporaryDirectory()
    let server = try await DockerRegistry(in: directory.path)
    defer { server.stop() }
    let store = try ContentStore(at: directory.path + "/store")
    var tree = LayerTree()
    try tree.addFile("hello", Array("hello".utf8))
    let image = try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(tree, epoch: 0)], in: store)
    let copier = ImageCopier(client: testClient(), store: store)
    let ours = try Reference(domain: server.domain, repository: "ours", tag: "1")
    try await copier.copy(.stored(digest: image.digest, root: store.root), to: .registry(ours))
    let state = directory.path + "/podman"
    _ = try await podman(state, "pull", "--quiet", "--tls-verify=false", "\(ours)")
    let found = try await podman(state, "image", "inspect", "--format", "{{.Digest}}", "\(ours)")
    #expect(found == image.digest.description)
    let theirs = try Reference(domain: server.domain, repository: "theirs", tag: "1")
    let note = directory.path + "/digest"
    _ = try await podman(
      state, "push", "--quiet", "--tls-verify=false", "--digestfile", note, "\(ours)", "\(theirs)")
    let fresh = try ContentStore(at: directory.path + "/fresh")
    let pulled = try await ImageCopier(client: testClient(), store: fresh).pull(theirs)
    #expect(pulled.digest.description == (try Files.text(note)))
    #expect(try fresh.check() == [])
    let back = try Image(manifest: pulled.digest, in: fresh.root)
    #expect(back.config.diffIDs == image.config.diffIDs)
  }

  /// Go's server offers HTTP/2 wherever it has a certificate.
  @Test func `a registry that speaks HTTP/2 is spoken to so, and large blobs have connections of their own`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let certificates = try await TestCertificates(host: "localhost", in: directory.path)
    let server = try await DockerRegistry(in: directory.path, certificates: certificates)
    defer { server.stop() }
    let client = testClient {
      $0.http.certificateFile = certificates.authority
      $0.rangeBytes = 1 << 20...1 << 20
    }
    try await TestRegistry.with { registry in
      registry.add([SampleImage.bytes(5 << 20), [1]], to: "a", tag: "1")
      let there = try Reference(domain: server.domain, repository: "a", tag: "1")
      try await ImageCopier(client: client, store: try ContentStore(at: directory.path + "/one")).copy(
        .registry(try Reference(domain: registry.domain, repository: "a", tag: "1")), to: .registry(there))
      let store = try ContentStore(at: directory.path + "/two")
      try await ImageCopier(client: client, store: store).pull(there)
      #expect(try store.check() == [])
    }
    server.stop()
    let log = try Files.text(server.log).split(separator: "\n")
    #expect(log.contains { $0.contains("GET /v2/a/manifests/") && $0.contains(" HTTP/2.0\"") })
    #expect(log.count { $0.contains("GET /v2/a/blobs/") && $0.contains(" HTTP/1.1\" 206") } >= 4)
    #expect(log.contains { $0.contains("PUT /v2/a/manifests/") && $0.contains(" HTTP/2.0\" 201") })
  }

  @Test func `skopeo reads every form that is written`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path + "/store")
    var tree = LayerTree()
    try tree.addFile("hello", Array("hello".utf8))
    let image = try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(tree, epoch: 0)], in: store)
    let copier = ImageCopier(client: testClient(), store: store)
    let origin = ImagePlace.stored(digest: image.digest, root: store.root)
    for form in ["oci:DIR/a:x", "oci-archive:DIR/b.tar:x", "dir:DIR/c"] {
      let place = form.replacing("DIR", with: directory.path)
      try await copier.copy(origin, to: ImagePlace(parsing: place))
      #expect(try await skopeo("inspect", "--format", "{{.Digest}}", place) == image.digest.description, "\(form)")
    }
    let archive = "docker-archive:\(directory.path)/d.tar:example.com/x/y:1"
    try await copier.copy(origin, to: ImagePlace(parsing: archive))
    let layers = try await skopeo("inspect", "--format", "{{.Layers}}", archive)
    #expect(layers.contains("sha256:"))
  }
}
