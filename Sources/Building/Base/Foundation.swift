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
    case .root(let path): Path.name(path)
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
    guard case .image(_, _, let base) = self else { return tree }
    let files = try await base.value()
    var fitted = LayerTree()
    var places: [String: String] = [:]
    for var node in tree.nodes {
      if let parent = Path.parent(node.entry.path) {
        let place = places[parent] ?? files.resolve(parent)
        places[parent] = place
        node.entry.path = place.isEmpty ? Path.name(node.entry.path) : "\(place)/\(Path.name(node.entry.path))"
      }
      if node.entry.kind == .directory, files.isDirectory(node.entry.path) { continue }
      try fitted.set(node.entry, content: node.content, from: node.origin)
    }
    return fitted
  }
}
