public import Host
internal import Images
internal import JSON
internal import OCI
public import Recording
internal import Trust

/// A folder with everything that a Dockerfile takes from elsewhere, from which it can be built without a network.
///
/// It holds `recorded/` with what commands fetched and `added/` with the files of `ADD`, each named by its digest, `base/` with
/// the images as an OCI layout, `sources.json` with the names of all that, the Dockerfile's lock, and `SHA256SUMS` for
/// `sha256sum --check`. Each file is hashed on its way in and on its way out; what a tag stood for is the folder's word.
public struct VendoredSources: Sendable {
  private static let names = "sources.json"
  private static let (recorded, added, base) = ("recorded", "added", "base/blobs/sha256")
  private static let lock = "Dockerfile.lock"
  private static let layout = ["base/oci-layout", "base/index.json"]
  private static let known: Set<String> = [recorded, added, "base", names, lock, VendoredFolder.sums]

  /// The folder's path.
  public let path: String
  private let store: ContentStore
  private let progress: Progress

  /// Names a folder, and the store that is filled from it or that it is filled from.
  public init(_ path: String, cache: BuildCache, progress: Progress) throws {
    self.path = Path.absolute(path)
    self.progress = progress
    store = try ContentStore(at: cache.folder(.store))
  }

  // MARK: Writing

  /// Refuses a folder that is somebody's own.
  public func requireOwn() throws {
    guard Files.exists(path) else { return }
    guard Files.isDirectory(path), try Files.list(path).allSatisfy({ Self.known.contains($0) || $0.hasSuffix(".tmp") })
    else { throw VendoredFolder.Failure.foreign(path) }
  }

  /// Copies all of it out of the store; what lies here already and is right stays, what nothing names any longer goes.
  public func write(_ sources: DockerfileSources, lock: NetworkLock) async throws -> VendoredFolder.Summary {
    try requireOwn()
    return try await progress.during("copy what the Dockerfile takes from elsewhere") {
      try await BlockingPool.run { try writeBlocking(sources, lock) }
    }
  }

  private func writeBlocking(_ sources: DockerfileSources, _ lock: NetworkLock) throws -> VendoredFolder.Summary {
    try Files.createDirectory(path)
    var blobs = sources.bodies.map { ("\(Self.recorded)/\($0.hex)", $0) }
    blobs += Set(sources.files.map(\.digest)).map { ("\(Self.added)/\($0.hex)", $0) }
    let images = sources.images.sorted { ($0.reference, "\($0.platform)") < ($1.reference, "\($1.platform)") }
    var entries: [Descriptor] = []
    var inBase: Set<Digest> = []
    for image in images {
      let found = try Image(manifest: image.digest, in: store.root)
      inBase.formUnion(found.blobs.map(\.digest))
      if let pinned = Self.pinned(image.reference) { inBase.insert(pinned) }
      let descriptor = found.descriptor(annotations: [ImageIndex.referenceName: image.reference])
      entries.append(
        Descriptor(
          mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size, platform: image.platform,
          annotations: descriptor.annotations))
    }
    blobs += inBase.map { ("\(Self.base)/\($0.hex)", $0) }
    blobs.sort { $0.0 < $1.0 }
    var summary = VendoredFolder.Summary()
    var sums: [(digest: Digest, path: String)] = []
    for (name, digest) in blobs {
      let (target, source) = ("\(path)/\(name)", store.path(of: digest))
      let size = try FileStatus(of: source, followingLink: true).size
      if let found = try? SHA256.digest(ofFile: target), found.digest == digest {
        summary.kept += 1
      } else {
        try ContentStore.copy(source, size: size, to: target, as: digest, mayLink: false)
      }
      summary.files += 1
      summary.size += size
      sums.append((digest, name))
    }
    func text(_ bytes: [UInt8], _ name: String) throws {
      try Files.write(bytes, to: "\(path)/\(name)")
      sums.append((SHA256.digest(of: bytes), name))
      summary.size += bytes.count
      summary.files += 1
    }
    if images.isEmpty {
      try Files.remove("\(path)/base")
    } else {
      try text(ImageIndex.layoutBytes, Self.layout[0])
      try text(Index(manifests: entries).bytes, Self.layout[1])
    }
    try text(Array(sources.json.canonicalText.utf8), Self.names)
    // The lock of no record would be one that nobody wrote.
    if lock == NetworkLock() {
      try Files.remove("\(path)/\(Self.lock)")
    } else {
      try text(Array(lock.text.utf8), Self.lock)
    }
    try prune(keeping: Set(blobs.map(\.0)))
    sums.sort { $0.path < $1.path }
    try Files.write(sums.map { "\($0.digest.hex)  \($0.path)\n" }.joined(), to: "\(path)/\(VendoredFolder.sums)")
    return summary
  }

  /// Removes blobs that no name leads to, such as those of an older Dockerfile.
  private func prune(keeping names: Set<String>) throws {
    for folder in [Self.recorded, Self.added, Self.base] {
      for name in try blobs(in: folder) where !names.contains(name) { try Files.remove("\(path)/\(name)") }
      if Files.isDirectory("\(path)/\(folder)"), try Files.list("\(path)/\(folder)").isEmpty {
        try Files.remove("\(path)/\(folder)")
      }
    }
  }

  private func blobs(in folder: String) throws -> [String] {
    guard Files.isDirectory("\(path)/\(folder)") else { return [] }
    return try Files.list("\(path)/\(folder)").sorted().map { "\(folder)/\($0)" }
  }

  /// The digest that a reference names, which may be that of an index.
  private static func pinned(_ reference: String) -> Digest? {
    guard let at = reference.lastIndex(of: "@") else { return nil }
    return try? Digest(parsing: String(reference[reference.index(after: at)...]))
  }

  // MARK: Reading

  /// Brings everything from here into the store, and gives the names of it.
  public func bringIntoStore() async throws -> DockerfileSources {
    guard Files.isFile("\(path)/\(Self.names)"),
      let json = try? JSONValue(parsing: try Files.read("\(path)/\(Self.names)", limit: 64 << 20)),
      let sources = DockerfileSources(json: json)
    else { throw VendoredFolder.Failure.missing("\(Self.names)", folder: path) }
    try await progress.during("verify vendored files") {
      try await BlockingPool.run { [self] in
        for folder in [Self.recorded, Self.added, Self.base] {
          for name in try blobs(in: folder) {
            // What is still being written has no name yet that counts.
            guard let digest = try? Digest(algorithm: .sha256, hex: Path.name(name)) else { continue }
            try bring(name, as: digest)
          }
        }
        for image in sources.images { try check(image) }
        for file in sources.files where !store.contains(file.digest) {
          throw VendoredFolder.Failure.missing("\(Self.added)/\(file.digest.hex)", folder: path)
        }
      }
    }
    return sources
  }

  private func bring(_ name: String, as digest: Digest) throws {
    let source = "\(path)/\(name)"
    if store.contains(digest) { return }
    let size = try FileStatus(of: source, followingLink: true).size
    do throws(ImageError) {
      try ContentStore.copy(source, size: size, to: store.path(of: digest), as: digest, mayLink: false)
    } catch {
      if case .wrongDigest(let expected, let found, _) = error {
        throw VendoredFolder.Failure.changed(source, expected: expected, found: found)
      }
      throw error
    }
  }

  /// An image must be whole, and be what its name says where that has a digest: its own, or that of an index that lists it.
  private func check(_ image: DockerfileSources.BaseImage) throws {
    for digest in [image.digest] + (Self.pinned(image.reference).map { [$0] } ?? []) where !store.contains(digest) {
      throw VendoredFolder.Failure.missing("\(Self.base)/\(digest.hex)", folder: path)
    }
    for blob in try Image(manifest: image.digest, in: store.root).blobs where !store.contains(blob.digest) {
      throw VendoredFolder.Failure.missing("\(Self.base)/\(blob.digest.hex)", folder: path)
    }
    guard let pinned = Self.pinned(image.reference), pinned != image.digest else { return }
    let listed = try? Index(parsing: try store.read(pinned)).manifests.map(\.digest)
    guard listed?.contains(image.digest) == true else {
      throw VendoredFolder.Failure.changed(
        "\(path)/\(Self.names), \(image.reference)", expected: pinned, found: image.digest)
    }
  }
}
