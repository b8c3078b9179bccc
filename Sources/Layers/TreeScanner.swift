internal import Host

/// Reads a directory on disk as a tree, whose contents stay where they are.
public enum TreeScanner {
  /// Scans a directory, which becomes the tree's root; it blocks.
  ///
  /// Of the names of one file the first by its bytes becomes the file, the others hard links to it. Of the extended
  /// attributes `security.capability` and those of users are kept. Sockets, pipes and devices are left out: they belong to
  /// whoever runs there.
  ///
  /// - Parameters:
  ///   - prefix: A path that is put before all others, for example `usr/local`; its own directories are not made.
  ///   - accept: Whether a path below the directory is wanted; of a directory that is not, nothing is looked at.
  public static func scan(
    _ directory: String, prefix: String = "", accept: (String) -> Bool = { _ in true }
  ) throws(LayerError) -> LayerTree {
    var tree = LayerTree()
    var names: [[UInt64]: String] = [:]
    // A stack and not recursion: depth is up to whoever filled the directory.
    var pending = [""]
    while let relative = pending.popLast() {
      let path = relative.isEmpty ? directory : "\(directory)/\(relative)"
      for name in try hosted({ () throws(SystemError) in try Files.list(path) }) {
        let child = relative.isEmpty ? name : "\(relative)/\(name)"
        guard accept(child) else { continue }
        let status = try hosted { () throws(SystemError) in try FileStatus(of: "\(directory)/\(child)") }
        if status.kind == .directory { pending.append(child) }
        try add(child, status, of: directory, prefix: prefix, to: &tree, names: &names)
      }
    }
    return tree
  }

  private static func add(
    _ child: String, _ status: FileStatus, of directory: String, prefix: String, to tree: inout LayerTree,
    names: inout [[UInt64]: String]
  ) throws(LayerError) {
    let path = "\(directory)/\(child)"
    let target = prefix.isEmpty ? child : "\(prefix)/\(child)"
    var entry = TarEntry(
      path: target, kind: .file, mode: status.mode, uid: status.uid, gid: status.gid, modified: status.modified)
    var content: LayerTree.Content?
    switch status.kind {
    case .file:
      if status.links > 1 {
        if let first = names[status.identity] {
          entry.kind = .hardLink(target: first)
          break
        }
        names[status.identity] = target
      }
      entry.size = status.size
      content = .file(path: path)
    case .directory: entry.kind = .directory
    case .symbolicLink:
      let text = try hosted { () throws(SystemError) in try Files.target(ofLink: path) }
      entry.kind = .symbolicLink(target: text)
    case .other: return
    }
    if content != nil || entry.kind == .directory {
      let attributes = try hosted { () throws(SystemError) in try Files.attributes(of: path) }
      entry.attributes = attributes.filter { $0.key == "security.capability" || $0.key.hasPrefix("user.") }
      if let owner = entry.attributes.removeValue(forKey: OwnerRecord.attribute).flatMap(OwnerRecord.owner) {
        (entry.uid, entry.gid) = owner
      }
    }
    try tree.set(entry, content: content, from: directory)
  }
}
