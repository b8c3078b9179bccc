internal import Images
internal import Layers

/// What a stage's file system holds, path by path, and which layer each file's content is in.
///
/// It is read from the layers' archives without unpacking them, and is a value: two stages that begin with one base share it.
struct FileIndex: Sendable {
  /// A path and what is there.
  struct Node: Sendable {
    /// The entry; its path is the one it had in its layer.
    var entry: TarEntry
    /// The layer that brought it, from the bottom; -1 for what no layer says.
    var layer: Int
    var children: [PathKey: Node] = [:]

    var isDirectory: Bool { entry.kind == .directory }
    /// The names in a directory, in order.
    var names: [String] { children.keys.map(\.path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
  }

  private(set) var root = Node(entry: TarEntry(path: ".", kind: .directory, mode: 0o755), layer: -1)

  /// What is at a path, whose links are not followed.
  func node(_ path: [String]) -> Node? {
    var node = root
    for name in path {
      guard let next = node.children[PathKey(name)] else { return nil }
      node = next
    }
    return node
  }

  /// The path that a path leads to within the root, all links followed; what does not exist is taken as it is written.
  ///
  /// - Parameter followsLast: Whether a link at the end is followed too.
  /// - Returns: Nil for a loop.
  func resolve(_ path: [String], followsLast: Bool = true) -> [String]? {
    let place = RootedPath(following: path, followingLast: followsLast) { names in
      guard case .symbolicLink(let target)? = node(names)?.entry.kind else { return nil }
      return target
    }
    return place.isLoop ? nil : place.names
  }

  /// The file that a node is, through hard links.
  func file(_ node: Node) -> Node? {
    var node = node
    for _ in 0..<64 {
      guard case .hardLink(let target) = node.entry.kind else { return node.entry.kind == .file ? node : nil }
      // A hard link's target is of the same layer, or of one below it.
      guard let next = self.node(target.split(separator: "/").map(String.init)) else { return nil }
      node = next
    }
    return nil
  }

  // MARK: Layers

  /// Lays the entries of a layer over what is there (OCI image-spec 1.1, layer.md, "Applying Changesets").
  ///
  /// - Parameter hasWhiteouts: Whether names that begin with `.wh.` delete, as they do in layers and nowhere else.
  mutating func apply(_ entries: [TarEntry], layer: Int, hasWhiteouts: Bool = true) {
    // What a layer deletes lies below it, wherever in the archive the whiteout stands.
    for entry in entries where hasWhiteouts {
      switch Whiteout(entry.path) {
      case .children(let directory): Self.change(&root, Self.components(directory)[...], layer) { $0?.children = [:] }
      case .path(let path): Self.change(&root, Self.components(path)[...], layer) { $0 = nil }
      case nil: break
      }
    }
    for entry in entries {
      let path = Self.components(entry.path)
      if hasWhiteouts, path.last?.hasPrefix(".wh.") == true { continue }
      if path.isEmpty {
        root.entry = entry
        root.layer = layer
        continue
      }
      Self.change(&root, path[...], layer, creating: true) { node in
        let kept = entry.kind == .directory && node?.isDirectory == true ? node?.children ?? [:] : [:]
        node = Node(entry: entry, layer: layer, children: kept)
      }
    }
  }

  private static func components(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.map(String.init)
  }

  private static func change(
    _ node: inout Node, _ path: ArraySlice<String>, _ layer: Int, creating: Bool = false,
    _ change: (inout Node?) -> Void
  ) {
    guard let first = path.first else {
      var whole: Node? = node
      change(&whole)
      if let whole { node = whole }
      return
    }
    let name = PathKey(first)
    if path.count == 1 { return change(&node.children[name]) }
    if node.children[name] == nil || creating && node.children[name]?.isDirectory == false {
      guard creating else { return }
      node.children[name] = Node(entry: TarEntry(path: first, kind: .directory, mode: 0o755), layer: layer)
    }
    Self.change(&node.children[name]!, path.dropFirst(), layer, creating: creating, change)
  }
}
