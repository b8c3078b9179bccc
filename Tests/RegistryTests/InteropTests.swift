import Glibc
import Host
import Images
import Layers
import OCI
import Registry
import TestSupport
import Testing

/// Against programs that others wrote: Debian's `docker-registry` and `skopeo`.
@Suite(.serialized) struct InteropTests {
  /// The distribution project's registry on a port of 127.0.0.1, stopped with the value.
  private final class DockerRegistry {
    let domain: String
    private let process: pid_t

    init(in directory: String) throws {
      // The port is free for as long as nobody else takes it; a registry that can't have it ends, and the test fails.
      let listener = SocketListener { _ in }
      let port = listener.port
      listener.stop()
      domain = "127.0.0.1:\(port)"
      let path = directory + "/config.yml"
      try Files.write(
        """
        version: 0.1
        log: {level: error, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: \(directory)/data}, delete: {enabled: true}}
        http: {addr: "\(domain)"}
        """, to: path)
      let program = try #require(Environment.program("docker-registry"))
      let words: [UnsafeMutablePointer<CChar>?] = [program, "serve", path].map { (word: String) in strdup(word) }
      defer { for word in words { free(word) } }
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      for number in [Int32(1), 2] { posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0) }
      var process: pid_t = 0
      let failure = posix_spawn(&process, program, &actions, nil, words + [nil], environ)
      guard failure == 0 else { throw SystemError("run", program, code: failure) }
      self.process = process
    }

    /// Waits until the registry answers.
    func start(_ client: RegistryClient) async throws {
      let repository = try client.repository(Reference(domain: domain, repository: "none"))
      for _ in 0..<200 {
        do throws(RegistryError) {
          _ = try await repository.manifest("1")
        } catch {
          if case .missing = error { return }
        }
        try await Task.sleep(for: .milliseconds(50))
      }
      Issue.record("docker-registry does not answer")
    }

    deinit {
      kill(process, SIGTERM)
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    }
  }

  private func skopeo(_ words: String...) async throws -> String {
    let result = try await Subprocess("skopeo", words).run()
    #expect(result.status == 0, "\(result.errorText)")
    return String(result.text.split(separator: "\n").first ?? "")
  }

  @Test func `an index with its referrers passes through docker-registry unchanged, and skopeo reads it`() async throws
  {
    let directory = try TemporaryDirectory()
    let server = try DockerRegistry(in: directory.path)
    // A fresh client each time, as its idea of the host would outlive the wait.
    try await server.start(testClient())
    let client = testClient {
      $0.uploadChunkBytes = 1 << 20
      $0.rangeBytes = 1 << 20
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
