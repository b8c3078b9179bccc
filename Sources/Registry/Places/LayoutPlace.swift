import Host
import Images
import JSON
import OCI
import Synchronization
import Trust

/// A directory in OCI's layout as a source, or the blobs of one with its index apart.
struct LayoutSource: ImageSource {
  /// The directory that holds `blobs/`.
  let path: String
  let index: Index
  let tag: String?
  /// Where it is, for people.
  let place: String
  var isVerified = false

  /// Opens a directory.
  init(path: String, tag: String?) throws(RegistryError) {
    do throws(ImageError) { index = try OCILayout(at: path).index } catch { throw RegistryError(error) }
    self.path = path
    self.tag = tag
    place = path
  }

  /// Takes an index whose blobs are in a store, where they were checked.
  init(index: Index, in root: String, tag: String?, place: String) {
    path = root
    self.index = index
    self.tag = tag
    self.place = place
    isVerified = true
  }

  func root() async throws(RegistryError) -> RawManifest {
    let tags = index.manifests.compactMap { $0.annotations[ImageIndex.referenceName] }
    let candidates = index.manifests.filter { entry in
      tag.map {
        entry.annotations[ImageIndex.referenceName] == $0 || entry.annotations[ImageIndex.containerdName] == $0
          || entry.digest.description == $0
      } ?? true
    }
    guard let first = candidates.first else {
      throw .image(
        tag.map { .unknownTag($0, place: place, known: tags) } ?? .notAnImage(place, problem: "its index is empty"))
    }
    guard candidates.allSatisfy({ $0.digest == first.digest }) else {
      throw .image(.ambiguous(place: place, tags: tags))
    }
    return try await manifest(first)
  }

  func manifest(_ descriptor: Descriptor) async throws(RegistryError) -> RawManifest {
    let bytes = try read(descriptor.digest)
    return RawManifest(bytes: bytes, mediaType: descriptor.mediaType, descriptor.digest.algorithm)
  }

  func blob(_ descriptor: Descriptor, progress: Progress) async throws(RegistryError) -> BlobFile {
    try BlobFile(descriptor, at: BlobPath.path(of: descriptor.digest, in: path))
  }

  func check(_ blobs: [Descriptor]) async throws(RegistryError) {
    for blob in blobs { _ = try BlobFile(blob, at: BlobPath.path(of: blob.digest, in: path)) }
  }

  /// Referrers stand in the index by themselves, or in another index under their subject's tag.
  func referrers(of digest: Digest) async throws(RegistryError) -> [Descriptor] {
    var found: [Descriptor] = []
    let fallback = Repository.fallbackTag(of: digest)
    for entry in index.manifests {
      let bytes = try read(entry.digest)
      let manifest = RawManifest(bytes: bytes, mediaType: entry.mediaType)
      if manifest.subject?.digest == digest { found.append(entry) }
      if entry.annotations[ImageIndex.referenceName] == fallback, manifest.isIndex,
        let listed = try? Index(parsing: bytes)
      {
        found += listed.manifests
      }
    }
    var seen: Set<Digest> = []
    return found.filter { seen.insert($0.digest).inserted }
  }

  private func read(_ digest: Digest) throws(RegistryError) -> [UInt8] {
    let path = BlobPath.path(of: digest, in: path)
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(path, limit: RawManifest.limit) } catch {
      throw error.isMissingFile ? .image(.missingBlob(digest, place: place)) : .system(error)
    }
    let found = ContentHash.digest(of: bytes, digest.algorithm)
    guard found == digest else { throw .image(.wrongDigest(expected: digest, found: found, place: path)) }
    return bytes
  }
}

/// A directory in OCI's layout as a sink; what else it holds stays.
///
/// Blobs are there before the index names them. Those of a copy that broke off stay: the next one goes on with them, and nobody
/// takes them for an image.
final class LayoutSink: ImageSink {
  private let path: String
  private let tag: String?
  private let entries = Mutex<[(descriptor: Descriptor, isRoot: Bool)]>([])

  init(path: String, tag: String?) throws(RegistryError) {
    self.path = path
    self.tag = tag
  }

  var holdsMany: Bool { true }

  func put(
    _ blob: Descriptor, mountingFrom other: Reference?, isVerified: Bool,
    content: @Sendable () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError) {
    let target = BlobPath.path(of: blob.digest, in: path)
    if (try? BlobFile(blob, at: target)) != nil { return }
    let file = try await content()
    let directory = Path.parent(target) ?? path
    try hosted { () throws(SystemError) in try Files.createDirectory(directory) }
    try await blocking { () throws(ImageError) in try file.place(at: target, as: blob.digest, isVerified: isVerified) }
  }

  func put(_ manifest: RawManifest, isRoot: Bool) async throws(RegistryError) {
    let target = BlobPath.path(of: manifest.descriptor.digest, in: path)
    if !Files.isFile(target) {
      try hosted { () throws(SystemError) in
        try Files.createDirectory(Path.parent(target) ?? path)
        try Files.write(manifest.bytes, to: target)
      }
    }
    // Referrers have to be found without their subject's index, so they stand there by themselves.
    if isRoot || manifest.subject != nil { entries.withLock { $0.append((manifest.descriptor, isRoot)) } }
  }

  /// Writes the index anew with the other images in it as they were.
  func finish() async throws(RegistryError) {
    let entries = entries.withLock { $0 }
    let path = path
    let tag = tag
    try await BlockingPool.run { () throws(RegistryError) in try Self.writeIndex(entries, tag: tag, in: path) }
  }

  private static func writeIndex(
    _ entries: [(descriptor: Descriptor, isRoot: Bool)], tag: String?, in path: String
  ) throws(RegistryError) {
    // One process at a time: the lock is the directory's own, so that no file is left that belongs to no layout.
    let directory = try hosted { () throws(SystemError) in
      let handle = try FileHandle(reading: path)
      _ = try handle.lock(waiting: true)
      return handle
    }
    let indexPath = path + "/index.json"
    var members: [JSONMember] = [
      JSONMember("schemaVersion", .integer(2)), JSONMember("mediaType", .string(MediaType.imageIndex.rawValue)),
    ]
    var manifests: [JSONValue] = []
    if Files.exists(indexPath) {
      let bytes = try hosted { () throws(SystemError) in try Files.read(indexPath, limit: 64 << 20) }
      do throws(JSONParseError) {
        let json = try JSONValue(parsing: bytes)
        members = (json.members ?? []).filter { $0.name != "manifests" }
        manifests = json["manifests"]?.array ?? []
      } catch { throw .configuration(path: indexPath, reason: "\(error)") }
    }
    for entry in entries {
      let name = entry.isRoot ? tag : nil
      let digest = entry.descriptor.digest.description
      let descriptor = Descriptor(
        mediaType: entry.descriptor.mediaType, digest: entry.descriptor.digest, size: entry.descriptor.size,
        annotations: name.map { [ImageIndex.referenceName: $0] } ?? [:])
      if manifests.contains(descriptor.json) { continue }
      manifests.removeAll { other in
        let otherName = other["annotations"]?[ImageIndex.referenceName]?.string
        return otherName == name && (name != nil || other["digest"]?.string == digest)
      }
      manifests.append(descriptor.json)
    }
    let index = JSONValue.object(members + [JSONMember("manifests", .array(manifests))])
    try hosted { () throws(SystemError) in
      if !Files.exists(path + "/oci-layout") { try Files.write(ImageIndex.layoutBytes, to: path + "/oci-layout") }
      // Nothing is flushed to the disk where nothing changed.
      let bytes = Array(index.text().utf8)
      if (try? Files.read(indexPath)) != bytes { try Files.write(bytes, to: indexPath) }
    }
    _ = consume directory
  }
}

extension BlobFile {
  /// Gives the blob a second place: a link if it lies in the store, else a checked copy; it blocks.
  func place(at target: String, as digest: Digest, isVerified: Bool) throws(ImageError) {
    try ContentStore.copy(path, from: offset, size: size, to: target, as: digest, mayLink: isVerified)
  }
}
