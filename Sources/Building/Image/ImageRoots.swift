public import Images
internal import Host
internal import OCI

/// Images unpacked on disk, once for each set of layers, to run things in.
public struct ImageRoots: Sendable {
  private let cache: BuildCache

  /// Keeps roots in a cache.
  public init(cache: BuildCache) { self.cache = cache }

  /// The root of an image; it belongs to the cache and must not be changed.
  public func directory(for image: Image) async throws -> String {
    try await cache.directory(.roots, key: Self.key(of: image)) { directory in
      try await BlockingPool.run { try image.unpack(into: directory) }
    }
  }

  /// The name of an image's root.
  static func key(of image: Image) -> String { "image-" + BuildCache.key(image.config.diffIDs.map(\.description)) }
}
