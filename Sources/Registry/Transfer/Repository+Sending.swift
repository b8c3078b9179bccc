import HTTP
public import Host
public import Images
public import OCI

/// How a blob came to a registry.
public enum BlobDelivery: Hashable, Sendable {
  /// It was there.
  case existing
  /// The registry took it from another repository of its own.
  case mounted
  /// This many bytes were sent.
  case sent(Int)
}

extension Repository {
  /// Brings a blob to the registry, if it is not there.
  ///
  /// A small one goes in one request, a large one in pieces, between which a broken or killed upload can go on.
  ///
  /// - Parameters:
  ///   - other: A repository of the same registry that may have it.
  ///   - store: Where uploads that have begun are noted.
  ///   - content: Called only if the bytes are needed.
  @discardableResult
  public func send(
    _ blob: Descriptor, mountingFrom other: String? = nil, journalIn store: ContentStore, progress: Progress = .none,
    content: () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError) -> BlobDelivery {
    let endpoint = try writing()
    if try await hasBlob(blob.digest) { return .existing }
    var session: UploadSession?
    if let other, other != endpoint.repository {
      session = try await beginUpload(of: blob.digest, mountingFrom: other)
      if session == nil { return .mounted }
    }
    let file = try await content()
    guard file.size == blob.size else {
      throw .wrongSize(expected: blob.size, found: file.size, at: file.path)
    }
    let name = "push \(blob.digest.short)"
    progress.report(name, .started(total: blob.size), unit: .bytes)
    defer { progress.report(name, .finished(nil), unit: .bytes) }
    let isLarge = blob.size > client.configuration.uploadChunkBytes
    let upload = BlobUpload(
      repository: self, blob: blob, file: file,
      journal: isLarge ? UploadJournal(blob.digest, to: endpoint.name, in: store) : nil
    ) { sent in progress.report(name, .advanced(completed: sent), unit: .bytes) }
    let begun = session
    return try await client.slots(of: endpoint).during { () async throws(RegistryError) -> BlobDelivery in
      try await upload.run(begun)
    }
  }
}

/// Sends one blob.
struct BlobUpload: Sendable {
  let repository: Repository
  let blob: Descriptor
  let file: BlobFile
  let journal: UploadJournal?
  let report: @Sendable (Int) -> Void

  /// - Parameter begun: An upload that the registry has begun already.
  func run(_ begun: UploadSession?) async throws(RegistryError) -> BlobDelivery {
    var session: UploadSession
    if let begun {
      session = begun
    } else if let noted = journal?.session, let known = try? await repository.status(of: noted),
      known.offset <= blob.size
    {
      session = known
    } else {
      session = try await begin()
    }
    let start = session.offset
    var attempt = 1
    while true {
      let before = session.offset
      do throws(RegistryError) {
        try await send(&session)
        journal?.remove()
        return .sent(blob.size - start)
      } catch {
        guard error.isTemporary || error.isLostUpload else {
          await giveUp(session, after: error)
          throw error
        }
        if session.offset > before { attempt = 1 }
        if error.isTemporary {
          try await repository.pause(after: error, attempt: attempt)
        } else if attempt >= repository.client.configuration.http.retry.attempts {
          throw error
        }
        attempt += 1
        // The answer alone may have been lost.
        if try await repository.hasBlob(blob.digest) {
          journal?.remove()
          return .sent(blob.size - start)
        }
        session = try await continued(session)
      }
    }
  }

  /// Sends what the registry has not, in pieces, and ends the upload.
  private func send(_ session: inout UploadSession) async throws(RegistryError) {
    let chunk = max(repository.client.configuration.uploadChunkBytes, session.leastChunk)
    while blob.size - session.offset > chunk {
      journal?.write(session)
      let start = session.offset
      try await repository.send(file.body(start..<start + chunk), to: &session) { sent, _ in report(start + Int(sent)) }
    }
    journal?.write(session)
    let start = session.offset
    try await repository.finish(session, with: file.body(start..<blob.size), of: blob) { sent, _ in
      report(start + Int(sent))
    }
  }

  /// Where the upload is now, or a fresh one if the registry forgot it.
  private func continued(_ session: UploadSession) async throws(RegistryError) -> UploadSession {
    if let known = try? await repository.status(of: session), known.offset <= blob.size { return known }
    return try await begin()
  }

  private func begin() async throws(RegistryError) -> UploadSession {
    guard let fresh = try await repository.beginUpload(of: blob.digest) else {
      throw .malformed("it mounted a blob that it was not asked to", at: repository.reference.name)
    }
    return fresh
  }

  private func giveUp(_ session: UploadSession, after error: RegistryError) async {
    // A cancelled push may be wanted again; what the registry refuses is of no use to anybody.
    guard error != .cancelled else { return }
    journal?.remove()
    await repository.cancel(session)
  }
}

extension RegistryError {
  /// Whether the registry does not know an upload any more, or at another place than this side.
  fileprivate var isLostUpload: Bool {
    guard case .refused(let status, let details, _, _) = self else { return false }
    return status == 416 || status == 404
      || details.contains { $0.code == .blobUploadUnknown || $0.code == .blobUploadInvalid }
  }
}
