import Glibc
import HTTP
import Host
import Images
import OCI
import Synchronization
import TestSupport
import Testing
import Trust

@testable import Registry

@Suite struct FetchTests {
  private static let blob = SampleImage.bytes(300_000)

  private struct Outcome {
    let registry: TestRegistry
    let store: ContentStore
    let digest: Digest
    let error: RegistryError?

    var isStored: Bool { (try? store.read(digest)) == FetchTests.blob }
    var ranges: [String] { registry.requests.filter { $0.target.contains("/blobs/") }.map { $0["Range"] ?? "all" } }
  }

  /// Fetches one blob of 300,000 bytes in ranges of 50,000.
  private func fetch(
    _ options: TestRegistry.Options = TestRegistry.Options(),
    prepare: (ContentStore, Digest) throws -> Void = { _, _ in },
    configure: (inout RegistryConfiguration) -> Void = { _ in },
    fault: @escaping @Sendable (HTTPTestServer.Request, HTTPTestServer.Answer) -> HTTPTestServer.Answer? = { _, _ in nil
    },
    check: (Outcome) throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    try await TestRegistry.with(options, fault: fault) { registry in
      let digest = registry.add(blob: Self.blob, to: "a")
      try prepare(store, digest)
      let client = testClient { configuration in
        configuration.rangeBytes = 50_000...50_000
        configuration.stall = .seconds(1)
        configure(&configuration)
      }
      let repository = try client.repository(registry, "a")
      let descriptor = Descriptor(mediaType: .layerGzip, digest: digest, size: Self.blob.count)
      client.demand.add(descriptor)
      var failure: RegistryError?
      do throws(RegistryError) { try await repository.fetch(descriptor, into: store) } catch { failure = error }
      try check(Outcome(registry: registry, store: store, digest: digest, error: failure))
      let left = (try? Files.list(directory.path + "/ingest")) ?? []
      if failure == nil { #expect(left.isEmpty) }
    }
  }

  @Test func `a large blob comes in ranges`() async throws {
    try await fetch { outcome in
      #expect(outcome.isStored)
      #expect(outcome.error == nil)
      #expect(
        Set(outcome.ranges) == [
          "bytes=0-49999", "bytes=50000-99999", "bytes=100000-149999", "bytes=150000-199999", "bytes=200000-249999",
          "bytes=250000-299999",
        ])
    }
  }

  @Test func `a small blob comes in one request without a range`() async throws {
    try await fetch(configure: { $0.rangeBytes = 1 << 20...1 << 20 }) { outcome in
      #expect(outcome.isStored)
      #expect(outcome.ranges == ["all"])
    }
  }

  @Test func `a server without ranges sends the whole blob once`() async throws {
    try await fetch(TestRegistry.Options { $0.knowsRanges = false }) { outcome in
      #expect(outcome.isStored)
      #expect(outcome.ranges.count == 1)
    }
  }

  @Test func `what a killed run left is continued`() async throws {
    try await fetch(prepare: { store, digest in
      let part = try #require(try PartialBlob.open(digest, size: Self.blob.count, in: store))
      try Self.blob.withUnsafeBytes { bytes in
        try part.write(UnsafeRawBufferPointer(rebasing: bytes[0..<70_000]), at: 0)
        try part.write(UnsafeRawBufferPointer(rebasing: bytes[100_000..<290_000]), at: 100_000)
      }
    }) { outcome in
      #expect(outcome.isStored)
      #expect(Set(outcome.ranges) == ["bytes=70000-99999", "bytes=290000-299999"])
    }
  }

  @Test func `wrong bytes of a killed run are found and fetched again`() async throws {
    try await fetch(prepare: { store, digest in
      let part = try #require(try PartialBlob.open(digest, size: Self.blob.count, in: store))
      try [UInt8](repeating: 0, count: 70_000).withUnsafeBytes { try part.write($0, at: 0) }
    }) { outcome in
      #expect(outcome.isStored)
      #expect(outcome.error == nil)
    }
  }

  struct Fault: CustomTestStringConvertible {
    let testDescription: String
    let fault: HTTPTestServer.Fault
    var isSingle = false
  }

  static let healed: [Fault] = [
    Fault(testDescription: "silence", fault: .silent),
    Fault(testDescription: "truncation", fault: .truncated(after: 1000)),
    Fault(testDescription: "reset", fault: .reset(after: 1000)),
    Fault(testDescription: "stall", fault: .stalled(after: 1000)),
    Fault(testDescription: "a wrong range", fault: .shiftedRange),
    Fault(testDescription: "silence, one stream", fault: .silent, isSingle: true),
    Fault(testDescription: "truncation, one stream", fault: .truncated(after: 1000), isSingle: true),
    Fault(testDescription: "chunks without end, one stream", fault: .unfinishedChunks, isSingle: true),
  ]

  @Test(arguments: healed) func `a fault at first still ends with the right bytes`(_ fault: Fault) async throws {
    try await fetch(
      configure: { if fault.isSingle { $0.rangeBytes = 1 << 20...1 << 20 } },
      fault: { request, answer in
        guard request.target.contains("/blobs/"), request.earlier == 0 else { return nil }
        var answer = answer
        answer.fault = fault.fault
        return answer
      }
    ) { outcome in
      #expect(outcome.error == nil)
      #expect(outcome.isStored)
    }
  }

  static let fatal: [Fault] = [
    Fault(testDescription: "silence", fault: .silent),
    Fault(testDescription: "truncation", fault: .truncated(after: 0)),
    Fault(testDescription: "longer than said", fault: .declaredLength(400_000), isSingle: true),
    Fault(testDescription: "shorter than said", fault: .declaredLength(200_000), isSingle: true),
  ]

  @Test(arguments: fatal) func `a fault for good ends with an error and nothing in the store`(_ fault: Fault)
    async throws
  {
    try await fetch(
      configure: { if fault.isSingle { $0.rangeBytes = 1 << 20...1 << 20 } },
      fault: { request, answer in
        guard request.target.contains("/blobs/") else { return nil }
        var answer = answer
        answer.fault = fault.fault
        return answer
      }
    ) { outcome in
      #expect(outcome.error?.fault == .network)
      #expect(!outcome.store.contains(outcome.digest))
    }
  }

  @Test func `other bytes than the digest says never reach the store`() async throws {
    try await fetch(fault: { request, answer in
      guard request.target.contains("/blobs/") else { return nil }
      var answer = answer
      answer.body[answer.body.count / 2] ^= 1
      return answer
    }) { outcome in
      guard case .wrongDigest? = outcome.error else { throw outcome.error ?? .cancelled }
      #expect(!outcome.store.contains(outcome.digest))
      #expect(try Files.list(outcome.store.root + "/ingest").isEmpty)
    }
  }

  @Test func `redirects in a circle end`() async throws {
    try await fetch(fault: { request, _ in
      request.target.contains("/blobs/") ? HTTPTestServer.Answer(307, fields: ["Location": request.target]) : nil
    }) { outcome in
      guard case .http(let error)? = outcome.error, case .redirect = error.kind else {
        throw outcome.error ?? .cancelled
      }
    }
  }

  @Test func `a token that ends in the middle is replaced`() async throws {
    try await fetch(
      TestRegistry.Options {
        $0.login = .token(user: nil, password: "")
        $0.tokenLife = 2
      }
    ) { outcome in
      #expect(outcome.error == nil)
      #expect(outcome.isStored)
    }
  }

  @Test func `a blob comes from a mirror, and from the registry where the mirror has it not`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    try await TestRegistry.with { mirror in
      try await TestRegistry.with { registry in
        let there = mirror.add(blob: [1, 2, 3], to: "cache/a")
        let here = registry.add(blob: [4, 5], to: "a")
        let client = testClient { configuration in
          configuration.registries = RegistriesConfiguration(entries: [
            .init(prefix: registry.domain, mirrors: [.init(location: "\(mirror.domain)/cache")])
          ])
        }
        let repository = try client.repository(registry, "a")
        try await repository.fetch(Descriptor(mediaType: .layer, digest: there, size: 3), into: store)
        try await repository.fetch(Descriptor(mediaType: .layer, digest: here, size: 2), into: store)
        #expect(store.contains(there) && store.contains(here))
        #expect(!registry.requests.contains { $0.target.contains(there.hex) })
      }
    }
  }

  @Test func `a mirror that sends other bytes is passed over`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    try await TestRegistry.with(fault: { request, answer in
      guard request.target.contains("/blobs/") else { return nil }
      var answer = answer
      answer.body = [9] + answer.body.dropFirst()
      return answer
    }) { mirror in
      try await TestRegistry.with { registry in
        let digest = registry.add(blob: Self.blob, to: "a")
        mirror.add(blob: Self.blob, to: "a")
        let client = testClient { configuration in
          configuration.registries = RegistriesConfiguration(entries: [
            .init(prefix: registry.domain, mirrors: [.init(location: mirror.domain)])
          ])
        }
        let repository = try client.repository(registry, "a")
        try await repository.fetch(
          Descriptor(mediaType: .layer, digest: digest, size: Self.blob.count), into: store)
        #expect(try store.read(digest) == Self.blob)
        #expect(mirror.requests.contains { $0.target.contains(digest.hex) })
      }
    }
  }

  @Test func `two fetches of one blob at a time ask once`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    try await TestRegistry.with { registry in
      let digest = registry.add(blob: Self.blob, to: "a")
      let descriptor = Descriptor(mediaType: .layer, digest: digest, size: Self.blob.count)
      let repository = try testClient().repository(registry, "a")
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { try await repository.fetch(descriptor, into: store) } }
        var total = 0
        for try await count in group { total += count }
        #expect(total == Self.blob.count)
      }
      #expect(registry.requests.count { $0.target.contains("/blobs/") } == 1)
    }
  }

  @Test func `a blob has all connections to its last part`() async throws {
    // Of thirty parts the last six are held back until all six were asked for.
    let asked = Mutex(0)
    let met = Mutex(0)
    let meet: @Sendable (HTTPTestServer.Request, HTTPTestServer.Answer) -> HTTPTestServer.Answer? = { request, _ in
      guard let start = request["Range"]?.dropFirst(6).prefix(while: { $0 != "-" }), Int(start) ?? 0 >= 240_000 else {
        return nil
      }
      asked.withLock { $0 += 1 }
      for _ in 0..<1000 where asked.withLock({ $0 < 6 }) { usleep(10_000) }
      met.withLock { $0 += asked.withLock { $0 } == 6 ? 1 : 0 }
      return nil
    }
    try await fetch(
      configure: { configuration in
        configuration.rangeBytes = 10_000...10_000
        configuration.stall = .seconds(60)
      }, fault: meet
    ) { outcome in
      #expect(outcome.isStored)
      #expect(met.withLock { $0 } == 6)
    }
  }

  @Test func `a blob that lost its bytes is fetched again, and a manifest that lies about its size costs nothing`()
    async throws
  {
    try await fetch(prepare: { store, digest in try Files.write([1, 2], to: store.path(of: digest)) }) { outcome in
      #expect(outcome.isStored)
      #expect(outcome.error == nil)
    }
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    let digest = try store.add(Self.blob)
    try await TestRegistry.with { registry in
      let repository = try testClient().repository(registry, "a")
      await #expect(throws: RegistryError.self) {
        try await repository.fetch(Descriptor(mediaType: .layer, digest: digest, size: 7), into: store)
      }
      #expect(store.contains(digest))
    }
  }

  @Test func `a journal is believed up to its torn end, and not at all if it makes no sense`() throws {
    let whole = try #require(BlobJournal(parsing: Array("0 10\n20 5\n10 1".utf8)))
    #expect(!whole.hasRepetition)
    #expect(BlobJournal(parsing: Array("0 10\n5 1\n".utf8))?.hasRepetition == true)
    for text in ["x\n", "0 -1\n", "0  1\n", "9223372036854775807 1\n"] {
      #expect(BlobJournal(parsing: Array(text.utf8)) == nil)
    }
  }
}
