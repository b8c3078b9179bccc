import Host
import Images
import OCI
import TestSupport
import Testing
import Trust

@testable import Registry

/// Everything that a registry can do wrong, against the program: it has the right image, or ends with 3 and says why, and
/// its store never holds a wrong byte.
@Suite struct FaultTests {
  typealias Answer = HTTPTestServer.Answer

  /// What goes wrong, and how that has to end.
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    /// The exit code.
    let status: Int32
    var options = TestRegistry.Options()
    var tag = "1"
    var fault: @Sendable (HTTPTestServer.Request, HTTPTestServer.Answer) -> HTTPTestServer.Answer? = { _, _ in nil }

    /// A fault of the answers to requests for blobs: of the first to each address, or of all.
    static func blobs(
      _ name: String, _ status: Int32, isOnce: Bool, _ change: @escaping @Sendable (inout Answer) -> Void
    )
      -> Case
    {
      Case(testDescription: "\(name) of a blob, \(isOnce ? "once" : "always")", status: status) { request, answer in
        guard request.target.contains("/blobs/"), !isOnce || request.earlier == 0 else { return nil }
        var answer = answer
        change(&answer)
        return answer
      }
    }

    /// A fault of all answers to requests for manifests.
    static func manifests(_ name: String, _ status: Int32, _ change: @escaping @Sendable (inout Answer) -> Void) -> Case
    {
      Case(testDescription: "\(name) of a manifest", status: status) { request, answer in
        guard request.target.contains("/manifests/") else { return nil }
        var answer = answer
        change(&answer)
        return answer
      }
    }
  }

  /// What heals by asking again, and what does not.
  private static let connections: [Case] =
    [
      HTTPTestServer.Fault.silent, .truncated(after: 1000), .reset(after: 1000), .stalled(after: 1000),
    ].flatMap { fault in
      [Case.blobs("\(fault)", 0, isOnce: true) { $0.fault = fault }]
    } + [
      .blobs("silence", 3, isOnce: false) { $0.fault = .silent },
      .blobs("truncation to nothing", 3, isOnce: false) { $0.fault = .truncated(after: 0) },
      .blobs("a stall from the start", 3, isOnce: false) { $0.fault = .stalled(after: 0) },
      .blobs("a reset from the start", 3, isOnce: false) { $0.fault = .reset(after: 0) },
      .blobs("unfinished chunks", 0, isOnce: true) { $0.fault = .unfinishedChunks },
      .manifests("truncation", 3) { $0.fault = .truncated(after: 10) },
      .manifests("silence", 3) { $0.fault = .silent },
    ]

  private static let statuses: [Case] = [429, 500, 502, 503, 504].flatMap { status in
    [
      Case.blobs("status \(status)", 0, isOnce: true) {
        $0 = Answer(status, fields: ["Retry-After": "0"], body: Array("busy".utf8))
      },
      .blobs("status \(status)", 3, isOnce: false) { $0 = Answer(status, fields: ["Retry-After": "0"]) },
      .manifests("status \(status)", 3) { $0 = Answer(status, fields: ["Retry-After": "0"]) },
    ]
  }

  private static let contents: [Case] = [
    .blobs("wrong bytes", 3, isOnce: false) { if !$0.body.isEmpty { $0.body[$0.body.count / 2] ^= 1 } },
    .manifests("wrong bytes", 3) { $0.body = Array($0.body.map { $0 == 0x31 ? 0x32 : $0 }) },
    .manifests("the digest of something else", 3) {
      $0.fields["Docker-Content-Digest"] = SHA256.digest(of: [1]).description
    },
    .manifests("a digest that is none", 3) { $0.fields["Docker-Content-Digest"] = "sha256:xyz" },
    .manifests("a page of HTML", 3) {
      $0 = .text("<html>please log in</html>", type: "text/html")
    },
    .blobs("a length that is too long", 3, isOnce: false) { $0.fault = .declaredLength($0.body.count + 5) },
    .blobs("a length that is too short", 3, isOnce: false) { $0.fault = .declaredLength($0.body.count - 5) },
    .blobs("a wrong range", 0, isOnce: true) { $0.fault = .shiftedRange },
    .blobs("missing fields", 0, isOnce: false) { $0.fields = [:] },
    .manifests("missing fields", 0) { $0.fields = [:] },
    .blobs("a redirect to itself", 3, isOnce: false) { $0 = Answer(307, fields: ["Location": "?again"]) },
    .blobs("a redirect without a place", 3, isOnce: false) { $0 = Answer(307) },
    .manifests("a redirect to a file", 3) { $0 = Answer(307, fields: ["Location": "file:///etc/passwd"]) },
    Case(testDescription: "no ranges", status: 0, options: .init { $0.knowsRanges = false }),
    // As many requests as are under way at once, so that a fresh token is not used up by the others.
    Case(
      testDescription: "tokens that end in the middle", status: 0,
      options: .init {
        $0.login = .token(user: nil, password: "")
        $0.tokenLife = 6
      }),
    Case(
      testDescription: "tokens that are never good", status: 3,
      options: .init {
        $0.login = .token(user: nil, password: "")
        $0.tokenLife = 0
      }),
    Case(testDescription: "a gzip bomb", status: 3, tag: "bomb") { request, answer in
      guard request.target.hasSuffix("/manifests/bomb") else { return nil }
      var answer = answer
      answer.fields["Content-Encoding"] = "gzip"
      return answer
    },
    .manifests("an endless body", 3) { $0.body = [UInt8](repeating: 0x20, count: RawManifest.limit + 1) },
    Case(testDescription: "deep indexes", status: 3, tag: "deep"),
    Case(testDescription: "an index of more manifests than anybody has", status: 3, tag: "wide"),
    Case(testDescription: "a manifest with more layers than anybody has", status: 3, tag: "many"),
  ]

  static let cases = connections + statuses + contents

  @Test(arguments: cases) func `ends well or with 3`(_ item: Case) async throws {
    let directory = try TemporaryDirectory()
    // One layer that comes in ranges, and one that does not.
    let layers = [SampleImage.bytes(5 << 20), SampleImage.bytes(3000, seed: 2)]
    try await TestRegistry.with(item.options, fault: item.fault) { registry in
      let image = registry.add(layers, to: "a", tag: "1")
      try await Self.addOddities(to: registry, image)
      let result = try await Subprocess(
        BuiltProgram.path("drydock"),
        [
          "pull", "--all", "--retry-times", "2", "--stall-timeout", "1", "\(registry.domain)/a:\(item.tag)",
        ],
        environment: [
          "HOME": directory.path, "DRYDOCK_CACHE": directory.path + "/cache", "PATH": "/usr/bin:/bin",
          "DRYDOCK_DOCKER_DAEMON_JSON": directory.path + "/none",
          "CONTAINERS_REGISTRIES_CONF": directory.path + "/none",
        ]
      ).run()
      #expect(result.status == item.status, "\(result.errorText)")
      #expect(result.errorText.isEmpty == (item.status == 0), "\(result.errorText)")
      #expect(item.status == 0 || result.errorText.hasPrefix("error: "))
      let store = try ContentStore(at: directory.path + "/cache/store")
      #expect(try store.check() == [])
      guard item.status == 0 else {
        #expect(result.text.isEmpty)
        #expect(try store.entries().isEmpty)
        return
      }
      for layer in layers { #expect(try store.read(SHA256.digest(of: layer)) == layer) }
    }
  }

  private static func addOddities(to registry: TestRegistry, _ image: RawManifest) async throws {
    // 20 MB of blanks.
    let bomb = try await Subprocess("sh", ["-c", "head -c 20000000 /dev/zero | tr '\\0' ' ' | gzip -9"]).run().output
    registry.add(manifest: bomb, type: MediaType.imageManifest.rawValue, to: "a", tag: "bomb")
    func add(_ manifests: [Descriptor], tag: String) -> RawManifest {
      let index = RawManifest(bytes: Index(manifests: manifests).bytes, mediaType: .imageIndex)
      registry.add(manifest: index.bytes, type: MediaType.imageIndex.rawValue, to: "a", tag: tag)
      return index
    }
    var inner = image
    for _ in 0...ImageCopier.deepest { inner = add([inner.descriptor], tag: "deep") }
    // All of them are there and each is another one, so nothing but their number is wrong.
    let many = (0...ImageCopier.mostManifests).map { number in
      let manifest = RawManifest(bytes: Array(#"{"number":\#(number)}"#.utf8), mediaType: .imageManifest)
      registry.add(manifest: manifest.bytes, type: MediaType.imageManifest.rawValue, to: "a")
      return manifest.descriptor
    }
    _ = add(many, tag: "wide")
    let layer = Descriptor(mediaType: .layer, digest: SHA256.digest(of: [1]), size: 1)
    let manifest = Manifest(config: layer, layers: [Descriptor](repeating: layer, count: ImageCopier.mostBlobs + 1))
    registry.add(manifest: manifest.bytes, type: MediaType.imageManifest.rawValue, to: "a", tag: "many")
  }
}
