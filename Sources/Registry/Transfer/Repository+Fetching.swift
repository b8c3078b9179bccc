public import Host
public import Images
public import OCI
import Trust

extension Repository {
  /// Brings a blob into the store; says how many bytes came over the network.
  ///
  /// A large one comes over several connections at a time where the server sends parts. What another run left is
  /// continued, and what another process receives is waited for.
  @discardableResult
  public func fetch(
    _ blob: Descriptor, into store: ContentStore, progress: Progress = .none
  ) async throws(RegistryError) -> Int {
    try await removeDamaged(blob, from: store)
    if store.contains(blob.digest) { return 0 }
    let part = try await blocking { () throws(ImageError) in
      try PartialBlob.open(blob.digest, size: blob.size, in: store)
    }
    guard let part else { return 0 }
    let before = part.received
    let name = "pull \(blob.digest.short)"
    progress.report(name, .started(total: blob.size), unit: .bytes)
    defer { progress.report(name, .finished(nil), unit: .bytes) }
    let report: @Sendable () -> Void = { progress.report(name, .advanced(completed: part.received), unit: .bytes) }
    var found = try await receive(part, report)
    if found != blob.digest, before > 0 || endpoints.count > 1 {
      // What an earlier run left or a mirror sent may be wrong: once more from the start, and from the registry.
      try hosted { () throws(SystemError) in try part.reset() }
      let registry = Repository(client: client, reference: reference, endpoints: Array(endpoints.suffix(1)))
      found = try await registry.receive(part, report)
    }
    guard found == blob.digest else {
      part.discard()
      throw .wrongDigest(expected: blob.digest, found: found, at: reference.name)
    }
    try await blocking { () throws(ImageError) in try part.commit() }
    return blob.size - before
  }

  /// Removes a blob from the store that has lost its bytes, as a crash of the machine can do.
  ///
  /// Only the digest decides: a manifest that lies about the size must not cost others a good blob.
  private func removeDamaged(_ blob: Descriptor, from store: ContentStore) async throws(RegistryError) {
    let path = store.path(of: blob.digest)
    guard let status = try? FileStatus(of: path), status.size != blob.size else { return }
    let found: Digest
    do throws(SystemError) {
      found = try await BlockingPool.run { () throws(SystemError) in
        try ContentHash.digest(ofFile: path, blob.digest.algorithm).digest
      }
    } catch { throw .system(error) }
    guard found != blob.digest else {
      throw .wrongSize(expected: blob.size, found: status.size, at: "The manifest of \(reference.name)")
    }
    try hosted { () throws(SystemError) in try Files.remove(path) }
  }

  /// Receives what is missing, hashing behind the writers on a thread of its own.
  private func receive(_ part: PartialBlob, _ report: @escaping @Sendable () -> Void) async throws(RegistryError)
    -> Digest
  {
    let hashing = Task { () -> Result<Digest?, SystemError> in
      do throws(SystemError) {
        return .success(try await BlockingPool.run { () throws(SystemError) in try part.computeDigest() })
      } catch {
        return .failure(error)
      }
    }
    do throws(RegistryError) {
      try await reading { (endpoint) throws(RegistryError) in
        try await BlobFetch(repository: self, endpoint: endpoint, part: part, report: report).run()
      }
    } catch {
      part.giveUp()
      _ = await hashing.value
      throw error
    }
    switch await hashing.value {
    case .success(let digest?): return digest
    case .success(nil): throw .cancelled
    case .failure(let error): throw .system(error)
    }
  }
}

/// Runs what fails by an image's error on a thread that may block.
func blocking<Result: Sendable>(
  _ work: @escaping @Sendable () throws(ImageError) -> Result
) async throws(RegistryError) -> Result {
  do throws(ImageError) { return try await BlockingPool.run(work) } catch { throw RegistryError(error) }
}
