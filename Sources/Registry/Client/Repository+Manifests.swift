import HTTP
import JSON
public import OCI
import Trust

/// A manifest or an index as the bytes that its digest is made of.
public struct RawManifest: Hashable, Sendable {
  /// Type, digest and size.
  public let descriptor: Descriptor
  /// The bytes, which are never written anew.
  public let bytes: [UInt8]

  /// Takes bytes and computes their digest.
  public init(bytes: [UInt8], mediaType: MediaType, _ algorithm: Digest.Algorithm = .sha256) {
    descriptor = Descriptor(mediaType: mediaType, digest: ContentHash.digest(of: bytes, algorithm), size: bytes.count)
    self.bytes = bytes
  }

  /// The longest manifest that is read, in bytes; the specification asks for 4 MiB at least.
  public static let limit = 8 << 20

  /// The types that are asked for; a registry may have others.
  static let accepted =
    [
      MediaType.imageManifest, .imageIndex, .dockerManifest, .dockerManifestList,
    ].map(\.rawValue).joined(separator: ", ") + ", */*;q=0.1"
}

extension Repository {
  /// A manifest by its tag or digest, checked against the digest.
  public func manifest(_ target: String) async throws(RegistryError) -> RawManifest {
    let expected = try? Digest(parsing: target)
    return try await reading { (endpoint) throws(RegistryError) in
      let place = "\(endpoint.name):\(target)"
      let response = try await self.client.send(RequestScope(endpoint, actions: "pull")) {
        (base) throws(RegistryError) in try Self.manifestRequest(.get, base, endpoint, target)
      }
      guard response.isSuccess else {
        throw RegistryClient.refusal(response, at: place, missing: "The manifest \(place)")
      }
      let bytes = response.body
      let announced = try Self.announcedDigest(of: response, at: place)
      let known = expected ?? announced
      let manifest = RawManifest(
        bytes: bytes, mediaType: Self.mediaType(of: response, bytes), known?.algorithm ?? .sha256)
      let found = manifest.descriptor.digest
      if let known, known != found { throw .wrongDigest(expected: known, found: found, at: place) }
      return manifest
    }
  }

  /// What a tag or digest leads to now, without its content; `nil` if the registry does not say.
  public func resolve(_ target: String) async throws(RegistryError) -> Descriptor? {
    try await reading { (endpoint) throws(RegistryError) in
      let place = "\(endpoint.name):\(target)"
      let response = try await self.client.send(RequestScope(endpoint, actions: "pull")) {
        (base) throws(RegistryError) in try Self.manifestRequest(.head, base, endpoint, target)
      }
      // Some registries know no HEAD here: whoever asks has to read the manifest.
      if response.status == 405 || response.status == 501 { return nil }
      guard response.isSuccess else {
        throw RegistryClient.refusal(response, at: place, missing: "The manifest \(place)")
      }
      guard let text = response.headers["Docker-Content-Digest"], let digest = try? Digest(parsing: text),
        let size = response.headers["Content-Length"].flatMap({ Int($0) }), size >= 0
      else { return nil }
      return Descriptor(mediaType: MediaType(rawValue: response.mediaType), digest: digest, size: size)
    }
  }

  /// Stores a manifest under a tag or its digest; says whether the registry lists it with its subject's referrers.
  @discardableResult
  public func push(_ manifest: RawManifest, as target: String? = nil) async throws(RegistryError) -> Bool {
    let endpoint = try writing()
    let target = target ?? manifest.descriptor.digest.description
    let place = "\(endpoint.name):\(target)"
    let type = manifest.descriptor.mediaType.rawValue
    let response = try await client.send(RequestScope(endpoint, actions: "pull,push")) {
      (base) throws(RegistryError) in
      let url = try base.url("\(endpoint.repository)/manifests/\(target)")
      return HTTPRequest(.put, url, headers: ["Content-Type": type], body: manifest.bytes)
    }
    guard response.isSuccess else { throw RegistryClient.refusal(response, at: place) }
    if let text = response.headers["Docker-Content-Digest"], let found = try? Digest(parsing: text),
      found.algorithm == manifest.descriptor.digest.algorithm, found != manifest.descriptor.digest
    {
      throw .wrongDigest(expected: manifest.descriptor.digest, found: found, at: place)
    }
    guard let subject = manifest.subject else { return true }
    if response.headers["OCI-Subject"] != nil { return true }
    try await addToFallbackTag(manifest, of: subject)
    return false
  }

  /// Removes a manifest, or a tag where the registry can do that.
  public func deleteManifest(_ target: String) async throws(RegistryError) {
    try await delete("manifests/\(target)", what: "The manifest \(reference.name):\(target)")
  }

  /// Removes a blob.
  public func deleteBlob(_ digest: Digest) async throws(RegistryError) {
    try await delete("blobs/\(digest)", what: "The blob \(digest)")
  }

  private func delete(_ path: String, what: String) async throws(RegistryError) {
    let endpoint = try writing()
    let response = try await client.send(RequestScope(endpoint, actions: "pull,push,delete")) {
      (base) throws(RegistryError) in HTTPRequest(.delete, try base.url("\(endpoint.repository)/\(path)"))
    }
    guard response.isSuccess else { throw RegistryClient.refusal(response, at: endpoint.name, missing: what) }
  }

  static func manifestRequest(
    _ method: HTTPRequest.Method, _ base: BaseAddress, _ endpoint: Endpoint, _ target: String
  ) throws(RegistryError) -> HTTPRequest {
    var request = HTTPRequest(
      method, try base.url("\(endpoint.repository)/manifests/\(target)"), headers: ["Accept": RawManifest.accepted])
    request.limits.bodyBytes = Int64(RawManifest.limit)
    return request
  }

  /// The type that the registry says; if it says none, what the document says of itself.
  private static func mediaType(of response: HTTPResponse, _ bytes: [UInt8]) -> MediaType {
    let announced = response.mediaType
    if !announced.isEmpty, announced != "application/json", announced != "application/octet-stream",
      !announced.hasPrefix("text/")
    {
      return MediaType(rawValue: announced)
    }
    return RawManifest.mediaType(of: bytes) ?? MediaType(rawValue: announced)
  }

  private static func announcedDigest(of response: HTTPResponse, at place: String) throws(RegistryError) -> Digest? {
    guard let text = response.headers["Docker-Content-Digest"] else { return nil }
    guard let digest = try? Digest(parsing: text) else {
      throw .malformed("its Docker-Content-Digest is no digest", at: place)
    }
    return digest
  }
}

extension RawManifest {
  /// The type that a document names, or that its members give away.
  static func mediaType(of bytes: [UInt8]) -> MediaType? {
    guard let json = try? JSONValue(parsing: bytes) else { return nil }
    if let type = json["mediaType"]?.string { return MediaType(rawValue: type) }
    if json["manifests"] != nil { return .imageIndex }
    return json["config"] != nil ? .imageManifest : nil
  }

  /// Whether it lists other manifests.
  public var isIndex: Bool { descriptor.mediaType == .imageIndex || descriptor.mediaType == .dockerManifestList }

  /// The manifest that it says something about, if it does.
  package var subject: Descriptor? {
    guard let json = try? JSONValue(parsing: bytes), let subject = json["subject"] else { return nil }
    return try? Descriptor(json: subject)
  }

  /// The manifests of an index, and the configuration and layers of a manifest; both if it has both.
  ///
  /// A document of a type that nobody here knows is asked for the same members.
  package func children() throws(OCIError) -> (manifests: [Descriptor], blobs: [Descriptor]) {
    let json: JSONValue
    do throws(JSONParseError) { json = try JSONValue(parsing: bytes) } catch { throw .json(error) }
    if isIndex { return (try Self.descriptors(json["manifests"], "manifests"), []) }
    var blobs: [Descriptor] = []
    if let config = json["config"] { blobs.append(try Descriptor(json: config)) }
    blobs += try Self.descriptors(json["layers"] ?? json["blobs"] ?? .array([]), "layers")
    let manifests = try Self.descriptors(json["manifests"] ?? .array([]), "manifests")
    return (manifests, blobs)
  }

  private static func descriptors(_ json: JSONValue?, _ name: String) throws(OCIError) -> [Descriptor] {
    guard let elements = json?.array else { throw .missing(name, in: "manifest") }
    var descriptors: [Descriptor] = []
    for element in elements { descriptors.append(try Descriptor(json: element)) }
    return descriptors
  }
}
