internal import Layers
public import OCI
internal import Trust

/// What each layer of an image brings, how much of it later layers hide, and what is there more than once.
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

  /// Files of one content under several paths, all of them to be seen; hard links are one file.
  public struct Duplicate: Hashable, Sendable {
    /// Their paths, in order.
    public let paths: [String]
    /// What each of them holds, in bytes.
    public let size: Int
    /// What all but one of them hold, in bytes.
    public var bytes: Int { size * (paths.count - 1) }

    /// States what is the same.
    public init(paths: [String], size: Int) {
      self.paths = paths
      self.size = size
    }
  }

  /// The layers, bottom first.
  public let layers: [Layer]
  /// The hidden files, largest first.
  public let waste: [Waste]
  /// What is there more than once, the largest waste first; empty files are not named.
  public let duplicates: [Duplicate]

  /// Reads all layers of an image; it blocks.
  public init(of image: Image) throws(ImageError) {
    var layers = image.layers.map { Layer(descriptor: $0.descriptor, diffID: $0.diffID) }
    var tree = UsageTree()
    for (index, layer) in image.layers.enumerated() {
      try layered { () throws(LayerError) in
        let reader = try TarReader(path: layer.path)
        // What a layer deletes lies in those below it: its own files come after, whatever the order in the archive.
        var added: [(path: String, content: UsageTree.Content)] = []
        while let entry = try reader.next() {
          if let target = Whiteout(entry.path) {
            tree.hide(target)
            continue
          }
          guard entry.kind != .directory else { continue }
          let digest = entry.kind == .file && entry.size > 0 ? try Self.digest(of: reader) : nil
          added.append((entry.path, UsageTree.Content(size: entry.size, layer: index, digest: digest)))
          layers[index].files += 1
          layers[index].bytes += entry.size
        }
        for file in added { tree.add(file.path, file.content) }
      }
    }
    for (index, bytes) in tree.hiddenBytes { layers[index].hiddenBytes = bytes }
    self.layers = layers
    waste = tree.waste
    duplicates = tree.duplicates
  }

  private static func digest(of reader: TarReader) throws(LayerError) -> Digest {
    var hash = SHA256()
    try reader.forEachChunk { (chunk) throws(LayerError) in hash.update(chunk) }
    return hash.finish()
  }

  /// What all files hold, in bytes.
  public var bytes: Int { layers.reduce(0) { $0 + $1.bytes } }
  /// What is hidden, in bytes.
  public var hiddenBytes: Int { layers.reduce(0) { $0 + $1.hiddenBytes } }
  /// What is there once more than needed, in bytes.
  public var duplicateBytes: Int { duplicates.reduce(0) { $0 + $1.bytes } }
}

/// The files that are to be seen, and the sums of those that are not any more.
private struct UsageTree {
  /// What lies at a path: how many bytes, by which layer, and their digest if it is a regular file with any.
  struct Content {
    let size: Int
    let layer: Int
    let digest: Digest?
  }

  private final class Node {
    var children: [Substring: Node] = [:]
    var file: Content?
  }

  private let root = Node()
  private(set) var hiddenBytes: [Int: Int] = [:]
  private var hidden: [String: (bytes: Int, count: Int)] = [:]

  mutating func add(_ path: String, _ content: Content) {
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
    if node.file?.layer != content.layer { hideAll(below: node, path: path) }
    node.file = content
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

  var duplicates: [LayerUsage.Duplicate] {
    var known: [Digest: (size: Int, paths: [String])] = [:]
    var open: [(node: Node, path: String)] = [(root, "")]
    while let (node, path) = open.popLast() {
      if let file = node.file, let digest = file.digest { known[digest, default: (file.size, [])].paths.append(path) }
      for (name, child) in node.children { open.append((child, path.isEmpty ? String(name) : "\(path)/\(name)")) }
    }
    return known.values.filter { $0.paths.count > 1 }
      .map { LayerUsage.Duplicate(paths: $0.paths.sorted(), size: $0.size) }
      .sorted { ($1.bytes, $0.paths[0]) < ($0.bytes, $1.paths[0]) }
  }
}
