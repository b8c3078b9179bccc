import Host
import Images
import OCI

/// A directory with a file for each blob, named by its digest, and the manifest beside them.
///
/// It is skopeo's form (containers-transports(5), "dir"); manifests that an index lists are named by digest, too.
enum DirectoryPlace {
  static let version = "Directory Transport Version: 1.1\n"

  static func manifestName(_ digest: Digest) -> String { "\(blobName(digest)).manifest.json" }

  static func blobName(_ digest: Digest) -> String {
    digest.algorithm == .sha256 ? digest.hex : "\(digest.algorithm.rawValue)-\(digest.hex)"
  }
}

/// Such a directory as a source.
struct DirectorySource: ImageSource {
  let path: String

  func root() async throws(RegistryError) -> RawManifest {
    let bytes = try read("manifest.json")
    guard let type = RawManifest.mediaType(of: bytes) else {
      throw .image(.notAnImage(path, problem: "its manifest.json is no manifest"))
    }
    return RawManifest(bytes: bytes, mediaType: type)
  }

  func manifest(_ descriptor: Descriptor) async throws(RegistryError) -> RawManifest {
    let manifest = RawManifest(
      bytes: try read(DirectoryPlace.manifestName(descriptor.digest)), mediaType: descriptor.mediaType,
      descriptor.digest.algorithm)
    guard manifest.descriptor.digest == descriptor.digest else {
      throw .image(.wrongDigest(expected: descriptor.digest, found: manifest.descriptor.digest, place: path))
    }
    return manifest
  }

  func blob(_ descriptor: Descriptor, progress: Progress) async throws(RegistryError) -> BlobFile {
    try BlobFile(descriptor, at: Path.join(path, DirectoryPlace.blobName(descriptor.digest)))
  }

  func check(_ blobs: [Descriptor]) async throws(RegistryError) {
    for blob in blobs { _ = try BlobFile(blob, at: Path.join(path, DirectoryPlace.blobName(blob.digest))) }
  }

  func referrers(of digest: Digest) async throws(RegistryError) -> [Descriptor] { [] }

  private func read(_ name: String) throws(RegistryError) -> [UInt8] {
    do throws(SystemError) { return try Files.read(Path.join(path, name), limit: RawManifest.limit) } catch {
      throw error.isMissingFile ? .image(.notAnImage(path, problem: "it has no \(name)")) : .system(error)
    }
  }
}

/// Such a directory as a sink.
struct DirectorySink: ImageSink {
  private let path: String

  init(path: String) throws(RegistryError) {
    self.path = path
  }

  var holdsMany: Bool { true }

  func put(
    _ blob: Descriptor, mountingFrom other: Reference?, isVerified: Bool,
    content: @Sendable () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError) {
    let target = Path.join(path, DirectoryPlace.blobName(blob.digest))
    let file = try await content()
    try hosted { () throws(SystemError) in try Files.createDirectory(path) }
    try await blocking { () throws(ImageError) in try file.place(at: target, as: blob.digest, isVerified: isVerified) }
  }

  func put(_ manifest: RawManifest, isRoot: Bool) async throws(RegistryError) {
    let name = isRoot ? "manifest.json" : DirectoryPlace.manifestName(manifest.descriptor.digest)
    try hosted { () throws(SystemError) in
      try Files.createDirectory(path)
      try Files.write(manifest.bytes, to: Path.join(path, name))
    }
  }

  func finish() async throws(RegistryError) {
    try hosted { () throws(SystemError) in try Files.write(DirectoryPlace.version, to: Path.join(path, "version")) }
  }
}
