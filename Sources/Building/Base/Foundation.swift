internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Resolution

/// What the layers of an image's own lie on: a root made of packages, or another image.
enum Foundation: Sendable {
  /// A directory of the cache.
  case root(String)
  /// An image of a registry, whose files are known without being unpacked.
  case image(Image, reference: String, tree: Shared<ImageTree>)

  /// What tells it from any other.
  var key: String {
    switch self {
    case .root(let path): "fitted \(Path.name(path))"
    case .image(let image, _, _): image.digest.description
    }
  }

  /// The name of the image, if it is one.
  var reference: String? {
    if case .image(_, let reference, _) = self { reference } else { nil }
  }

  /// The text of an account file; nil when there is none.
  func text(_ path: String) async throws -> String? {
    switch self {
    case .root(let root): return Files.isFile(root + path) ? try Files.text(root + path) : nil
    case .image(_, _, let tree):
      return try await tree.value().keptContent(path).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// Fits a tree that is to lie above: links on the way are followed, and directories that are there keep what they are.
  func fit(_ tree: LayerTree) async throws -> LayerTree {
    switch self {
    case .image(_, _, let base):
      let files = try await base.value()
      return try Self.fit(tree) { path in
        files.resolve(path)
      } isThere: {
        files.isDirectory($0.path)
      }
    case .root(let root):
      let files = RootFiles(root: root)
      return try await BlockingPool.run { () throws(LayerError) in
        var followed = LayerTree()
        for var node in tree.nodes {
          if node.entry.kind == .directory { node.entry.path = try files.resolve(node.entry.path) }
          try followed.add(node.entry, content: node.content, from: node.origin)
        }
        return try Self.fit(followed) { path throws(LayerError) in
          try files.resolve(path)
        } isThere: {
          Self.isOnTheWay($0) && files.isDirectory($0.path)
        }
      }
    }
  }

  private static func fit(
    _ tree: LayerTree, resolve: (String) throws(LayerError) -> String, isThere: (TarEntry) -> Bool
  ) throws(LayerError) -> LayerTree {
    var fitted = LayerTree()
    var places: [String: String] = [:]
    for var node in tree.nodes {
      if let parent = Path.parent(node.entry.path) {
        let place = if let known = places[parent] { known } else { try resolve(parent) }
        places[parent] = place
        node.entry.path = place.isEmpty ? Path.name(node.entry.path) : "\(place)/\(Path.name(node.entry.path))"
      }
      if node.entry.kind == .directory, isThere(node.entry) { continue }
      try fitted.set(node.entry, content: node.content, from: node.origin)
    }
    return fitted
  }

  /// Whether a directory is there for what lies in it alone; a user's home has an owner and a mode of its own.
  private static func isOnTheWay(_ entry: TarEntry) -> Bool {
    (entry.mode, entry.uid, entry.gid) == (0o755, 0, 0)
  }
}
