internal import Host
public import OCI

/// What a layer is to hold: one node for each path, its content named but not read.
///
/// A tree is a value: steps make trees, trees are merged, and one pass writes the result. The path is compared by its bytes:
/// two names that differ in Unicode normalisation are two files, which Swift's own string comparison would not say.
public struct LayerTree: Sendable {
  /// Where a file's bytes are.
  public enum Content: Sendable, Hashable {
    /// In memory.
    case bytes([UInt8])
    /// In a file on disk.
    case file(path: String)
    /// In a part of a file on disk.
    case range(path: String, Range<Int>)
    /// In a member of a zip archive, for example a wheel; what is read must have the digest, if one is given.
    case zipMember(ZipMember, archive: String, digest: Digest?)
  }

  /// An entry, its content and who brought it.
  public struct Node: Sendable, Hashable {
    /// The entry.
    public var entry: TarEntry
    /// The content of a file.
    public var content: Content?
    /// Who brought the entry, for conflicts: for example a wheel's file name.
    public var origin: String
  }

  private var nodesByPath: [PathKey: Node] = [:]

  /// An empty tree.
  public init() {}

  /// The number of nodes.
  public var count: Int { nodesByPath.count }

  /// Whether there are no nodes.
  public var isEmpty: Bool { nodesByPath.isEmpty }

  /// The node at a path.
  public subscript(_ path: String) -> Node? { nodesByPath[PathKey(path)] }

  /// The nodes sorted by the bytes of their paths, so that a directory stands before what it holds.
  public var nodes: [Node] {
    nodesByPath.values.sorted { $0.entry.path.utf8.lexicographicallyPrecedes($1.entry.path.utf8) }
  }

  /// Puts an entry in its place, over whatever was there.
  ///
  /// - Parameter entry: Its size is set here when the content is in memory.
  public mutating func set(_ entry: TarEntry, content: Content? = nil, from origin: String = "") throws(LayerError) {
    guard let path = Path.contained(entry.path) else {
      throw .inconsistent(path: entry.path, problem: "is no path below the root")
    }
    var entry = entry
    entry.path = path
    switch (entry.kind, content) {
    case (.file, .bytes(let bytes)): entry.size = bytes.count
    case (.file, .some): break
    case (.file, nil): throw .inconsistent(path: path, problem: "is a file without content")
    case (_, .some): throw .inconsistent(path: path, problem: "has content but is no file")
    case (_, nil): entry.size = 0
    }
    nodesByPath[PathKey(path)] = Node(entry: entry, content: content, origin: origin)
  }

  /// Puts an entry in its place; another one there must be equal, or both must be directories, of which the first stays.
  public mutating func add(_ entry: TarEntry, content: Content? = nil, from origin: String = "") throws(LayerError) {
    if let present = self[entry.path] {
      if present.entry.kind == .directory && entry.kind == .directory { return }
      if present.content == content && present.entry.kind == entry.kind { return }
      throw .conflict(path: entry.path, first: present.origin, second: origin)
    }
    try set(entry, content: content, from: origin)
  }

  /// Adds a directory.
  public mutating func addDirectory(
    _ path: String, mode: UInt32 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0, modified: Int = 0
  ) throws(LayerError) {
    try add(TarEntry(path: path, kind: .directory, mode: mode, uid: uid, gid: gid, modified: modified))
  }

  /// Adds a file whose content is in memory.
  public mutating func addFile(
    _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644, uid: UInt32 = 0, gid: UInt32 = 0, modified: Int = 0,
    from origin: String = ""
  ) throws(LayerError) {
    let entry = TarEntry(path: path, kind: .file, mode: mode, uid: uid, gid: gid, modified: modified)
    try add(entry, content: .bytes(bytes), from: origin)
  }

  /// Adds a symbolic link.
  public mutating func addSymbolicLink(_ path: String, to target: String, modified: Int = 0) throws(LayerError) {
    try add(TarEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777, modified: modified))
  }

  /// Takes away one node, and gives it.
  @discardableResult
  public mutating func remove(_ path: String) -> Node? { nodesByPath.removeValue(forKey: PathKey(path)) }

  /// Takes away each node for which the condition holds.
  public mutating func removeAll(where condition: (Node) throws -> Bool) rethrows {
    for (key, node) in nodesByPath where try condition(node) { nodesByPath.removeValue(forKey: key) }
  }

  /// Adds all nodes of another tree; differing ones at one path are a conflict.
  public mutating func merge(_ other: LayerTree) throws(LayerError) {
    for node in other.nodes { try add(node.entry, content: node.content, from: node.origin) }
  }

  /// Puts all nodes of another tree over those here.
  public mutating func overlay(_ other: LayerTree) {
    nodesByPath.merge(other.nodesByPath) { $1 }
  }
}
