import Images
import OCI

/// The store as a sink.
struct StoreSink: ImageSink {
  let store: ContentStore

  var holdsMany: Bool { true }

  func put(
    _ blob: Descriptor, mountingFrom other: Reference?, isVerified: Bool,
    content: @Sendable () async throws(RegistryError) -> BlobFile
  ) async throws(RegistryError) {
    if store.contains(blob.digest) { return }
    let file = try await content()
    // What comes from a registry is there by now.
    if store.contains(blob.digest) { return }
    let target = store.path(of: blob.digest)
    try await blocking { () throws(ImageError) in try file.place(at: target, as: blob.digest, isVerified: isVerified) }
  }

  func put(_ manifest: RawManifest, isRoot: Bool) async throws(RegistryError) {
    do throws(ImageError) { try store.add(manifest.bytes, manifest.descriptor.digest.algorithm) } catch {
      throw RegistryError(error)
    }
  }

  func finish() async throws(RegistryError) {}
}

/// Keeps garbage collection away while content has no name yet.
final class StoreUse: Sendable {
  private let use: ContentStore.Use

  init(_ use: consuming ContentStore.Use) { self.use = use }
}
