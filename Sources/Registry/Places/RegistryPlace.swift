import Host
import Images
import OCI

/// A repository as a source; what comes from it goes into the store and is found there the next time.
struct RegistrySource: ImageSource {
  let remote: Repository
  let store: ContentStore

  var repository: Reference? { remote.reference }
  var isVerified: Bool { true }

  func root() async throws(RegistryError) -> RawManifest {
    let target = remote.reference.target
    if let digest = remote.reference.digest, let known = known(digest, type: nil) { return known }
    if let found = try await remote.resolve(target), let known = known(found.digest, type: found.mediaType) {
      return known
    }
    return try keep(try await remote.manifest(target))
  }

  func manifest(_ descriptor: Descriptor) async throws(RegistryError) -> RawManifest {
    if let known = known(descriptor.digest, type: descriptor.mediaType) { return known }
    let manifest = try await remote.manifest(descriptor.digest.description)
    guard manifest.bytes.count == descriptor.size else {
      throw .wrongSize(expected: descriptor.size, found: manifest.bytes.count, at: remote.reference.name)
    }
    return try keep(
      RawManifest(bytes: manifest.bytes, mediaType: descriptor.mediaType, descriptor.digest.algorithm))
  }

  func blob(_ descriptor: Descriptor, progress: Progress) async throws(RegistryError) -> BlobFile {
    try await remote.fetch(descriptor, into: store, progress: progress)
    return try BlobFile(descriptor, at: store.path(of: descriptor.digest))
  }

  func referrers(of digest: Digest) async throws(RegistryError) -> [Descriptor] {
    try await remote.referrers(of: digest).map(\.descriptor)
  }

  private func known(_ digest: Digest, type: MediaType?) -> RawManifest? {
    guard store.contains(digest), let bytes = try? store.read(digest, limit: RawManifest.limit),
      let type = type ?? RawManifest.mediaType(of: bytes)
    else { return nil }
    return RawManifest(bytes: bytes, mediaType: type, digest.algorithm)
  }

  private func keep(_ manifest: RawManifest) throws(RegistryError) -> RawManifest {
    do throws(ImageError) { try store.add(manifest.bytes, manifest.descriptor.digest.algorithm) } catch {
      throw RegistryError(error)
    }
    return manifest
  }
}

/// A repository as a sink.
struct RegistrySink: ImageSink {
  let remote: Repository
  let store: ContentStore
  let progress: Progress

  var holdsMany: Bool { true }

  func put(
    _ blob: Descriptor, mountingFrom other: Reference?, isVerified: Bool,
    content: @Sendable () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError) {
    let mount = other?.domain == remote.reference.domain ? other?.repository : nil
    try await remote.send(blob, mountingFrom: mount, journalIn: store, progress: progress, content: content)
  }

  func put(_ manifest: RawManifest, isRoot: Bool) async throws(RegistryError) {
    guard isRoot else {
      try await remote.push(manifest)
      return
    }
    if let digest = remote.reference.digest, digest != manifest.descriptor.digest {
      throw .place(
        remote.reference.description, reason: "what is copied there has the digest \(manifest.descriptor.digest)")
    }
    // Under a tag alone a registry knows a manifest by the digest of its own choice.
    if manifest.descriptor.digest.algorithm != .sha256 { try await remote.push(manifest) }
    let tag = remote.reference.tag ?? (remote.reference.digest == nil ? Reference.defaultTag : nil)
    try await remote.push(manifest, as: tag)
  }

  func finish() async throws(RegistryError) {}
}

extension BlobFile {
  /// A whole file that has to have a descriptor's size.
  init(_ descriptor: Descriptor, at path: String) throws(RegistryError) {
    let status: FileStatus
    do throws(SystemError) { status = try FileStatus(of: path, followingLink: true) } catch {
      guard error.isMissingFile else { throw .system(error) }
      throw .image(.missingBlob(descriptor.digest, place: Path.parent(path) ?? path))
    }
    guard status.size == descriptor.size else {
      throw .image(.wrongSize(expected: descriptor.size, found: status.size, place: path))
    }
    self.init(path: path, size: descriptor.size)
  }
}
