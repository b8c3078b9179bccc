import HTTP
import Host
import Images
import JSON
import OCI
import TestSupport
import Testing
import Trust

@testable import Registry

@Suite struct CopyTests {
  static let places: [(String, ImagePlace)] = [
    ("oci:a/b", .layout(path: "a/b", tag: nil)), ("oci:a:t", .layout(path: "a", tag: "t")),
    ("oci-archive:f.tar:t", .ociArchive(path: "f.tar", tag: "t")),
    ("docker-archive:f.tar:n:t", .dockerArchive(path: "f.tar", name: "n:t")),
    ("docker-daemon:n:t", .daemon(name: "n:t")), ("dir:/x", .directory(path: "/x")),
  ]

  @Test(arguments: places) func `a place is read and written`(_ text: String, _ place: ImagePlace) throws {
    #expect(try ImagePlace(parsing: text) == place)
    #expect(place.description == text)
  }

  @Test(arguments: ["", "a", "a/b", "oci:", "oci::t", "oci:a:", "dir:", "docker-daemon:", "docker://", "docker://A"])
  func `a text that is no place is refused`(_ text: String) {
    #expect(throws: RegistryError.self) { try ImagePlace(parsing: text) }
  }

  @Test func `a name with a host is a registry's`() throws {
    let reference = try Reference(parsing: "example.com/a:1")
    #expect(try ImagePlace(parsing: "example.com/a:1") == .registry(reference))
    #expect(try ImagePlace(parsing: "docker://example.com/a:1") == .registry(reference))
  }

  // MARK: Copies

  /// An index of two platforms and a referrer of it, in a registry.
  private struct Sample {
    let index: RawManifest
    let amd64: RawManifest
    let arm64: RawManifest
    let referrer: RawManifest

    init(_ registry: TestRegistry, _ repository: String, tag: String) {
      func image(_ architecture: String, _ seed: UInt64) -> RawManifest {
        let config = Array(
          #"{"architecture":"\#(architecture)","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(SHA256.digest(of: SampleImage.bytes(5000, seed: seed)))"]}}"#
            .utf8)
        let layer = SampleImage.bytes(5000, seed: seed)
        let manifest = SampleImage.manifest(config: config, layers: [layer])
        registry.add(blob: config, to: repository)
        registry.add(blob: layer, to: repository)
        registry.add(manifest: manifest.bytes, type: manifest.descriptor.mediaType.rawValue, to: repository)
        return manifest
      }
      amd64 = image("amd64", 1)
      arm64 = image("arm64", 2)
      let entries = [(amd64, "amd64"), (arm64, "arm64")].map { manifest, architecture in
        Descriptor(
          mediaType: .imageManifest, digest: manifest.descriptor.digest, size: manifest.descriptor.size,
          platform: Platform(os: "linux", architecture: architecture))
      }
      index = RawManifest(bytes: Index(manifests: entries).bytes, mediaType: .imageIndex)
      registry.add(manifest: index.bytes, type: MediaType.imageIndex.rawValue, to: repository, tag: tag)
      referrer = SampleImage.manifest(layers: [[7]], subject: index, artifactType: "application/vnd.example.thing")
      registry.add(blob: [7], to: repository)
      registry.add(blob: SampleImage.config, to: repository)
      registry.add(manifest: referrer.bytes, type: MediaType.imageManifest.rawValue, to: repository)
    }
  }

  private static let everything: ImageCopier.Selection = {
    var selection = ImageCopier.Selection()
    selection.takesAll = true
    selection.takesReferrers = true
    return selection
  }()

  static let whole = ["oci:DIR/layout:t", "oci-archive:DIR/image.tar:t"]

  @Test(arguments: whole) func `an index with its referrers goes there and back unchanged`(_ form: String) async throws
  {
    let directory = try TemporaryDirectory()
    let place = try ImagePlace(parsing: form.replacing("DIR", with: directory.path))
    try await TestRegistry.with { registry in
      let sample = Sample(registry, "a", tag: "1")
      let client = testClient()
      for (from, to, store) in [
        (ImagePlace.registry(try Reference(domain: registry.domain, repository: "a", tag: "1")), place, "one"),
        (place, .registry(try Reference(domain: registry.domain, repository: "b", tag: "2")), "two"),
      ] {
        let copier = ImageCopier(client: client, store: try ContentStore(at: directory.path + "/" + store))
        #expect(try await copier.copy(from, to: to, Self.everything).digest == sample.index.descriptor.digest)
      }
      #expect(registry.manifest("2", in: "b") == sample.index.bytes)
      for manifest in [sample.amd64, sample.arm64, sample.referrer] {
        #expect(registry.manifest(manifest.descriptor.digest.description, in: "b") == manifest.bytes)
      }
      let referrers = try await client.repository(registry, "b").referrers(of: sample.index.descriptor.digest)
      #expect(referrers.map(\.descriptor.digest) == [sample.referrer.descriptor.digest])
    }
  }

  static let single = ["oci:DIR/layout:t", "oci-archive:DIR/image.tar:t", "dir:DIR/dir"]

  @Test(arguments: single) func `one platform goes there and back unchanged`(_ form: String) async throws {
    let directory = try TemporaryDirectory()
    let place = try ImagePlace(parsing: form.replacing("DIR", with: directory.path))
    try await TestRegistry.with { registry in
      let sample = Sample(registry, "a", tag: "1")
      let origin = ImagePlace.registry(try Reference(domain: registry.domain, repository: "a", tag: "1"))
      let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path + "/store"))
      let selection = ImageCopier.Selection(platform: Platform(os: "linux", architecture: "arm64"))
      #expect(try await copier.copy(origin, to: place, selection).digest == sample.arm64.descriptor.digest)
      let back = ImagePlace.registry(try Reference(domain: registry.domain, repository: "b", tag: "2"))
      try await copier.copy(place, to: back, selection)
      #expect(registry.manifest("2", in: "b") == sample.arm64.bytes)
    }
  }

  @Test func `an archive for Docker holds the same configuration and layers`() async throws {
    let directory = try TemporaryDirectory()
    try await TestRegistry.with { registry in
      let sample = Sample(registry, "a", tag: "1")
      let origin = ImagePlace.registry(try Reference(domain: registry.domain, repository: "a", tag: "1"))
      let place = ImagePlace.dockerArchive(path: directory.path + "/image.tar", name: "x:1")
      let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path + "/store"))
      try await copier.copy(origin, to: place)
      let back = ImagePlace.registry(try Reference(domain: registry.domain, repository: "b", tag: "2"))
      try await copier.copy(place, to: back)
      #expect(registry.manifest("2", in: "b") == sample.amd64.bytes)
      await #expect(throws: RegistryError.self) { try await copier.copy(origin, to: place, Self.everything) }
    }
  }

  @Test func `a platform that is not there is named beside those that are`() async throws {
    let directory = try TemporaryDirectory()
    try await TestRegistry.with { registry in
      _ = Sample(registry, "a", tag: "1")
      let origin = ImagePlace.registry(try Reference(domain: registry.domain, repository: "a", tag: "1"))
      let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path + "/store"))
      await #expect {
        _ = try await copier.copy(
          origin, to: .directory(path: directory.path + "/dir"),
          ImageCopier.Selection(platform: Platform(os: "linux", architecture: "s390x")))
      } throws: { error in
        (error as? RegistryError)?.hint == "it has: linux/amd64, linux/arm64"
      }
    }
  }

  @Test func `blobs are mounted between repositories of one registry`() async throws {
    let directory = try TemporaryDirectory()
    try await TestRegistry.with { registry in
      registry.add([SampleImage.bytes(5000)], to: "a", tag: "1")
      let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path))
      try await copier.copy(
        .registry(try Reference(domain: registry.domain, repository: "a", tag: "1")),
        to: .registry(try Reference(domain: registry.domain, repository: "b", tag: "1")))
      #expect(!registry.requests.contains { $0.method == "GET" && $0.target.contains("/blobs/") })
      #expect(registry.requests.filter { $0.method == "PUT" }.allSatisfy { $0.target.contains("/manifests/") })
    }
  }

  @Test func `a layout keeps its other images and what nobody here knows`() async throws {
    let directory = try TemporaryDirectory()
    let layout = directory.path + "/layout"
    try Files.createDirectory(layout + "/blobs/sha256")
    try Files.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: layout + "/oci-layout")
    let other = #"{"mediaType":"x/y","digest":"sha256:\#(String(repeating: "ab", count: 32))","size":1,"odd":true}"#
    try Files.write(#"{"schemaVersion":2,"manifests":[\#(other)],"odd":[1]}"#, to: layout + "/index.json")
    try await TestRegistry.with { registry in
      let image = registry.add([SampleImage.bytes(5000)], to: "a", tag: "1")
      let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path + "/store"))
      for _ in 0..<2 {
        try await copier.copy(
          .registry(try Reference(domain: registry.domain, repository: "a", tag: "1")),
          to: .layout(path: layout, tag: "t"))
      }
      let index = try Files.text(layout + "/index.json")
      #expect(index.contains(other))
      #expect(index.contains(#""odd":[1]"#))
      #expect(index.split(separator: image.descriptor.digest.description).count == 2)
    }
  }

  @Test func `a damaged blob of a layout is not copied`() async throws {
    let directory = try TemporaryDirectory()
    try await TestRegistry.with { registry in
      let layer = SampleImage.bytes(5000)
      registry.add([layer], to: "a", tag: "1")
      let layout = directory.path + "/layout"
      let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path + "/store"))
      try await copier.copy(
        .registry(try Reference(domain: registry.domain, repository: "a", tag: "1")),
        to: .layout(path: layout, tag: nil))
      let path = "\(layout)/blobs/sha256/\(SHA256.digest(of: layer).hex)"
      try Files.remove(path)
      try Files.write([0] + layer.dropFirst(), to: path)
      await #expect {
        _ = try await copier.copy(
          .layout(path: layout, tag: nil), to: .directory(path: directory.path + "/dir"))
      } throws: { error in
        guard case .image(.wrongDigest)? = error as? RegistryError else { return false }
        return true
      }
      #expect(!Files.exists("\(directory.path)/dir/\(SHA256.digest(of: layer).hex)"))
    }
  }

  @Test func `indexes that contain each other by depth are cut off`() async throws {
    let directory = try TemporaryDirectory()
    try await TestRegistry.with { registry in
      var inner = registry.add([], to: "a", tag: "0")
      for _ in 0...ImageCopier.deepest {
        let index = Index(manifests: [inner.descriptor])
        inner = RawManifest(bytes: index.bytes, mediaType: .imageIndex)
        registry.add(manifest: inner.bytes, type: MediaType.imageIndex.rawValue, to: "a", tag: "deep")
      }
      let copier = ImageCopier(client: testClient(), store: try ContentStore(at: directory.path))
      await #expect(throws: RegistryError.self) {
        try await copier.copy(
          .registry(try Reference(domain: registry.domain, repository: "a", tag: "deep")),
          to: .directory(path: directory.path + "/dir"), Self.everything)
      }
    }
  }

  @Test func `content named by SHA-512 keeps its names everywhere`() async throws {
    let directory = try TemporaryDirectory()
    let layer = SampleImage.bytes(300_000)
    let sample = SampleImage.manifest(layers: [layer], .sha512)
    try await TestRegistry.with { registry in
      for blob in [layer, SampleImage.config] { registry.add(blob: blob, to: "a", .sha512) }
      registry.add(manifest: sample.bytes, type: MediaType.imageManifest.rawValue, to: "a", tag: "1", .sha512)
      let client = testClient {
        $0.rangeBytes = 50_000...50_000
        $0.uploadChunkBytes = 100_000
      }
      let store = try ContentStore(at: directory.path + "/store")
      let copier = ImageCopier(client: client, store: store)
      let name = try Reference(domain: registry.domain, repository: "a", tag: "1")
      #expect(try await copier.pull(name).digest == sample.descriptor.digest)
      #expect(sample.descriptor.digest.algorithm == .sha512)
      #expect(try store.check() == [])
      #expect(try store.collectGarbage(olderThan: 0, now: Clock.now)?.files == 0)
      var place = ImagePlace.registry(name)
      for form in ["oci:DIR/a:x", "oci-archive:DIR/b.tar:x", "REGISTRY/b:2", "dir:DIR/c"] {
        let text = form.replacing("DIR", with: directory.path).replacing("REGISTRY", with: registry.domain)
        let next = try ImagePlace(parsing: text)
        let other = ImageCopier(client: client, store: try ContentStore(at: directory.path + "/" + form.prefix(4)))
        #expect(try await other.copy(place, to: next).digest == sample.descriptor.digest, "\(form)")
        place = next
      }
      #expect(registry.manifest("2", in: "b") == sample.bytes)
      #expect(registry.blob(ContentHash.digest(of: layer, .sha512), in: "b") == layer)
      // Damage is found by this algorithm, too.
      let path = store.path(of: ContentHash.digest(of: layer, .sha512))
      try Files.write([0] + layer.dropFirst(), to: path)
      #expect(try store.check(repairs: true).count == 2)
      #expect(!Files.exists(path))
    }
  }

  // MARK: The store

  @Test func `the store keeps what a name needs and nothing else`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    try await TestRegistry.with { registry in
      registry.add([SampleImage.bytes(5000)], to: "a", tag: "1")
      registry.add([SampleImage.bytes(6000, seed: 9)], to: "a", tag: "2")
      let copier = ImageCopier(client: testClient(), store: store)
      let kept = try Reference(domain: registry.domain, repository: "a", tag: "1")
      let other = try Reference(domain: registry.domain, repository: "a", tag: "2")
      try await copier.pull(kept)
      try await copier.pull(other)
      #expect(try store.entries().map(\.name) == [kept.description, other.description])
      #expect(try store.check() == [])
      let requests = registry.requests.count
      try await copier.pull(kept)
      #expect(registry.requests.count - requests == 1)
      let offline = ImageCopier(client: testClient { $0.isOffline = true }, store: store)
      try await offline.copy(.registry(kept), to: .directory(path: directory.path + "/dir"))
      #expect(registry.requests.count - requests == 1)
      #expect(try store.forget(other.description))
      let now = Clock.now
      #expect(try store.collectGarbage(olderThan: 3600, now: now)?.files == 0)
      let trial = try store.collectGarbage(olderThan: 0, now: now, isTrial: true)
      #expect(trial?.files == 2)
      #expect(try store.collectGarbage(olderThan: 0, now: now) == trial)
      #expect(try store.check() == [])
      #expect(try Files.list(directory.path + "/blobs/sha256").count == 3)
      let use = try store.use()
      #expect(try store.collectGarbage(olderThan: 0, now: now) == nil)
      _ = consume use
    }
  }

  @Test func `a check names what is damaged or missing`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    try await TestRegistry.with { registry in
      let layer = SampleImage.bytes(5000)
      registry.add([layer], to: "a", tag: "1")
      let reference = try Reference(domain: registry.domain, repository: "a", tag: "1")
      try await ImageCopier(client: testClient(), store: store).pull(reference)
      let path = store.path(of: SHA256.digest(of: layer))
      try Files.write([1], to: path)
      try Files.write([1], to: directory.path + "/blobs/sha256/odd")
      try Files.createDirectory(directory.path + "/ingest")
      try Files.write("0 5\n0 5\n", to: directory.path + "/ingest/sha256-ab.journal")
      try Files.write([1, 2, 3, 4, 5], to: directory.path + "/ingest/sha256-ab.part")
      try Files.write("0 5\n", to: directory.path + "/ingest/sha256-cd.journal")
      let faults = try store.check(repairs: true)
      #expect(
        faults == [
          .wrongContent(path: path, found: SHA256.digest(of: [1])),
          .strangeFile(path: directory.path + "/blobs/sha256/odd"),
          .missingBlob(SHA256.digest(of: layer), image: reference.description),
          .badJournal(path: directory.path + "/ingest/sha256-ab.journal"),
        ])
      try await ImageCopier(client: testClient(), store: store).pull(reference)
      #expect(try store.check() == [.strangeFile(path: directory.path + "/blobs/sha256/odd")])
    }
  }
}
