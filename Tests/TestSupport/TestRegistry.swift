import JSON
public import OCI
import Synchronization
import Trust

/// A registry in memory behind a socket: it answers as the distribution specification says, and fails as a test asks.
public final class TestRegistry: Sendable {
  /// How the registry behaves where the specification leaves a choice.
  public struct Options: Sendable {
    /// Whether it lists referrers itself.
    public var listsReferrers = true
    /// Whether it chooses referrers by their type.
    public var filtersReferrers = true
    /// Whether it sends parts of blobs.
    public var knowsRanges = true
    /// Whether it mounts blobs from other repositories.
    public var mounts = true
    /// The least length of a piece of an upload, in bytes.
    public var leastChunk: Int?
    /// Who may come in.
    public var login: Login = .none
    /// How long a token is good, in requests.
    public var tokenLife = Int.max
    /// How many tags or referrers are on one page.
    public var pageLength = Int.max
    /// Where blobs are, if another server has them.
    public var blobOrigin: String?

    /// The behaviour of a good registry without logins.
    public init() {}

    /// A good registry without logins, with something changed.
    public init(_ change: (inout Options) -> Void) { change(&self) }
  }

  /// How a registry wants its users to log in.
  public enum Login: Sendable {
    /// Not at all.
    case none
    /// With a name and a password in each request.
    case basic(user: String, password: String)
    /// With a token, which is had for a name and a password, or without them if there is no name.
    case token(user: String?, password: String)
    /// With a token, which is had for another token.
    case refresh(token: String)
  }

  struct Manifest: Sendable {
    let bytes: [UInt8]
    let type: String
  }

  struct Upload: Sendable {
    let repository: String
    var bytes: [UInt8] = []
  }

  struct State: Sendable {
    var blobs: [String: [String: [UInt8]]] = [:]
    var manifests: [String: [String: Manifest]] = [:]
    var tags: [String: [String: String]] = [:]
    var uploads: [String: Upload] = [:]
    var tokens: [String: (scope: String, uses: Int)] = [:]
    var lastNumber = 0
  }

  private final class Storage: Sendable {
    let state = Mutex(State())
  }

  private let storage: Storage
  private let server: HTTPTestServer

  /// Starts a registry.
  ///
  /// - Parameter fault: May replace an answer by another one, or `nil` to let it be.
  public init(
    _ options: Options = Options(),
    fault: @escaping @Sendable (HTTPTestServer.Request, HTTPTestServer.Answer) -> HTTPTestServer.Answer? = { _, _ in nil
    }
  ) {
    let storage = Storage()
    self.storage = storage
    server = HTTPTestServer { request in
      let answer = storage.state.withLock { Self.answer(request, options, &$0) }
      return fault(request, answer) ?? answer
    }
  }

  /// What answers, for a proxy before it.
  public var http: HTTPTestServer { server }
  /// `HOST:PORT`.
  public var domain: String { "127.0.0.1:\(server.port)" }
  /// The port.
  public var port: Int { server.port }
  /// All requests until now.
  public var requests: [HTTPTestServer.Request] { server.requests }
  /// Closes everything and waits.
  public func stop() { server.stop() }

  /// Runs a registry for as long as the body runs.
  @discardableResult
  public static func with<Result>(
    _ options: Options = Options(),
    fault: @escaping @Sendable (HTTPTestServer.Request, HTTPTestServer.Answer) -> HTTPTestServer.Answer? = { _, _ in nil
    },
    _ body: (TestRegistry) async throws -> Result
  ) async throws -> Result {
    let registry = TestRegistry(options, fault: fault)
    defer { registry.stop() }
    return try await body(registry)
  }

  // MARK: Content

  /// Puts a blob in; gives its digest.
  @discardableResult
  public func add(blob bytes: [UInt8], to repository: String, _ algorithm: Digest.Algorithm = .sha256) -> Digest {
    let digest = ContentHash.digest(of: bytes, algorithm)
    storage.state.withLock { $0.blobs[repository, default: [:]][digest.description] = bytes }
    return digest
  }

  /// Puts a manifest in; gives its digest.
  @discardableResult
  public func add(
    manifest bytes: [UInt8], type: String, to repository: String, tag: String? = nil,
    _ algorithm: Digest.Algorithm = .sha256
  ) -> Digest {
    let digest = ContentHash.digest(of: bytes, algorithm)
    storage.state.withLock { state in
      state.manifests[repository, default: [:]][digest.description] = Manifest(bytes: bytes, type: type)
      if let tag { state.tags[repository, default: [:]][tag] = digest.description }
    }
    return digest
  }

  /// A blob's bytes.
  public func blob(_ digest: Digest, in repository: String) -> [UInt8]? {
    storage.state.withLock { $0.blobs[repository]?[digest.description] }
  }

  /// A manifest's bytes.
  public func manifest(_ target: String, in repository: String) -> [UInt8]? {
    storage.state.withLock { state in
      let digest = state.tags[repository]?[target] ?? target
      return state.manifests[repository]?[digest]?.bytes
    }
  }

  /// How many uploads were begun and neither finished nor given up.
  public var openUploads: Int { storage.state.withLock { $0.uploads.count } }

  /// Forgets all uploads, as a registry does that starts anew.
  public func forgetUploads() { storage.state.withLock { $0.uploads = [:] } }

  // MARK: Answers

  typealias Request = HTTPTestServer.Request
  typealias Answer = HTTPTestServer.Answer

  private static func answer(_ request: Request, _ options: Options, _ state: inout State) -> Answer {
    let parts = request.target.split(separator: "?", maxSplits: 1)
    let query = Query(parts.count > 1 ? String(parts[1]) : "")
    let path = String(parts[0])
    if path == "/token" { return token(request, query, options, &state) }
    guard path.hasPrefix("/v2/") else { return failure(404, "NAME_UNKNOWN") }
    let words = path.dropFirst(4).split(separator: "/").map(String.init)
    if let refusal = refusal(of: request, words, options, &state) { return refusal }
    if words.isEmpty { return Answer(fields: ["Docker-Distribution-API-Version": "registry/2.0"]) }
    guard let verb = words.lastIndex(where: { ["manifests", "blobs", "tags", "referrers"].contains($0) }), verb > 0
    else { return failure(404, "NAME_UNKNOWN") }
    let repository = words[..<verb].joined(separator: "/")
    let rest = Array(words[(verb + 1)...])
    switch (words[verb], rest.count) {
    case ("manifests", 1): return manifest(request, repository, rest[0], options, &state)
    case ("blobs", 1) where rest[0] == "uploads": return begin(request, repository, query, options, &state)
    case ("blobs", 1): return blob(request, repository, rest[0], options, &state)
    case ("blobs", 2) where rest[0] == "uploads": return proceed(request, repository, rest[1], query, options, &state)
    case ("tags", 1): return tags(repository, query, options, state)
    case ("referrers", 1): return referrers(repository, rest[0], query, options, state)
    default: return failure(404, "NAME_UNKNOWN")
    }
  }

  static func failure(_ status: Int, _ code: String, _ message: String = "no") -> Answer {
    let json = JSONValue.object(["errors": .array([.object(["code": .string(code), "message": .string(message)])])])
    return Answer(status, fields: ["Content-Type": "application/json"], body: Array(json.text().utf8))
  }

  private static func manifest(
    _ request: Request, _ repository: String, _ target: String, _ options: Options, _ state: inout State
  ) -> Answer {
    let digest = state.tags[repository]?[target] ?? target
    switch request.method {
    case "GET", "HEAD":
      guard let manifest = state.manifests[repository]?[digest] else { return failure(404, "MANIFEST_UNKNOWN") }
      return Answer(
        fields: ["Content-Type": manifest.type, "Docker-Content-Digest": digest], body: manifest.bytes,
        ignoresRanges: true)
    case "PUT":
      guard let json = try? JSONValue(parsing: request.body) else { return failure(400, "MANIFEST_INVALID") }
      // A tag leads to what was put there by a digest before, whatever its algorithm, else to a SHA-256.
      let known = state.manifests[repository]?.first { $0.key.hasPrefix("sha512:") && $0.value.bytes == request.body }
      let found = known?.key ?? digestText(of: request.body, as: target)
      if target.contains(":"), target != found { return failure(400, "DIGEST_INVALID") }
      let layers = (json["layers"]?.array ?? []) + [json["config"]].compactMap { $0 }
      for layer in layers {
        guard let digest = layer["digest"]?.string, state.blobs[repository]?[digest] != nil else {
          return failure(404, "MANIFEST_BLOB_UNKNOWN")
        }
      }
      for child in json["manifests"]?.array ?? [] where json["subject"] == nil {
        guard let digest = child["digest"]?.string, state.manifests[repository]?[digest] != nil else {
          return failure(404, "MANIFEST_BLOB_UNKNOWN")
        }
      }
      state.manifests[repository, default: [:]][found] = Manifest(
        bytes: request.body, type: request["Content-Type"] ?? "")
      if !target.contains(":") { state.tags[repository, default: [:]][target] = found }
      var fields = ["Docker-Content-Digest": found, "Location": "/v2/\(repository)/manifests/\(found)"]
      if options.listsReferrers { fields["OCI-Subject"] = json["subject"]?["digest"]?.string }
      return Answer(201, fields: fields)
    case "DELETE":
      if state.tags[repository]?.removeValue(forKey: target) != nil { return Answer(202) }
      guard state.manifests[repository]?.removeValue(forKey: digest) != nil else {
        return failure(404, "MANIFEST_UNKNOWN")
      }
      state.tags[repository] = state.tags[repository]?.filter { $0.value != digest }
      return Answer(202)
    default: return failure(405, "UNSUPPORTED")
    }
  }

  /// The digest of some bytes by the algorithm of another one.
  private static func digestText(of bytes: [UInt8], as other: String) -> String {
    ContentHash.digest(of: bytes, (try? Digest(parsing: other))?.algorithm ?? .sha256).description
  }

  private static func blob(
    _ request: Request, _ repository: String, _ digest: String, _ options: Options, _ state: inout State
  ) -> Answer {
    if request.method == "DELETE" {
      return state.blobs[repository]?.removeValue(forKey: digest) == nil ? failure(404, "BLOB_UNKNOWN") : Answer(202)
    }
    guard let bytes = state.blobs[repository]?[digest] else { return failure(404, "BLOB_UNKNOWN") }
    if let origin = options.blobOrigin, request.method == "GET" {
      return Answer(307, fields: ["Location": "\(origin)/\(digest)?signature=secret"])
    }
    return Answer(
      fields: ["Content-Type": "application/octet-stream", "Docker-Content-Digest": digest], body: bytes,
      ignoresRanges: !options.knowsRanges)
  }

  private static func begin(
    _ request: Request, _ repository: String, _ query: Query, _ options: Options, _ state: inout State
  ) -> Answer {
    guard request.method == "POST" else { return failure(405, "UNSUPPORTED") }
    if options.mounts, let digest = query["mount"], let other = query["from"], let bytes = state.blobs[other]?[digest] {
      state.blobs[repository, default: [:]][digest] = bytes
      return Answer(201, fields: ["Location": "/v2/\(repository)/blobs/\(digest)", "Docker-Content-Digest": digest])
    }
    state.lastNumber += 1
    let name = "upload-\(state.lastNumber)"
    state.uploads[name] = Upload(repository: repository)
    var fields = ["Location": "/v2/\(repository)/blobs/uploads/\(name)?state=0", "Range": "0-0"]
    if let least = options.leastChunk { fields["OCI-Chunk-Min-Length"] = String(least) }
    return Answer(202, fields: fields)
  }

  private static func proceed(
    _ request: Request, _ repository: String, _ name: String, _ query: Query, _ options: Options, _ state: inout State
  ) -> Answer {
    guard var upload = state.uploads[name], upload.repository == repository else {
      return failure(404, "BLOB_UPLOAD_UNKNOWN")
    }
    func answer(_ status: Int) -> Answer {
      let last = max(0, (state.uploads[name]?.bytes.count ?? 0) - 1)
      return Answer(
        status,
        fields: ["Location": "/v2/\(repository)/blobs/uploads/\(name)?state=\(last)", "Range": "0-\(last)"])
    }
    if request.method == "GET" { return answer(204) }
    if request.method == "DELETE" {
      state.uploads[name] = nil
      return Answer(204)
    }
    if let range = request["Content-Range"] {
      let ends = range.split(separator: "-").map { Int($0) }
      guard ends.count == 2, ends[0] == upload.bytes.count, ends[1] == upload.bytes.count + request.body.count - 1
      else { return answer(416) }
    }
    if let least = options.leastChunk, request.method == "PATCH", request.body.count < least {
      return failure(400, "SIZE_INVALID", "a piece is shorter than \(least) bytes")
    }
    upload.bytes += request.body
    state.uploads[name] = upload
    guard request.method == "PUT" else { return answer(202) }
    guard let digest = query["digest"], digest == digestText(of: upload.bytes, as: digest) else {
      return failure(400, "DIGEST_INVALID")
    }
    state.uploads[name] = nil
    state.blobs[repository, default: [:]][digest] = upload.bytes
    return Answer(201, fields: ["Location": "/v2/\(repository)/blobs/\(digest)", "Docker-Content-Digest": digest])
  }

  private static func tags(_ repository: String, _ query: Query, _ options: Options, _ state: State) -> Answer {
    guard let tags = state.tags[repository]?.keys.sorted() else { return failure(404, "NAME_UNKNOWN") }
    let rest = tags.filter { $0 > query["last"] ?? "" }
    let page = Array(rest.prefix(options.pageLength))
    let json = JSONValue.object(["name": .string(repository), "tags": .strings(page)])
    var answer = Answer(fields: ["Content-Type": "application/json"], body: Array(json.text().utf8))
    if page.count < rest.count, let last = page.last {
      answer.fields["Link"] = "</v2/\(repository)/tags/list?last=\(last)>; rel=\"next\""
    }
    return answer
  }

  private static func referrers(
    _ repository: String, _ subject: String, _ query: Query, _ options: Options, _ state: State
  ) -> Answer {
    guard options.listsReferrers else { return failure(404, "NAME_UNKNOWN") }
    let all = (state.manifests[repository] ?? [:]).sorted { $0.key < $1.key }.compactMap { digest, manifest in
      guard let json = try? JSONValue(parsing: manifest.bytes), json["subject"]?["digest"]?.string == subject else {
        return nil as JSONValue?
      }
      let type = json["artifactType"]?.string ?? json["config"]?["mediaType"]?.string
      if options.filtersReferrers, let wanted = query["artifactType"], wanted != type { return nil }
      return .object([
        "mediaType": .string(manifest.type), "digest": .string(digest), "size": .integer(manifest.bytes.count),
        "artifactType": json["artifactType"] ?? json["config"]?["mediaType"], "annotations": json["annotations"],
      ])
    }
    let start = Int(query["page"] ?? "") ?? 0
    let filter = query["artifactType"].map { "&artifactType=\($0)" } ?? ""
    let page = Array(all.dropFirst(start).prefix(options.pageLength))
    let json = JSONValue.object([
      "schemaVersion": .integer(2), "mediaType": .string(MediaType.imageIndex.rawValue), "manifests": .array(page),
    ])
    var answer = Answer(fields: ["Content-Type": MediaType.imageIndex.rawValue], body: Array(json.text().utf8))
    if options.filtersReferrers, query["artifactType"] != nil { answer.fields["OCI-Filters-Applied"] = "artifactType" }
    if start + page.count < all.count {
      answer.fields["Link"] =
        "</v2/\(repository)/referrers/\(subject)?page=\(start + page.count)\(filter)>; rel=\"next\""
    }
    return answer
  }
}
