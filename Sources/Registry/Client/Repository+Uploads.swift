import HTTP
public import OCI

/// An upload that a registry has begun.
///
/// Specification: OCI distribution-spec 1.1, "Pushing blobs".
struct UploadSession: Hashable, Sendable {
  /// Where the next bytes go; it may hold a secret of the registry's.
  var location: HTTPURL
  /// How many bytes the registry has.
  var offset: Int = 0
  /// The least length of a piece that is not the last, in bytes.
  var leastChunk: Int = 0
}

extension Repository {
  /// Whether the registry has the blob in this repository.
  public func hasBlob(_ digest: Digest) async throws(RegistryError) -> Bool {
    let endpoint = try writing()
    let response = try await client.send(RequestScope(endpoint, actions: "pull,push")) {
      (base) throws(RegistryError) in HTTPRequest(.head, try base.url("\(endpoint.repository)/blobs/\(digest)"))
    }
    if response.status == 404 { return false }
    guard response.isSuccess else { throw RegistryClient.refusal(response, at: endpoint.name) }
    return true
  }

  /// Begins an upload; `nil` if the registry had the blob in the other repository and needs no bytes.
  func beginUpload(of digest: Digest, mountingFrom other: String? = nil) async throws(RegistryError) -> UploadSession? {
    let endpoint = try writing()
    var query = other.map { "?mount=\(digest)&from=\(PercentEncoding.encodedComponent($0))" } ?? ""
    // Registries hash while they receive and take SHA-256 unless they are told.
    if query.isEmpty, digest.algorithm != .sha256 { query = "?digest-algorithm=\(digest.algorithm.rawValue)" }
    let scope = RequestScope(endpoint, actions: "pull,push", others: Set([other].compactMap { $0 }))
    let response = try await retrying { () throws(RegistryError) in
      let response = try await self.client.send(scope) { (base) throws(RegistryError) in
        HTTPRequest(.post, try base.url("\(endpoint.repository)/blobs/uploads/\(query)"), body: [])
      }
      guard response.isSuccess else { throw RegistryClient.refusal(response, at: endpoint.name) }
      return response
    }
    if response.status == 201, other != nil { return nil }
    var session = UploadSession(location: try Self.location(of: response, at: endpoint.name))
    session.leastChunk = response.headers["OCI-Chunk-Min-Length"].flatMap { Int($0) } ?? 0
    return session
  }

  /// Sends a piece that is not the last.
  ///
  /// Specification: OCI distribution-spec 1.1, "Pushing a blob in chunks".
  func send(
    _ part: HTTPRequest.FileBody, to session: inout UploadSession, progress: HTTPProgress?
  ) async throws(RegistryError) {
    let endpoint = try writing()
    let location = session.location
    let start = session.offset
    let response = try await client.send(RequestScope(endpoint, actions: "pull,push"), progress: progress) {
      (_) throws(RegistryError) in
      var request = HTTPRequest(
        .patch, location,
        headers: [
          "Content-Type": "application/octet-stream", "Content-Range": "\(start)-\(start + Int(part.count) - 1)",
        ])
      request.file = part
      request.limits.stall = .seconds(60)
      return request
    }
    guard response.status == 202 else { throw RegistryClient.refusal(response, at: endpoint.name) }
    session.location = try Self.location(of: response, at: endpoint.name)
    session.offset = start + Int(part.count)
    if let end = Self.endOfRange(response), end != session.offset {
      throw .malformed("it took \(end) bytes where \(session.offset) were sent", at: endpoint.name)
    }
  }

  /// Sends the last piece and ends the upload.
  func finish(
    _ session: UploadSession, with part: HTTPRequest.FileBody, of blob: Descriptor, progress: HTTPProgress?
  ) async throws(RegistryError) {
    let endpoint = try writing()
    let separator = session.location.query == nil ? "?" : "&"
    let url: HTTPURL
    do throws(HTTPURL.ParseError) {
      url = try HTTPURL(parsing: session.location.text + separator + "digest=\(blob.digest)")
    } catch {
      throw .malformed("\(error)", at: endpoint.name)
    }
    let response = try await client.send(RequestScope(endpoint, actions: "pull,push"), progress: progress) {
      (_) throws(RegistryError) in
      var request = HTTPRequest(.put, url, headers: ["Content-Type": "application/octet-stream"])
      if session.offset > 0, part.count > 0 {
        request.headers["Content-Range"] = "\(session.offset)-\(session.offset + Int(part.count) - 1)"
      }
      if part.count > 0 { request.file = part } else { request.body = [] }
      // The registry may have to read the whole blob again before it answers.
      request.limits.stall = .seconds(300)
      return request
    }
    guard response.status == 201 || response.status == 204 else {
      throw RegistryClient.refusal(response, at: endpoint.name)
    }
    if let text = response.headers["Docker-Content-Digest"], let found = try? Digest(parsing: text),
      found.algorithm == blob.digest.algorithm, found != blob.digest
    {
      throw .wrongDigest(expected: blob.digest, found: found, at: endpoint.name)
    }
  }

  /// Asks how far an upload is; `nil` if the registry forgot it.
  func status(of session: UploadSession) async throws(RegistryError) -> UploadSession? {
    let endpoint = try writing()
    let response = try await client.send(RequestScope(endpoint, actions: "pull,push")) { (_) throws(RegistryError) in
      HTTPRequest(.get, session.location)
    }
    guard response.status == 204 || response.status == 202, let end = Self.endOfRange(response) else { return nil }
    var current = session
    current.location = (try? Self.location(of: response, at: endpoint.name)) ?? session.location
    current.offset = end
    return current
  }

  /// Gives an upload up.
  func cancel(_ session: UploadSession) async {
    guard let endpoint = try? writing() else { return }
    _ = try? await client.send(RequestScope(endpoint, actions: "pull,push")) { (_) throws(RegistryError) in
      HTTPRequest(.delete, session.location)
    }
  }

  private static func location(of response: HTTPResponse, at place: String) throws(RegistryError) -> HTTPURL {
    guard let text = response.headers["Location"], let url = try? response.url.resolving(text) else {
      throw .malformed("it begins an upload and names no valid Location", at: place)
    }
    guard response.url.scheme == .http || url.scheme == .https else {
      throw .malformed("it sends an upload to an address without encryption", at: place)
    }
    return url.bare
  }

  /// How many bytes lie there: a `Range` names the last one, and `0-0` is what registries say of an upload without any.
  private static func endOfRange(_ response: HTTPResponse) -> Int? {
    guard var text = response.headers["Range"]?[...] else { return nil }
    if text.hasPrefix("bytes=") { text = text.dropFirst(6) }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, ends[0] == 0, let last = ends[1], last >= 0 else { return nil }
    return last == 0 ? 0 : last + 1
  }
}
