import HTTP
import Host
import JSON
import OCI
import TestSupport
import Trust

@testable import Registry

/// A client that waits no longer than a test should.
func testClient(
  _ logins: LoginStore = LoginStore(paths: [], writtenPath: ""),
  _ change: (inout RegistryConfiguration) -> Void = { _ in }
) -> RegistryClient {
  var configuration = RegistryConfiguration(logins: logins)
  configuration.http.retry = RetryPolicy(attempts: 4, base: .milliseconds(5), longest: .seconds(2))
  change(&configuration)
  return RegistryClient(configuration: configuration)
}

extension RegistryClient {
  func repository(_ registry: TestRegistry, _ name: String) throws -> Repository {
    try repository(Reference(domain: registry.domain, repository: name))
  }
}

extension LoginStore {
  /// A store with one login in a Docker file, without a helper program.
  static func file(_ text: String, in directory: TemporaryDirectory) throws -> LoginStore {
    let path = directory.path + "/config.json"
    try Files.write(text, to: path)
    return LoginStore(paths: [path], writtenPath: path)
  }
}

/// Small images for tests.
enum SampleImage {
  static let config = Array(
    #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}"#.utf8)

  /// A manifest over these blobs; what its layers are made of does not matter to a registry.
  static func manifest(
    config: [UInt8] = config, layers: [[UInt8]], subject: RawManifest? = nil, artifactType: String? = nil,
    _ algorithm: Digest.Algorithm = .sha256
  ) -> RawManifest {
    func descriptor(_ bytes: [UInt8], _ type: MediaType) -> JSONValue {
      Descriptor(mediaType: type, digest: ContentHash.digest(of: bytes, algorithm), size: bytes.count).json
    }
    // Written with spaces and an unknown member: nobody may write it anew.
    let json = JSONValue.object([
      "schemaVersion": .integer(2), "mediaType": .string(MediaType.imageManifest.rawValue),
      "config": descriptor(config, .imageConfig), "layers": .array(layers.map { descriptor($0, .layerGzip) }),
      "subject": subject?.descriptor.json, "artifactType": artifactType.map(JSONValue.string),
      "x-unknown": .integer(1),
    ])
    return RawManifest(bytes: Array(json.text(.pretty).utf8), mediaType: .imageManifest, algorithm)
  }

  static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

extension TestRegistry {
  /// Puts an image in.
  @discardableResult
  func add(_ layers: [[UInt8]], to repository: String, tag: String, subject: RawManifest? = nil) -> RawManifest {
    let manifest = SampleImage.manifest(layers: layers, subject: subject)
    for blob in layers + [SampleImage.config] { add(blob: blob, to: repository) }
    add(manifest: manifest.bytes, type: manifest.descriptor.mediaType.rawValue, to: repository, tag: tag)
    return manifest
  }
}
