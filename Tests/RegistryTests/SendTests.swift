import HTTP
import Host
import Images
import OCI
import TestSupport
import Testing
import Trust

@testable import Registry

@Suite struct SendTests {
  private static let blob = SampleImage.bytes(300_000)

  /// Sends one blob of 300,000 bytes in pieces of 100,000, and checks that it is there.
  ///
  /// - Parameter abandoned: How many uploads the registry may keep that nobody knows of.
  private func send(
    _ options: TestRegistry.Options = TestRegistry.Options(), from other: String? = nil, abandoned: Int = 0,
    fault: @escaping @Sendable (HTTPTestServer.Request, HTTPTestServer.Answer) -> HTTPTestServer.Answer? = { _, _ in nil
    },
    prepare: (TestRegistry, Repository, ContentStore, BlobFile) async throws -> Void = { _, _, _, _ in }
  ) async throws -> (delivery: BlobDelivery, requests: [HTTPTestServer.Request]) {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(at: directory.path)
    let path = directory.path + "/blob"
    try Files.write([9, 9] + Self.blob, to: path)
    let file = BlobFile(path: path, offset: 2, size: Self.blob.count)
    let descriptor = Descriptor(mediaType: .layer, digest: SHA256.digest(of: Self.blob), size: Self.blob.count)
    return try await TestRegistry.with(options, fault: fault) { registry in
      let client = testClient { $0.uploadChunkBytes = 100_000 }
      let repository = try client.repository(registry, "a/b")
      try await prepare(registry, repository, store, file)
      let delivery = try await repository.send(descriptor, mountingFrom: other, journalIn: store) { file }
      #expect(registry.blob(descriptor.digest, in: "a/b") == Self.blob)
      #expect(registry.openUploads == abandoned)
      #expect(((try? Files.list(store.root + "/uploads")) ?? []).isEmpty)
      return (delivery, registry.requests)
    }
  }

  @Test func `a large blob goes in pieces`() async throws {
    let (delivery, requests) = try await send()
    #expect(delivery == .sent(300_000))
    #expect(requests.filter { $0.method == "PATCH" }.map { $0["Content-Range"] } == ["0-99999", "100000-199999"])
  }

  @Test func `pieces are as long as the registry wants them`() async throws {
    let (_, requests) = try await send(TestRegistry.Options { $0.leastChunk = 130_000 })
    #expect(requests.filter { $0.method == "PATCH" }.map(\.body.count) == [130_000, 130_000])
  }

  @Test func `a blob that is there is not sent`() async throws {
    let (delivery, requests) = try await send(prepare: { registry, _, _, _ in registry.add(blob: Self.blob, to: "a/b") }
    )
    #expect(delivery == .existing)
    #expect(requests.filter { $0.target != "/v2/" }.map(\.method) == ["HEAD"])
  }

  @Test func `a blob of another repository is mounted`() async throws {
    let (delivery, requests) = try await send(
      from: "c", prepare: { registry, _, _, _ in registry.add(blob: Self.blob, to: "c") })
    #expect(delivery == .mounted)
    #expect(requests.allSatisfy { $0.body.isEmpty })
  }

  @Test func `a mount that is refused becomes an upload`() async throws {
    let (delivery, requests) = try await send(TestRegistry.Options { $0.mounts = false }, from: "c")
    #expect(delivery == .sent(300_000))
    #expect(requests.count { $0.method == "POST" } == 1)
  }

  @Test(arguments: ["PATCH", "PUT", "POST"]) func `an upload that breaks goes on where it was`(_ method: String)
    async throws
  {
    // A registry that took a request and could not say so keeps what it began.
    let abandoned = method == "POST" ? 1 : 0
    let (_, requests) = try await send(
      abandoned: abandoned,
      fault: { request, answer in
        guard request.method == method, request.earlier == 0 else { return nil }
        var answer = answer
        if method == "PUT" { answer.fault = .silent } else { answer = HTTPTestServer.Answer(503) }
        return answer
      })
    // What the registry has it is not sent again; only libcurl repeats a request at once if an open connection is dead.
    let sent = requests.filter { $0.method == "PATCH" || $0.method == "PUT" }.map(\.body.count).reduce(0, +)
    #expect(sent == (method == "PUT" ? 400_000 : 300_000))
  }

  @Test func `an upload that the registry forgot starts anew`() async throws {
    let (_, requests) = try await send(
      abandoned: 1,
      fault: { request, answer in
        request.method == "PATCH" && request.target.hasPrefix("/v2/a/b/blobs/uploads/upload-1")
          ? HTTPTestServer.Answer(404, body: Array(#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#.utf8))
          : request.method == "GET" ? HTTPTestServer.Answer(404) : nil
      })
    #expect(requests.count { $0.method == "POST" } == 2)
  }

  @Test func `what a killed run sent is not sent again`() async throws {
    let (delivery, requests) = try await send(prepare: { _, repository, store, file in
      var session = try #require(try await repository.beginUpload(of: SHA256.digest(of: Self.blob)))
      try await repository.send(file.body(0..<100_000), to: &session, progress: nil)
      let journal = try #require(UploadJournal(SHA256.digest(of: Self.blob), to: repository.reference.name, in: store))
      journal.write(session)
    })
    #expect(delivery == .sent(200_000))
    #expect(
      requests.filter { $0.method == "PATCH" || $0.method == "PUT" }.map(\.body.count) == [100_000, 100_000, 100_000])
  }

  @Test func `a registry that refuses is not asked again`() async throws {
    await #expect {
      _ = try await send(fault: { request, _ in
        request.method == "PUT"
          ? HTTPTestServer.Answer(400, body: Array(#"{"errors":[{"code":"DIGEST_INVALID","message":"no"}]}"#.utf8))
          : nil
      })
    } throws: { error in
      guard case .refused(400, let details, _, _)? = error as? RegistryError else { return false }
      return details.map(\.code) == [.digestInvalid]
    }
  }

  @Test func `a token that ends between pieces is replaced`() async throws {
    let (delivery, _) = try await send(
      TestRegistry.Options {
        $0.login = .token(user: nil, password: "")
        $0.tokenLife = 2
      })
    #expect(delivery == .sent(300_000))
  }
}
