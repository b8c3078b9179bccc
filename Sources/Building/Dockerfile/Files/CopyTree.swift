internal import Dockerfiles
internal import Host
internal import Layers

/// The files that a copy reads from: a folder on disk or the file system of a stage, as one tree of entries.
struct CopyTree: Sendable {
  /// The tree; paths in its entries are those from its root.
  let index: FileIndex
  /// Where the content of a file lies, by its path.
  let content: @Sendable (_ file: FileIndex.Node) -> LayerTree.Content?
  /// Whether owners are those of files in an image, not of whoever checked out the context.
  let keepsOwners: Bool

  /// What a folder holds besides what its ignore file names; it blocks.
  init(folder: String, ignoring: IgnoreFile) throws(LayerError) {
    var tree = try TreeScanner.scan(folder) { !ignoring.ignores($0) || ignoring.looksInto($0) }
    // Something that is to be seen may lie in a folder that is not: its folders come along, and as with Debian's Docker so do
    // those that an exception names, whether or not it finds anything there.
    var seen: Set<PathKey> = []
    for node in tree.nodes {
      let isOpened = node.entry.kind == .directory && ignoring.looksInto(node.entry.path)
      guard isOpened || !ignoring.ignores(node.entry.path) else { continue }
      var path: String? = node.entry.path
      while let place = path, seen.insert(PathKey(place)).inserted { path = Path.parent(place) }
    }
    tree.removeAll { !seen.contains(PathKey($0.entry.path)) }
    let scanned = tree
    var index = FileIndex()
    let entries = scanned.nodes.map { node in
      // Like owners, attributes are those of whoever checked out the context.
      var entry = node.entry
      entry.attributes = [:]
      return entry
    }
    index.apply(entries, layer: 0, hasWhiteouts: false)
    self.index = index
    keepsOwners = false
    content = { node in
      if case .hardLink(let target) = node.entry.kind { return scanned[target]?.content }
      return scanned[node.entry.path]?.content
    }
  }

  init(index: FileIndex, keepsOwners: Bool, content: @escaping @Sendable (FileIndex.Node) -> LayerTree.Content?) {
    self.index = index
    self.keepsOwners = keepsOwners
    self.content = content
  }
}
