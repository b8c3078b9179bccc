import HTTP
import Host
import Layers
import OCI
import Synchronization
import Trust
public import Versions

extension SimpleIndex {
  /// Returns a wheel's metadata, by the cheapest way that works.
  ///
  /// In this order: the cache; the file that the index serves beside the wheel, if it is announced or known to be served
  /// without; the member of the wheel, read by ranges; the whole wheel.
  public func metadata(of file: PythonFile, project: PackageName) async throws -> PythonMetadata {
    try await metadata.value(for: file.url) { [self] in
      let bytes = try await metadataBytes(of: file)
      do {
        let metadata = try PythonMetadata(parsing: bytes)
        guard metadata.name == project, metadata.version == file.version else {
          throw PythonIndexError.unusableMetadata(
            fileName: file.fileName, reason: "it is about \(metadata.name) \(metadata.version)")
        }
        return metadata
      } catch let error as PythonMetadataError {
        throw PythonIndexError.unusableMetadata(fileName: file.fileName, reason: "\(error)")
      }
    }
  }

  private func metadataBytes(of file: PythonFile) async throws -> [UInt8] {
    if let path = file.localPath {
      try requireWheel(file)
      return try await metadataMember(ofWheelAt: path, file)
    }
    if let stored = await storedMetadata(of: file) { return stored.bytes }
    let url = try address(of: file)
    if file.metadataFile != .notAnnounced, let bytes = try await servedMetadata(of: file, at: url) {
      await storeMetadata(bytes, of: file, isVerified: file.announcedMetadataDigest != nil)
      return bytes
    }
    try requireWheel(file)
    if file.metadataFile == .notAnnounced, let bytes = try await unannouncedMetadata(of: file, at: url) {
      await storeMetadata(bytes, of: file, isVerified: false)
      return bytes
    }
    if let bytes = try await rangedMetadata(of: file, at: url) {
      await storeMetadata(bytes, of: file, isVerified: false)
      return bytes
    }
    let path = try await wholeWheel(file)
    let bytes = try await metadataMember(ofWheelAt: path, file)
    await storeMetadata(bytes, of: file, isVerified: true)
    return bytes
  }

  private func requireWheel(_ file: PythonFile) throws(PythonIndexError) {
    guard !file.isSourceDistribution else {
      throw .unusableMetadata(fileName: file.fileName, reason: "only a build tells what a source distribution needs")
    }
  }

  // MARK: The cache

  private static let kind = "metadata"

  /// Metadata that was seen before, and whether it is known to be that of the wheel.
  ///
  /// The wheel's digest is the key: what has that digest never changes.
  func storedMetadata(of file: PythonFile) async -> (bytes: [UInt8], isVerified: Bool)? {
    guard let digest = file.sha256, let entry = await cache?.entry(Self.kind, digest) else { return nil }
    if let announced = file.announcedMetadataDigest, announced != SHA256.digest(of: entry.content).hex { return nil }
    return (entry.content, entry.fields["verified"] == "yes")
  }

  func storeMetadata(_ bytes: [UInt8], of file: PythonFile, isVerified: Bool) async {
    guard let digest = file.sha256 else { return }
    let fields = ["file": file.fileName, "verified": isVerified ? "yes" : "no"]
    await cache?.store(IndexCache.Entry(fields: fields, content: bytes), Self.kind, digest)
  }

  // MARK: Beside the wheel

  /// The file beside the wheel; `nil` if the index does not serve it.
  ///
  /// PEP 658, "Specification".
  private func servedMetadata(of file: PythonFile, at url: HTTPURL) async throws -> [UInt8]? {
    var request = request(for: url.appending(toPath: ".metadata"))
    request.limits.bodyBytes = Int64(PythonMetadata.sizeLimit)
    let answer = try await data(for: request)
    if answer.isSuccess {
      if let expected = file.announcedMetadataDigest {
        let found = SHA256.digest(of: answer.body).hex
        guard found == expected else {
          throw PythonIndexFailure.metadataDigest(fileName: file.fileName, expected: expected, found: found)
        }
        return answer.body
      }
      // A server may answer every address with a page that greets: only what reads as metadata counts.
      if (try? PythonMetadata(parsing: answer.body))?.version == file.version { return answer.body }
    } else if RefusedStatus.isTransient(answer.status) {
      throw PythonIndexFailure.http(HTTPError(.status(answer.status), at: answer.url))
    }
    return nil
  }

  /// The file beside the wheel from a host that has had all of them so far without announcing one.
  ///
  /// Some indexes and most mirrors pass these files through without saying so, and they are smaller than a wheel's end. What a
  /// host does is found out with the first wheels, aside: nobody waits for these answers.
  private func unannouncedMetadata(of file: PythonFile, at url: HTTPURL) async throws -> [UInt8]? {
    let (isRelied, isSample) = traits.withLock { traits in
      let known = traits[url.origin] ?? HostTraits()
      let isSample = !known.servesMetadata && known.missed == 0 && known.asked < HostTraits.samples
      if isSample { traits[url.origin, default: HostTraits()].asked += 1 }
      return (known.servesMetadata, isSample)
    }
    if isSample { Task { try? await ask() } }
    return isRelied ? try await ask() : nil

    @Sendable @discardableResult func ask() async throws -> [UInt8]? {
      let bytes = try await servedMetadata(of: file, at: url)
      traits.withLock { traits in
        if bytes == nil {
          traits[url.origin, default: HostTraits()].missed += 1
        } else {
          traits[url.origin, default: HostTraits()].found += 1
        }
      }
      return bytes
    }
  }

  func address(of file: PythonFile) throws(PythonIndexFailure) -> HTTPURL {
    do { return try HTTPURL(parsing: file.url) } catch {
      throw .page(url: file.fileName, reason: error.description)
    }
  }

  // MARK: Inside the wheel

  /// The member of the wheel, without the rest; `nil` if the server does not do ranges.
  private func rangedMetadata(of file: PythonFile, at url: HTTPURL) async throws -> [UInt8]? {
    guard traits.withLock({ $0[url.origin]?.servesRanges }) != false else { return nil }
    do {
      let wheel = RemoteWheel(fileName: file.fileName, size: file.size.map { Int64($0) }, request: request(for: url)) {
        [self] request throws(PythonIndexFailure) in try await data(for: request)
      }
      let bytes = try await wheel.metadata()
      if bytes == nil { traits.withLock { $0[url.origin, default: HostTraits()].servesRanges = false } }
      return bytes
    } catch let error as LayerError {
      throw PythonIndexError.unusableMetadata(fileName: file.fileName, reason: error.description)
    }
  }

  /// The path of the whole wheel in the cache, downloaded if it is not there yet.
  private func wholeWheel(_ file: PythonFile) async throws -> String {
    guard let path = wheelPath(of: file) else {
      throw PythonIndexError.unusableMetadata(
        fileName: file.fileName, reason: "its server gives no part of it, and there is no cache to keep the whole in")
    }
    if !Files.exists(path) { try await download(file, to: path, progress: nil) }
    return path
  }

  func wheelPath(of file: PythonFile) -> String? { cache?.path("wheels", file.sha256 ?? file.url) }

  /// The metadata in a wheel on disk.
  func metadataMember(ofWheelAt path: String, _ file: PythonFile) async throws -> [UInt8] {
    do {
      return try await BlockingPool.run { () throws(LayerError) in
        let archive = try ZipArchive(path: path)
        let member = try RemoteWheel.metadataMember(in: archive.directory, fileName: file.fileName)
        return try archive.read(member, limit: PythonMetadata.sizeLimit)
      }
    } catch {
      throw PythonIndexError.unusableMetadata(fileName: file.fileName, reason: error.description)
    }
  }
}

extension PythonFile {
  /// The digest that the index announces for the metadata, if it does.
  var announcedMetadataDigest: String? {
    if case .announced(let digest) = metadataFile { digest } else { nil }
  }
}

/// Tells a server that has no such file from one that can't answer now.
enum RefusedStatus {
  static func isTransient(_ status: Int) -> Bool { status == 401 || status == 408 || status == 429 || status >= 500 }
}
