internal import Host
public import Layers
internal import OCI

/// The files of an image as a container sees them, found without unpacking: all layers merged, whiteouts applied.
public struct ImageTree: Hashable, Sendable {
  /// One path of the image.
  public struct Node: Hashable, Sendable {
    /// The entry and what is known of its content.
    public let item: LayerIndex.Item
    /// The number of the layer that it comes from, the lowest is 0.
    public let layer: Int

    /// The entry.
    public var entry: TarEntry { item.entry }
  }

  /// All nodes, sorted by the bytes of their paths.
  public let nodes: [Node]

  /// Merges layers, bottom first.
  public init(merging layers: [LayerIndex]) {
    var merged: [PathKey: Node] = [:]
    for (number, layer) in layers.enumerated() { Self.apply(layer, number: number, to: &merged) }
    nodes = merged.values.sorted { $0.entry.path.utf8.lexicographicallyPrecedes($1.entry.path.utf8) }
  }

  private static func apply(_ layer: LayerIndex, number: Int, to merged: inout [PathKey: Node]) {
    var hidden: Set<PathKey> = []
    var emptied: Set<PathKey> = []
    var added: [Node] = []
    for item in layer.items where item.entry.path != "." {
      switch Whiteout(item.entry.path) {
      case .path(let path): hidden.insert(PathKey(path))
      case .children(let directory): emptied.insert(PathKey(directory))
      case nil:
        added.append(Node(item: item, layer: number))
        // What is no directory any more holds nothing any more.
        let key = PathKey(item.entry.path)
        if item.entry.kind != .directory, merged[key]?.entry.kind == .directory { emptied.insert(key) }
      }
    }
    if !hidden.isEmpty || !emptied.isEmpty {
      merged = merged.filter { key, _ in
        if hidden.contains(key) || emptied.contains(PathKey("")) { return false }
        var path = key.path
        while let parent = Path.parent(path) {
          if hidden.contains(PathKey(parent)) || emptied.contains(PathKey(parent)) { return false }
          path = parent
        }
        return true
      }
    }
    for node in added { merged[PathKey(node.entry.path)] = node }
    for node in added { addParents(of: node.entry.path, to: &merged) }
  }

  /// A layer need not list the directories above its files.
  private static func addParents(of path: String, to merged: inout [PathKey: Node]) {
    var path = path
    while let parent = Path.parent(path), merged[PathKey(parent)] == nil {
      let entry = TarEntry(path: parent, kind: .directory, mode: 0o755)
      merged[PathKey(parent)] = Node(item: LayerIndex.Item(entry: entry, digest: nil, content: nil), layer: 0)
      path = parent
    }
  }

  /// The node at a path from the root without a leading slash; no link is followed.
  public subscript(_ path: String) -> Node? {
    let index = firstIndex(notBefore: path)
    guard index < nodes.count, nodes[index].entry.path.utf8.elementsEqual(path.utf8) else { return nil }
    return nodes[index]
  }

  /// All nodes below a directory.
  public func below(_ directory: String) -> ArraySlice<Node> {
    let prefix = directory + "/"
    let start = firstIndex(notBefore: prefix)
    // "0" is the byte after "/".
    return nodes[start..<firstIndex(notBefore: directory + "0")]
  }

  /// The nodes right in a directory.
  public func children(of directory: String) -> [Node] {
    let depth = directory.utf8.count + 1
    return below(directory).filter { node in
      !node.entry.path.utf8.dropFirst(depth).contains(UInt8(ascii: "/"))
    }
  }

  private func firstIndex(notBefore path: String) -> Int {
    var (low, high) = (0, nodes.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle].entry.path.utf8.lexicographicallyPrecedes(path.utf8) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Where a path leads when links are followed as a process inside would follow them.
  ///
  /// Parts that do not exist stay as they are, so that the place of a new file is found, too.
  ///
  /// - Parameters:
  ///   - isFollowingLast: Whether a link at the end is followed.
  ///   - visit: Sees the path of each link on the way.
  public func resolve(_ path: String, followingLast: Bool = true, visit: (String) -> Void = { _ in }) -> String {
    RootedPath(following: path.split(separator: "/"), followingLast: followingLast) { names in
      let place = names.joined(separator: "/")
      guard case .symbolicLink(let target) = self[place]?.entry.kind else { return nil }
      visit(place)
      return target
    }.path
  }

  /// The kept text of a file, found through links.
  public func keptContent(_ path: String) -> [UInt8]? { self[resolve(path)]?.item.content }

  /// Whether a path leads to a directory.
  public func isDirectory(_ path: String) -> Bool {
    let place = resolve(path)
    return place.isEmpty || self[place]?.entry.kind == .directory
  }
}
