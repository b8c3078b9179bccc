internal import Layers
public import OCI

/// What each layer of an image brings, and how much of it later layers hide.
///
/// A file that a later layer replaces or deletes is still downloaded and stored. Specification for deletions: OCI
/// image-spec 1.1, layer.md, "Whiteouts".
public struct LayerUsage: Sendable {
  /// One layer.
  public struct Layer: Hashable, Sendable {
    /// Its blob.
    public let descriptor: Descriptor
    /// The digest of the tar archive inside.
    public let diffID: Digest
    /// How many files it holds.
    public internal(set) var files = 0
    /// What they hold, in bytes.
    public internal(set) var bytes = 0
    /// How much of that later layers hide, in bytes.
    public internal(set) var hiddenBytes = 0
  }

  /// A file that is there for nothing.
  public struct Waste: Hashable, Sendable {
    /// Its path.
    public let path: String
    /// What it holds, in bytes, in all layers where it is hidden.
    public let bytes: Int
    /// In how many layers it is hidden.
    public let count: Int

    /// States what is hidden under a path.
    public init(path: String, bytes: Int, count: Int) {
      self.path = path
      self.bytes = bytes
      self.count = count
    }
  }

  /// The layers, bottom first.
  public let layers: [Layer]
  /// The hidden files, largest first.
  public let waste: [Waste]

  /// Reads all layers of an image; it blocks.
  public init(of image: Image) throws(ImageError) {
    var layers = image.layers.map { Layer(descriptor: $0.descriptor, diffID: $0.diffID) }
    var tree = UsageTree()
    for (index, layer) in image.layers.enumerated() {
      try layered { () throws(LayerError) in
        let reader = try TarReader(path: layer.path)
        // What a layer deletes lies in those below it: its own files come after, whatever the order in the archive.
        var added: [(path: String, size: Int)] = []
        while let entry = try reader.next() {
          if let target = Whiteout(entry.path) {
            tree.hide(target)
            continue
          }
          guard entry.kind != .directory else { continue }
          added.append((entry.path, entry.size))
          layers[index].files += 1
          layers[index].bytes += entry.size
        }
        for file in added { tree.add(file.path, size: file.size, layer: index) }
      }
    }
    for (index, bytes) in tree.hiddenBytes { layers[index].hiddenBytes = bytes }
    self.layers = layers
    waste = tree.waste
  }

  /// What all files hold, in bytes.
  public var bytes: Int { layers.reduce(0) { $0 + $1.bytes } }
  /// What is hidden, in bytes.
  public var hiddenBytes: Int { layers.reduce(0) { $0 + $1.hiddenBytes } }
}

/// The files that are to be seen, and the sums of those that are not any more.
private struct UsageTree {
  private final class Node {
    var children: [Substring: Node] = [:]
    var file: (size: Int, layer: Int)?
  }

  private let root = Node()
  private(set) var hiddenBytes: [Int: Int] = [:]
  private var hidden: [String: (bytes: Int, count: Int)] = [:]

  mutating func add(_ path: String, size: Int, layer: Int) {
    var node = root
    for part in path.split(separator: "/") {
      // A file where a directory has to be is replaced by it.
      if node !== root { note(node, path: "") }
      if let next = node.children[part] {
        node = next
      } else {
        let next = Node()
        node.children[part] = next
        node = next
      }
    }
    if node.file?.layer != layer { hideAll(below: node, path: path) }
    node.file = (size, layer)
  }

  mutating func hide(_ whiteout: Whiteout) {
    switch whiteout {
    case .path(let path):
      let parts = path.split(separator: "/")
      guard let name = parts.last, let parent = find(parts.dropLast()) else { return }
      if let node = parent.children.removeValue(forKey: name) {
        hideAll(below: node, path: path)
      }
    case .children(let directory):
      let parts = directory.split(separator: "/")
      guard let node = find(parts[...]) else { return }
      for (name, child) in node.children { hideAll(below: child, path: (parts + [name]).joined(separator: "/")) }
      node.children = [:]
    }
  }

  private func find(_ parts: ArraySlice<Substring>) -> Node? {
    var node = root
    for part in parts {
      guard let next = node.children[part] else { return nil }
      node = next
    }
    return node
  }

  private mutating func hideAll(below node: Node, path: String) {
    note(node, path: path)
    for (name, child) in node.children { hideAll(below: child, path: "\(path)/\(name)") }
    node.children = [:]
  }

  private mutating func note(_ node: Node, path: String) {
    guard let file = node.file else { return }
    node.file = nil
    hiddenBytes[file.layer, default: 0] += file.size
    if !path.isEmpty {
      let known = hidden[path] ?? (0, 0)
      hidden[path] = (known.bytes + file.size, known.count + 1)
    }
  }

  var waste: [LayerUsage.Waste] {
    hidden.map { LayerUsage.Waste(path: $0.key, bytes: $0.value.bytes, count: $0.value.count) }
      .sorted { ($1.bytes, $0.path) < ($0.bytes, $1.path) }
  }
}
