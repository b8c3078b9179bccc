import HTTP
import Host
import Images
import JSON
import OCI
import Synchronization
import TestSupport
import Testing
import Trust

@testable import Registry

@Suite struct ClientTests {
  @Test func `a manifest keeps its bytes and its type`() async throws {
    try await TestRegistry.with { registry in
      let bytes = Array("{ \"odd\" : 1 }".utf8)
      let digest = registry.add(manifest: bytes, type: "application/vnd.example.thing+json", to: "a", tag: "1")
      let repository = try testClient().repository(registry, "a")
      let manifest = try await repository.manifest("1")
      #expect(manifest.bytes == bytes)
      #expect(manifest.descriptor.digest == digest)
      #expect(manifest.descriptor.mediaType.rawValue == "application/vnd.example.thing+json")
      #expect(try await repository.resolve("1") == manifest.descriptor)
      await #expect(throws: RegistryError.missing("The manifest \(registry.domain)/a:2")) {
        try await repository.manifest("2")
      }
    }
  }

  @Test func `a manifest that is not what its digest says is refused`() async throws {
    try await TestRegistry.with(fault: { request, answer in
      guard request.target.contains("/manifests/") else { return nil }
      var answer = answer
      answer.body = Array("{}".utf8)
      return answer
    }) { registry in
      let manifest = registry.add([], to: "a", tag: "1")
      let repository = try testClient().repository(registry, "a")
      for target in ["1", manifest.descriptor.digest.description] {
        await #expect {
          try await repository.manifest(target)
        } throws: { error in
          if case .wrongDigest? = error as? RegistryError { true } else { false }
        }
      }
    }
  }

  @Test func `a manifest without an end is cut off`() async throws {
    try await TestRegistry.with(fault: { (_, answer) in
      var answer = answer
      answer.body = [UInt8](repeating: 0x20, count: RawManifest.limit + 1)
      return answer
    }) { registry in
      registry.add([], to: "a", tag: "1")
      await #expect {
        _ = try await testClient().repository(registry, "a").manifest("1")
      } throws: { error in
        guard case .http(let error)? = error as? RegistryError else { return false }
        return error.kind == .tooLarge(limit: Int64(RawManifest.limit))
      }
    }
  }

  @Test func `a manifest without any header is known by what it says of itself`() async throws {
    try await TestRegistry.with(fault: { request, answer in
      guard request.target.contains("/manifests/") else { return nil }
      var answer = answer
      answer.fields = [:]
      return answer
    }) { registry in
      let manifest = registry.add([], to: "a", tag: "1")
      let repository = try testClient().repository(registry, "a")
      #expect(try await repository.resolve("1") == nil)
      #expect(try await repository.manifest("1") == manifest)
    }
  }

  @Test func `a manifest that grows when it is inflated is cut off`() async throws {
    // 20 MB of zeros, as gzip makes 20 kB of them.
    let bomb = try await Subprocess("sh", ["-c", "head -c 20000000 /dev/zero | gzip -9"]).run().output
    try await TestRegistry.with(fault: { request, _ in
      HTTPTestServer.Answer(fields: ["Content-Encoding": "gzip"], body: bomb, ignoresRanges: true)
    }) { registry in
      await #expect {
        _ = try await testClient().repository(registry, "a").manifest("1")
      } throws: { error in
        guard case .http(let error)? = error as? RegistryError else { return false }
        return error.kind == .tooLarge(limit: Int64(RawManifest.limit))
      }
    }
  }

  /// Random changes to a manifest either leave it readable or are refused, and never end the program.
  @Test func `reading manifests is total for random changes`() {
    var generator = SystemRandomNumberGenerator()
    let bytes = SampleImage.manifest(layers: [[1], [2]]).bytes
    for _ in 0..<5000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      let manifest = RawManifest(bytes: changed, mediaType: Bool.random() ? .imageManifest : .imageIndex)
      _ = try? manifest.children()
      _ = manifest.subject
    }
  }

  @Test func `what a registry says about an error is told in one line without control characters`() async throws {
    try await TestRegistry.with(fault: { _, _ in
      HTTPTestServer.Answer(
        403, body: Array("{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\\u001b[31m\\nway\"}]}".utf8))
    }) { registry in
      await #expect {
        _ = try await testClient().repository(registry, "a").manifest("1")
      } throws: { error in
        "\(error)" == "\(registry.domain)/a:1 answered with status 403: DENIED (no[31mway)."
      }
    }
  }

  @Test func `tags come page by page`() async throws {
    try await TestRegistry.with(TestRegistry.Options { $0.pageLength = 2 }) { registry in
      for tag in ["a", "b", "c", "d", "e"] { registry.add([], to: "x/y", tag: tag) }
      let tags = try await testClient().repository(registry, "x/y").tags()
      #expect(tags == ["a", "b", "c", "d", "e"])
      await #expect(throws: RegistryError.self) { try await testClient().repository(registry, "none").tags() }
    }
  }

  @Test func `pages in a circle end`() async throws {
    try await TestRegistry.with(fault: { request, answer in
      var answer = answer
      answer.fields["Link"] = "</v2/a/tags/list?again>; rel=\"next\""
      return answer
    }) { registry in
      registry.add([], to: "a", tag: "1")
      await #expect(throws: RegistryError.malformed("its pages go round in a circle", at: "\(registry.domain)/a")) {
        try await testClient().repository(registry, "a").tags()
      }
    }
  }

  @Test(arguments: [true, false]) func `referrers are listed with and without the registry's help`(
    _ listsReferrers: Bool
  ) async throws {
    try await TestRegistry.with(
      TestRegistry.Options {
        $0.listsReferrers = listsReferrers
        $0.pageLength = 1
      }
    ) { registry in
      let image = registry.add([], to: "a", tag: "1")
      let repository = try testClient().repository(registry, "a")
      #expect(try await repository.referrers(of: image.descriptor.digest).isEmpty)
      let first = SampleImage.manifest(layers: [], subject: image, artifactType: "application/vnd.example.one")
      let second = SampleImage.manifest(layers: [], subject: image, artifactType: "application/vnd.example.two")
      #expect(try await repository.push(first) == listsReferrers)
      #expect(try await repository.push(second) == listsReferrers)
      #expect(try await repository.push(second) == listsReferrers)
      let found = try await repository.referrers(of: image.descriptor.digest)
      #expect(Set(found.map(\.descriptor.digest)) == [first.descriptor.digest, second.descriptor.digest])
      #expect(Set(found.map(\.artifactType)) == ["application/vnd.example.one", "application/vnd.example.two"])
      let one = try await repository.referrers(
        of: image.descriptor.digest, artifactType: "application/vnd.example.one")
      #expect(one.map(\.descriptor.digest) == [first.descriptor.digest])
    }
  }

  @Test func `a registry that leaves the choice of referrers to its client gets the same`() async throws {
    try await TestRegistry.with(TestRegistry.Options { $0.filtersReferrers = false }) { registry in
      let image = registry.add([], to: "a", tag: "1")
      let repository = try testClient().repository(registry, "a")
      for type in ["x/one", "x/two"] {
        try await repository.push(SampleImage.manifest(layers: [], subject: image, artifactType: type))
      }
      let found = try await repository.referrers(of: image.descriptor.digest, artifactType: "x/two")
      #expect(found.map(\.artifactType) == ["x/two"])
    }
  }

  @Test func `what a registry warns of is told once`() async throws {
    try await TestRegistry.with(fault: { _, answer in
      var answer = answer
      answer.fields["Warning"] = "299 - \"this registry ends \\\"soon\\\"\u{1b}[0m\", 199 - \"something else\""
      return answer
    }) { registry in
      registry.add([], to: "a", tag: "1")
      let told = Mutex<[String]>([])
      let client = testClient { $0.warn = { text in told.withLock { $0.append(text) } } }
      for _ in 0..<2 { _ = try await client.repository(registry, "a").manifest("1") }
      #expect(told.withLock { $0 } == ["\(registry.domain): this registry ends \"soon\"[0m"])
    }
  }

  @Test func `a layer that may not be distributed is left where it is`() async throws {
    let directory = try TemporaryDirectory()
    try await TestRegistry.with { registry in
      let foreign = Descriptor(
        mediaType: MediaType(rawValue: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
        digest: SHA256.digest(of: [9]), size: 1)
      let config = Descriptor(
        mediaType: .imageConfig, digest: registry.add(blob: SampleImage.config, to: "a"),
        size: SampleImage.config.count)
      let manifest = Manifest(config: config, layers: [foreign])
      registry.add(manifest: manifest.bytes, type: MediaType.imageManifest.rawValue, to: "a", tag: "1")
      let store = try ContentStore(at: directory.path)
      try await ImageCopier(client: testClient(), store: store).pull(
        Reference(domain: registry.domain, repository: "a", tag: "1"))
      #expect(try store.check() == [])
      #expect(!registry.requests.contains { $0.target.contains(foreign.digest.hex) })
    }
  }

  @Test func `a tag of another use is no list of referrers, and is not replaced by one`() async throws {
    try await TestRegistry.with(TestRegistry.Options { $0.listsReferrers = false }) { registry in
      let image = registry.add([], to: "a", tag: "1")
      let tag = Repository.fallbackTag(of: image.descriptor.digest)
      let other = registry.add([[1]], to: "a", tag: tag)
      let repository = try testClient().repository(registry, "a")
      #expect(try await repository.referrers(of: image.descriptor.digest) == [])
      await #expect(throws: RegistryError.self) {
        try await repository.push(SampleImage.manifest(layers: [], subject: image, artifactType: "x/y"))
      }
      #expect(registry.manifest(tag, in: "a") == other.bytes)
    }
  }

  @Test func `manifests and blobs are deleted`() async throws {
    try await TestRegistry.with { registry in
      registry.add([], to: "a", tag: "1")
      let digest = registry.add(blob: [1, 2], to: "a")
      let repository = try testClient().repository(registry, "a")
      #expect(try await repository.hasBlob(digest))
      try await repository.deleteBlob(digest)
      #expect(try await !repository.hasBlob(digest))
      try await repository.deleteManifest("1")
      await #expect(throws: RegistryError.self) { try await repository.manifest("1") }
    }
  }

  @Test func `a redirect to another origin gets no login`() async throws {
    let other = HTTPTestServer { _ in .text("{}", type: "application/vnd.oci.image.manifest.v1+json") }
    defer { other.stop() }
    try await TestRegistry.with(
      TestRegistry.Options { $0.login = .basic(user: "u", password: "p") },
      fault: { request, answer in
        answer.status == 401 ? nil : HTTPTestServer.Answer(307, fields: ["Location": other.origin + "/x"])
      }
    ) { registry in
      let client = testClient(LoginStore(fixed: .password(user: "u", password: "p")))
      let manifest = try await client.repository(registry, "a").manifest("1")
      #expect(manifest.bytes == Array("{}".utf8))
      #expect(registry.requests.last?["Authorization"] != nil)
      #expect(other.requests.map { $0["Authorization"] } == [nil])
    }
  }

  @Test
  func `a registry's own certificates are in its folder, and without them it is not asked`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let certificates = try await TestCertificates(host: "localhost", in: directory.path)
    try await TestRegistry.with { registry in
      let manifest = registry.add([], to: "a", tag: "1")
      let terminator = try TLSTerminator(
        certificates, forwardingTo: registry.port, wantsClientCertificate: true)
      defer { terminator.stop() }
      let domain = "localhost:\(terminator.port)"
      let reference = try Reference(domain: domain, repository: "a", tag: "1")
      await #expect {
        _ = try await testClient().repository(reference).manifest("1")
      } throws: { error in
        guard case .http(let error)? = error as? RegistryError, case .tls = error.kind else { return false }
        return true
      }
      let folder = "\(directory.path)/certs/\(domain)"
      try Files.createDirectory(folder)
      try Files.write(try Files.read(certificates.authority), to: folder + "/ca.crt")
      try Files.write(try Files.read(certificates.certificate), to: folder + "/client.cert")
      try Files.write(try Files.read(certificates.key), to: folder + "/client.key")
      let client = testClient { $0.certificateFolders = [directory.path + "/certs"] }
      let found = try await client.repository(reference).manifest("1")
      #expect(found == manifest)
    }
  }

  @Test func `a busy registry is asked again when it says so`() async throws {
    try await TestRegistry.with(fault: { request, _ in
      request.earlier < 2
        ? HTTPTestServer.Answer(request.earlier == 0 ? 429 : 503, fields: ["Retry-After": "0"]) : nil
    }) { registry in
      let manifest = registry.add([], to: "a", tag: "1")
      let found = try await testClient().repository(registry, "a").manifest("1")
      #expect(found == manifest)
    }
  }
}
