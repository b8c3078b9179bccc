import Host
import OCI

/// Where an image comes from: manifests as bytes, blobs as files on this machine.
protocol ImageSource: Sendable {
  /// The manifest or index that the place's name leads to.
  func root() async throws(RegistryError) -> RawManifest
  /// A manifest that another one lists.
  func manifest(_ descriptor: Descriptor) async throws(RegistryError) -> RawManifest
  /// A blob, fetched if it is elsewhere; its digest is known to be right if `isVerified`.
  func blob(_ descriptor: Descriptor, progress: Progress) async throws(RegistryError) -> BlobFile
  /// Whether the blobs are there and as large as they should be, as far as that can be told without fetching them; throws if
  /// not, before anything is written elsewhere.
  func check(_ blobs: [Descriptor]) async throws(RegistryError)
  /// The manifests that say something about this one.
  func referrers(of digest: Digest) async throws(RegistryError) -> [Descriptor]
  /// The registry's repository, if it is one: blobs can be mounted from there.
  var repository: Reference? { get }
  /// Whether blobs were checked against their digests on the way here.
  var isVerified: Bool { get }
}

extension ImageSource {
  var repository: Reference? { nil }
  var isVerified: Bool { false }
  func check(_ blobs: [Descriptor]) async throws(RegistryError) {}
}

/// Where an image goes to.
protocol ImageSink: Sendable {
  /// Takes a blob; `content` is called only if its bytes are needed.
  func put(
    _ blob: Descriptor, mountingFrom other: Reference?, isVerified: Bool,
    content: @Sendable () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError)
  /// Takes a manifest whose children are there already.
  ///
  /// - Parameter isRoot: Whether the place's name is to lead to it.
  func put(_ manifest: RawManifest, isRoot: Bool) async throws(RegistryError)
  /// Ends the work: whoever reads the place sees the image from now on.
  func finish() async throws(RegistryError)
  /// Whether it can hold an index, or referrers.
  var holdsMany: Bool { get }
}
