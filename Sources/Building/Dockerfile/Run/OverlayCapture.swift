internal import Host
internal import Images
internal import Layers

/// Reads what a command changed from the upper directory of an overlay.
///
/// The kernel says what is gone by a device 0:0 in its place, and by an attribute that a directory hides what lies below
/// (Linux, Documentation/filesystems/overlayfs.rst); a layer says it by names (OCI image-spec 1.1, layer.md,
/// "Whiteouts").
struct OverlayCapture {
  private static let opaque = "user.overlay.opaque"
  /// The only attribute that builders put into layers.
  private static let capability = "security.capability"

  /// The file system before the command.
  let base: FileIndex
  /// Whether there is such a user and group here, to whom files on disk could be given.
  var knowsUsers: (UInt32, UInt32) -> Bool = { _, _ in true }

  /// The layer of all changes; it blocks.
  func layer(of upper: String) throws(LayerError) -> LayerTree {
    var tree = try withOwners(try TreeScanner.scan(upper))
    var opaque: [String] = []
    for node in tree.nodes {
      var entry = node.entry
      if entry.attributes.removeValue(forKey: Self.opaque) != nil { opaque.append(entry.path) }
      entry.attributes = entry.attributes.filter { $0.key == Self.capability }
      if entry != node.entry { try tree.set(entry, content: node.content) }
    }
    let deleted = try addSpecial(upper, to: &tree)
    try dropUnchanged(from: &tree, upper, keeping: Set(opaque + deleted))
    for path in opaque { try addOpaque(path, to: &tree) }
    for path in deleted {
      let components = path.split(separator: "/").map(String.init)
      // What was made and removed by the same command was never in the image.
      guard base.node(components) != nil else { continue }
      try tree.set(whiteout(of: path), content: .bytes([]))
    }
    return tree
  }

  /// Gives links back the owners for whom there is no user here: a link holds no record of them.
  private func withOwners(_ tree: LayerTree) throws(LayerError) -> LayerTree {
    var owned = tree
    for node in tree.nodes {
      guard case .symbolicLink = node.entry.kind,
        let old = base.node(node.entry.path.split(separator: "/").map(String.init))?.entry,
        old.kind == node.entry.kind, !knowsUsers(old.uid, old.gid)
      else { continue }
      var entry = node.entry
      (entry.uid, entry.gid) = (old.uid, old.gid)
      try owned.set(entry)
    }
    return owned
  }

  /// The layer of all changes of a full copy, compared entry by entry; it blocks.
  ///
  /// What was written has a time of its own: no file of the base is newer than the epoch.
  func layer(ofCopy copy: String) throws(LayerError) -> LayerTree {
    let scanned = try withOwners(try TreeScanner.scan(copy))
    var tree = LayerTree()
    var needed: Set<String> = []
    func need(_ path: String) {
      var path = Path.parent(path)
      while let parent = path, needed.insert(parent).inserted { path = Path.parent(parent) }
    }
    for node in scanned.nodes {
      let old = base.node(node.entry.path.split(separator: "/").map(String.init))
      if let old, isUnchanged(old, node.entry) { continue }
      try tree.set(node.entry, content: node.content)
      if case .hardLink(let target) = node.entry.kind, let file = scanned[target] {
        try tree.set(file.entry, content: file.content)
        need(target)
      }
      need(node.entry.path)
    }
    for path in missing(base.root, "", in: scanned) {
      try tree.set(whiteout(of: path), content: .bytes([]))
      need(path)
    }
    for path in needed where tree[path] == nil {
      if let node = scanned[path] { try tree.set(node.entry) }
    }
    return tree
  }

  /// The uppermost paths of the base that are gone.
  private func missing(_ node: FileIndex.Node, _ path: String, in tree: LayerTree) -> [String] {
    node.names.flatMap { name -> [String] in
      let place = path.isEmpty ? name : "\(path)/\(name)"
      guard let child = node.children[PathKey(name)] else { return [] }
      switch child.entry.kind {
      // A copy leaves these out.
      case .characterDevice, .blockDevice, .fifo: return []
      default: break
      }
      guard let present = tree[place] else { return [place] }
      return child.isDirectory && present.entry.kind == .directory ? missing(child, place, in: tree) : []
    }
  }

  private func isUnchanged(_ node: FileIndex.Node, _ new: TarEntry) -> Bool {
    let old = base.file(node)?.entry ?? node.entry
    switch (old.kind, new.kind) {
    case (.file, .file): return Self.isAlike(old, new) && old.size == new.size && old.modified == new.modified
    // The second name of a file: its first tells whether it changed, if it was the first before.
    case (.file, .hardLink(let target)):
      let first = base.node(target.split(separator: "/").map(String.init)).flatMap(base.file)
      return first?.entry.path == old.path
    default: return Self.isSame(old, new)
    }
  }

  private func whiteout(of path: String) -> TarEntry {
    TarEntry(path: Whiteout.entry(deleting: path), kind: .file, mode: 0)
  }

  private func addOpaque(_ path: String, to tree: inout LayerTree) throws(LayerError) {
    let components = path.split(separator: "/").map(String.init)
    guard let node = base.node(components), node.isDirectory else { return }
    // What is there again needs no whiteout, and the others are named: readers know that best.
    for name in node.names where tree["\(path)/\(name)"] == nil {
      try tree.set(whiteout(of: "\(path)/\(name)"), content: .bytes([]))
    }
    for name in node.names {
      guard let child = tree["\(path)/\(name)"], child.entry.kind == .directory,
        base.node(components + [name])?.isDirectory == true
      else { continue }
      try addOpaque("\(path)/\(name)", to: &tree)
    }
  }

  /// Adds named pipes, which commands may leave; gives the paths that are gone.
  private func addSpecial(_ upper: String, to tree: inout LayerTree) throws(LayerError) -> [String] {
    var deleted: [String] = []
    for directory in [""] + tree.nodes.filter({ $0.entry.kind == .directory }).map(\.entry.path) {
      do throws(SystemError) {
        for name in try Files.list(directory.isEmpty ? upper : "\(upper)/\(directory)") {
          let path = directory.isEmpty ? name : "\(directory)/\(name)"
          guard tree[path] == nil else { continue }
          let status = try FileStatus(of: "\(upper)/\(path)")
          if status.isWhiteout { deleted.append(path) }
          guard status.isPipe else { continue }
          do throws(LayerError) {
            try tree.set(
              TarEntry(
                path: path, kind: .fifo, mode: status.mode, uid: status.uid, gid: status.gid,
                modified: status.modified))
          } catch { continue }
        }
      } catch { throw .system(error) }
    }
    return deleted
  }

  /// Takes out directories that only lie above changes, unless something below is left, and files that were copied up
  /// and are the same.
  private func dropUnchanged(from tree: inout LayerTree, _ upper: String, keeping: Set<String>) throws(LayerError) {
    var needed: Set<String> = []
    func need(_ path: String) {
      var path = Path.parent(path)
      while let parent = path, needed.insert(parent).inserted { path = Path.parent(parent) }
    }
    for path in keeping {
      needed.insert(path)
      need(path)
    }
    for node in tree.nodes.reversed() {
      let path = node.entry.path
      guard let old = base.node(path.split(separator: "/").map(String.init)),
        Self.isSame(old.entry, node.entry)
      else {
        need(path)
        continue
      }
      if node.entry.kind == .directory, needed.contains(path) {
        var entry = node.entry
        entry.modified = old.entry.modified
        try tree.set(entry)
      } else {
        tree.remove(path)
      }
    }
  }

  /// Makes an upper directory hold what the layer made of it holds, for the next command: the same files, contents and
  /// times; it blocks.
  ///
  /// - Returns: False if the layer deletes what the directory replaces, so that the directory can't stand for it.
  static func settle(_ upper: String, to tree: LayerTree, epoch: Int) throws(LayerError) -> Bool {
    let scanned = try TreeScanner.scan(upper)
    if scanned.nodes.contains(where: { tree[Whiteout.entry(deleting: $0.entry.path)] != nil }) { return false }
    do throws(SystemError) {
      for node in scanned.nodes.reversed() {
        let path = "\(upper)/\(node.entry.path)"
        guard let kept = tree[node.entry.path] else {
          if node.entry.kind != .directory { try Files.remove(path) }
          continue
        }
        if case .bytes(let bytes)? = kept.content, node.entry.kind == .file, node.entry.size > 0 {
          try FileHandle(writing: path, .truncate).write(bytes)
        }
        try Files.setModified(path, max(0, min(kept.entry.modified, epoch)))
      }
    } catch { throw .system(error) }
    return true
  }

  private static func isSame(_ old: TarEntry, _ new: TarEntry) -> Bool {
    guard isAlike(old, new) else { return false }
    switch (old.kind, new.kind) {
    case (.directory, .directory): return true
    case (.symbolicLink(let before), .symbolicLink(let after)): return before == after && old.modified == new.modified
    default: return false
    }
  }

  private static func isAlike(_ old: TarEntry, _ new: TarEntry) -> Bool {
    old.mode == new.mode && old.uid == new.uid && old.gid == new.gid
      && old.attributes[capability] == new.attributes[capability]
  }
}
