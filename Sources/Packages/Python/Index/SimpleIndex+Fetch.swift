public import HTTP
import Host
import OCI
import Trust

extension SimpleIndex {
  /// Stores a file under a path, checked against the digest that its index gave.
  ///
  /// A wheel whose metadata was taken on the index's word is opened and compared: who serves other metadata than the
  /// wheel's could otherwise slip in or keep out a dependency.
  ///
  /// - Returns: The digest and size of the file, for indexes that do not tell them.
  @discardableResult
  public func fetch(
    _ file: PythonFile, into path: String, progress: HTTPProgress? = nil
  ) async throws -> HTTPClient.Download {
    let download: HTTPClient.Download
    if let source = file.localPath {
      download = try await copy(source, file, to: path)
    } else if let kept = wheelPath(of: file), file.sha256 != nil, Files.isFile(kept),
      let copied = try? await copy(kept, file, to: path)
    {
      download = copied
    } else {
      download = try await self.download(file, to: path, progress: progress)
    }
    try await requireServedMetadata(of: file, inWheelAt: path)
    return download
  }

  /// Compares the metadata that was resolved with to that in the wheel.
  private func requireServedMetadata(of file: PythonFile, inWheelAt path: String) async throws {
    guard !file.isSourceDistribution, let stored = await storedMetadata(of: file), !stored.isVerified else { return }
    guard try await metadataMember(ofWheelAt: path, file) == stored.bytes else {
      try? Files.remove(path)
      throw PythonIndexFailure.metadataDiffers(fileName: file.fileName)
    }
    await storeMetadata(stored.bytes, of: file, isVerified: true)
  }

  @discardableResult
  func download(
    _ file: PythonFile, to path: String, progress: HTTPProgress?
  ) async throws(PythonIndexFailure) -> HTTPClient.Download {
    let request = request(for: try address(of: file))
    do {
      return try await client.download(request, to: path, expecting: file.expectation, progress: progress)
    } catch {
      throw .http(error)
    }
  }

  /// Copies a file of this machine, and compares its digest.
  private func copy(_ source: String, _ file: PythonFile, to path: String) async throws -> HTTPClient.Download {
    let temporary = "\(path).\(UInt64.random(in: 0...UInt64.max)).part"
    do {
      return try await BlockingPool.run { () throws in
        if let parent = Path.parent(path) { try Files.createDirectory(parent) }
        let (digest, size) = try Self.copyBlocking(source, to: temporary)
        if let expected = file.expectation?.digest, expected != digest {
          throw PythonIndexFailure.fileDigest(path: source, expected: expected, found: digest)
        }
        try Files.rename(temporary, to: path)
        return HTTPClient.Download(digest: digest, size: Int64(size), resumedFrom: 0)
      }
    } catch {
      try? Files.remove(temporary)
      guard let failure = error as? SystemError else { throw error }
      throw PythonIndexFailure.file(path: failure.path, reason: failure.reason)
    }
  }

  private static func copyBlocking(_ source: String, to path: String) throws(SystemError) -> (Digest, Int) {
    let input = try FileHandle(reading: source)
    let output = try FileHandle(writing: path, .exclusive)
    let size = try input.size()
    var hash = SHA256()
    var offset = 0
    while offset < size {
      let bytes = try input.bytes(at: offset, count: min(1 << 20, size - offset))
      hash.update(bytes)
      try output.write(bytes)
      offset += bytes.count
    }
    return (hash.finish(), size)
  }
}

extension PythonFile {
  /// What a download has to be, if the index says it.
  fileprivate var expectation: HTTPClient.Expectation? {
    guard let sha256, let digest = try? Digest(algorithm: .sha256, hex: sha256) else { return nil }
    return HTTPClient.Expectation(digest: digest, size: size.map { Int64($0) })
  }
}
