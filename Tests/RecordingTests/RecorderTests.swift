import HTTP
import Host
import Images
import OCI
import TestSupport
import Testing

@testable import Recording

/// What a build may fetch, and what is remembered of it.
struct RecorderTests {
  private func recorder(
    _ directory: TemporaryDirectory, _ limits: Recorder.Limits = .init()
  ) throws -> (Recorder, ContentStore) {
    let store = try ContentStore(at: directory.path)
    return (Recorder(client: HTTPClient(configuration: HTTPConfiguration()), store: store, limits: limits), store)
  }

  private func request(_ address: String, _ headers: HTTPHeaders = [:]) throws -> CommandRequest {
    CommandRequest(isHead: false, url: try HTTPURL(parsing: address), headers: headers)
  }

  @Test func `an address has an answer for each Accept field only if they differ`() async throws {
    let server = HTTPTestServer { request in
      .text(request.target == "/same" ? "text" : "for \(request["Accept"] ?? "nobody")")
    }
    defer { server.stop() }
    let directory = try TemporaryDirectory()
    let (recorder, store) = try recorder(directory)
    let recording = StepRecording(recorder)
    for path in ["/same", "/other"] {
      for type in ["a/b", "c/d"] { _ = await recording.answer(try request(server.origin + path, ["Accept": type])) }
    }
    let requests = try await recording.requests()
    #expect(requests.filter { $0.url.hasSuffix("/same") }.map(\.accept) == [nil])
    #expect(Set(requests.filter { $0.url.hasSuffix("/other") }.map(\.accept)) == ["a/b", "c/d"])
    // Given again to each as it was; one who asks otherwise gets nothing.
    server.stop()
    let key = NetworkLock.StepKey(stage: "0", platform: "p", instruction: "RUN")
    let replay = StepReplay(
      NetworkLock.Step(key, requests), client: HTTPClient(configuration: HTTPConfiguration()), store: store)
    try await replay.prepare()
    guard
      case .recorded(_, let path?) = await replay.answer(try request(server.origin + "/other", ["Accept": "c/d"])),
      case .recorded = await replay.answer(try request(server.origin + "/same", ["Accept": "x/y"])),
      case .refused(403, _) = await replay.answer(try request(server.origin + "/other", ["Accept": "x/y"]))
    else {
      Issue.record("the wrong answers")
      return
    }
    #expect(try Files.text(path) == "for c/d")
  }

  /// Limits, and what is said of the one that is met.
  static let limits: [(limits: Recorder.Limits, told: String)] = [
    (limits { $0.requests = 2 }, "commands fetched more than 2 times"),
    (limits { $0.bytes = 1500 }, "commands fetched more than 1500 bytes"),
    (limits { $0.bodyBytes = 999 }, "commands fetched more than 999 bytes from ORIGIN/"),
  ]
  private static func limits(_ change: (inout Recorder.Limits) -> Void) -> Recorder.Limits {
    var limits = Recorder.Limits()
    change(&limits)
    return limits
  }

  @Test(arguments: limits.indices) func `more than a limit ends the build, whatever the command makes of it`(
    _ number: Int
  ) async throws {
    let server = HTTPTestServer { _ in .init(body: [UInt8](repeating: 1, count: 1000)) }
    defer { server.stop() }
    let directory = try TemporaryDirectory()
    let (recorder, _) = try recorder(directory, Self.limits[number].limits)
    let recording = StepRecording(recorder)
    for path in 1...4 {
      if case .live(let answer) = await recording.answer(try request("\(server.origin)/\(path)")) {
        _ = await answer.end()
      }
      _ = try? await recording.requests()
    }
    let error = await #expect(throws: RecordingError.self) { try await recording.requests() }
    let told = Self.limits[number].told
    #expect(
      error?.description.replacing(server.origin, with: "ORIGIN").hasPrefix(told) == true, "\(error?.description ?? "")"
    )
    // What was too long is not kept.
    #expect(try Files.list(directory.path + "/blobs/sha256").count <= 1)
  }

  @Test func `a proxy that is stopped before it serves does not wait for anybody`() async throws {
    let directory = try TemporaryDirectory()
    let (recorder, _) = try recorder(directory)
    let proxy = CommandProxy(source: StepRecording(recorder), authority: try CertificateAuthority())
    proxy.stop()
    await proxy.serve(listener: -1)
    #expect(proxy.refusals.isEmpty)
  }

  @Test func `the certificate of an authority is one, and each authority has its own`() async throws {
    let (first, second) = (try CertificateAuthority(), try CertificateAuthority())
    #expect(first.certificate != second.certificate)
    let result = try await Subprocess("openssl", ["x509", "-noout", "-text"]).run(input: Array(first.certificate.utf8))
    for line in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "X509v3 Subject Key Identifier"] {
      #expect(result.text.contains(line))
    }
  }
}
