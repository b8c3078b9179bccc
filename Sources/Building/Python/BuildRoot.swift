internal import Host
internal import Images

/// The root that wheels are built in: the image's own Debian root, or its base, which is unpacked only when it comes to that.
struct BuildRoot: Sendable {
  /// What tells it from any other.
  let key: String
  /// Where it lies.
  let directory: Shared<String>

  /// A root on disk, named by what it is made of.
  init(_ path: String) {
    key = Path.name(path)
    directory = Shared { path }
  }

  /// The root of an image.
  init(_ image: Image, cache: BuildCache) {
    key = ImageRoots.key(of: image)
    directory = Shared { try await ImageRoots(cache: cache).directory(for: image) }
  }
}
