internal import Dockerfiles
internal import Layers

/// Puts selected files where a copy wants them and gathers the layer that does it.
struct CopyPlacement {
  /// What a copy does to what it copies.
  struct Attributes: Sendable {
    var owner: (uid: UInt32, gid: UInt32)?
    var mode: ModeChange?
    /// The time of everything that comes from outside of images, in seconds since 1970.
    var time: Int
  }

  /// The file system that is copied into.
  let target: FileIndex
  let attributes: Attributes
  private(set) var tree = LayerTree()
  private var placed: [LayerPlace: String] = [:]

  init(into target: FileIndex, _ attributes: Attributes) {
    self.target = target
    self.attributes = attributes
  }

  /// The destination, its links followed, and whether it is or becomes a directory.
  func destination(_ text: String, in directory: String) throws(CopyError) -> (path: [String], isDirectory: Bool) {
    let components = PathText.components(inRoot: PathText.absolute(text, from: directory))
    guard let path = target.resolve(components) else { throw .loop(text) }
    let saysDirectory = text.isEmpty || text == "." || text.hasSuffix("/") || text.hasSuffix("/.")
    return (path, saysDirectory || target.node(path)?.isDirectory == true)
  }

  /// Places what one source means.
  mutating func place(
    _ selection: CopySelection, from source: CopyTree, at destination: (path: [String], isDirectory: Bool)
  ) throws(CopyError) {
    // Two names of one file stay one file within a source, and become two between sources.
    placed = [:]
    for item in selection.items {
      if item.path.isEmpty {
        try makeRoot(destination.path)
        continue
      }
      if item.isAbove, isDirectory(destination.path + item.path) {
        // What is there stays what it is.
        try makeRoot(destination.path + item.path)
      } else if selection.isDirectory || destination.isDirectory {
        try place(item.node, from: source, at: destination.path + item.path)
      } else {
        try place(item.node, from: source, at: destination.path)
      }
    }
  }

  private func isDirectory(_ path: [String]) -> Bool {
    (tree[path.joined(separator: "/")]?.entry.kind ?? target.node(path)?.entry.kind) == .directory
  }

  /// Places bytes, for here-documents and what was fetched.
  mutating func place(_ entry: TarEntry, _ content: LayerTree.Content?, at path: [String]) throws(CopyError) {
    try makeParents(of: path)
    try set(entry, content, at: path)
  }

  /// Places an entry of an archive: links of the image and of the archive above it are followed, and it replaces what is there.
  ///
  /// Its mode is the archive's whatever `--chmod` says, and its owner unless there is a `--chown`, as BuildKit 0.23 has it.
  mutating func unpack(_ entry: TarEntry, _ content: LayerTree.Content?, below folder: [String]) throws(CopyError) {
    try makeRoot(folder)
    let path = try through(entry.path, below: folder)
    var entry = entry
    if case .hardLink(let name) = entry.kind {
      let target = try through(name, below: folder)
      entry.kind = .hardLink(target: target.joined(separator: "/"))
    }
    try makeParents(of: path, owner: nil)
    if entry.kind != .directory {
      let below = path.joined(separator: "/") + "/"
      tree.removeAll { $0.entry.path.hasPrefix(below) }
    }
    try set(entry, content, at: path, isUnpacked: true)
  }

  /// A path whose folders' links are followed, those of the layer so far before those of the image.
  ///
  /// The folder that an archive goes to is the root for all links in it, as BuildKit has it.
  private func through(_ path: String, below folder: [String]) throws(CopyError) -> [String] {
    let place = RootedPath(following: path.split(separator: "/"), followingLast: false) { names in
      let here = folder + names
      let kind = tree[here.joined(separator: "/")]?.entry.kind ?? target.node(here)?.entry.kind
      guard case .symbolicLink(let target)? = kind else { return nil }
      return target
    }
    if place.isLoop { throw .loop(path) }
    return folder + place.names
  }

  private mutating func place(_ node: FileIndex.Node, from source: CopyTree, at path: [String]) throws(CopyError) {
    if path.isEmpty { return }
    try makeParents(of: path)
    var entry = node.entry
    if !source.keepsOwners {
      (entry.uid, entry.gid) = (0, 0)
      entry.modified = attributes.time
    }
    var content: LayerTree.Content?
    if entry.kind == .file {
      let place = LayerPlace(layer: node.layer, path: entry.path)
      if let first = placed[place] {
        entry.kind = .hardLink(target: first)
      } else {
        placed[place] = path.joined(separator: "/")
        content = source.content(node)
      }
    }
    try set(entry, content, at: path)
  }

  private mutating func set(
    _ entry: TarEntry, _ content: LayerTree.Content?, at path: [String], isUnpacked: Bool = false
  ) throws(CopyError) {
    let name = path.joined(separator: "/")
    if path.last?.hasPrefix(".wh.") == true { throw .whiteout(name) }
    let present = tree[name]?.entry.kind ?? target.node(path)?.entry.kind
    if !isUnpacked, let present, (present == .directory) != (entry.kind == .directory) { throw .kind(name) }
    var entry = entry
    entry.path = name
    // The only attribute that builders put into layers; others tell of the machine that a file was on.
    entry.attributes = entry.attributes.filter { $0.key == "security.capability" }
    if let owner = attributes.owner { (entry.uid, entry.gid) = owner }
    if !isUnpacked, let mode = attributes.mode {
      if case .symbolicLink = entry.kind {
      } else {
        entry.mode = mode.applied(to: entry.mode, isDirectory: entry.kind == .directory)
      }
    }
    do throws(LayerError) { try tree.set(entry, content: content) } catch { throw .layer(error) }
  }

  /// Lists the directories above a path: those of the image as they are, others new.
  private mutating func makeParents(of path: [String]) throws(CopyError) {
    try makeParents(of: path, owner: attributes.owner)
  }

  private mutating func makeParents(
    of path: [String], owner: (uid: UInt32, gid: UInt32)?
  ) throws(CopyError) {
    for length in 1..<max(1, path.count) {
      let parent = Array(path.prefix(length))
      let name = parent.joined(separator: "/")
      if let present = tree[name] {
        guard present.entry.kind == .directory else { throw .kind(name) }
        continue
      }
      var entry = TarEntry(path: name, kind: .directory, mode: 0o755, modified: attributes.time)
      if let node = target.node(parent) {
        guard node.isDirectory else { throw .kind(name) }
        entry = node.entry
        entry.path = name
        if node.layer < 0 { entry.modified = attributes.time }
      } else if let owner {
        (entry.uid, entry.gid) = owner
      }
      do throws(LayerError) { try tree.set(entry) } catch { throw .layer(error) }
    }
  }

  /// Makes the folder that a copy of a folder goes to: a new one is like the folders above it, not like its source, as
  /// BuildKit has it.
  mutating func makeRoot(_ path: [String]) throws(CopyError) {
    guard !path.isEmpty else { return }
    try makeParents(of: path + [""])
  }
}
