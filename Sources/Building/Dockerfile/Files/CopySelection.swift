internal import Dockerfiles
internal import Layers

/// What one source of a copy is: a single file, or a folder with all that is in it.
struct CopySelection: Sendable {
  /// Something that is copied, and where to.
  struct Item: Sendable {
    /// The path below the destination; empty for the folder itself whose contents are copied.
    let path: [String]
    let node: FileIndex.Node
    /// Whether it is only a folder above what is copied.
    var isAbove = false
  }

  /// Whether the source is a folder, whose contents go into the destination.
  let isDirectory: Bool
  /// The folder itself first, and each folder before what it holds.
  let items: [Item]

  /// Finds what a source of `COPY` or `ADD` means; a pattern may mean several things or nothing.
  ///
  /// - Parameters:
  ///   - source: A path or pattern of Go's `filepath.Match`, relative to the tree's root whatever it begins with.
  ///   - keepsParents: Whether the folders of the source come along: those behind `/./`, if that stands in it.
  static func find(
    _ source: String, in tree: CopyTree, excluding excludes: [IgnorePattern], keepsParents: Bool
  ) throws(CopyError) -> [CopySelection] {
    var source = source
    var pivot: [String] = []
    if keepsParents, let range = source.firstRange(of: "/./") {
      pivot = PathText.components(inRoot: String(source[..<range.lowerBound]))
      source = String(source[..<range.lowerBound]) + "/" + source[range.upperBound...]
    }
    var found: [CopySelection] = []
    for path in try matches(source, in: tree.index, everywhere: keepsParents) {
      guard let place = tree.index.resolve(path), let node = tree.index.node(place) else {
        throw .missing(source)
      }
      let name = keepsParents ? Array(path.dropFirst(pivot.count)) : path.suffix(1)
      var items: [Item] = []
      if keepsParents {
        for length in 1..<max(1, name.count) {
          guard let parent = tree.index.node(Array(path.prefix(pivot.count + length))) else { continue }
          items.append(Item(path: Array(name.prefix(length)), node: parent, isAbove: true))
        }
      }
      if node.isDirectory {
        // Exclusions are about paths below what is copied: the folder, or with its parents the root that they are kept from.
        let prefix = keepsParents ? Array(name) : []
        collect(node, prefix, relative: prefix, tree, excludes, into: &items)
      } else if !excludes.contains(where: { pattern in
        excluded(Array(name), by: pattern) || !keepsParents && excluded(path, by: pattern)
      }) {
        items.append(Item(path: Array(name), node: tree.index.file(node) ?? node))
      } else {
        continue
      }
      found.append(CopySelection(isDirectory: node.isDirectory || keepsParents, items: items))
    }
    return found
  }

  private static func collect(
    _ node: FileIndex.Node, _ path: [String], relative: [String], _ tree: CopyTree, _ excludes: [IgnorePattern],
    into items: inout [Item]
  ) {
    items.append(Item(path: path, node: node))
    for name in node.names {
      guard let child = node.children[PathKey(name)] else { continue }
      let place = relative + [name]
      let isExcluded = excludes.reduce(false) { $1.isException == $0 && excluded(place, by: $1) ? !$0 : $0 }
      if isExcluded { continue }
      if child.isDirectory {
        collect(child, path + [name], relative: place, tree, excludes, into: &items)
      } else {
        items.append(Item(path: path + [name], node: tree.index.file(child) ?? child))
      }
    }
  }

  private static func excluded(_ path: [String], by pattern: IgnorePattern) -> Bool {
    pattern.matchesOrHolds(path.joined(separator: "/"))
  }

  // MARK: Patterns

  /// The paths that a source means, their links not yet followed.
  private static func matches(_ source: String, in index: FileIndex, everywhere: Bool) throws(CopyError) -> [[String]] {
    guard source.utf8.contains(where: { "*?[\\".utf8.contains($0) }) else {
      return [PathText.components(inRoot: source)]
    }
    var found: [[String]] = [[]]
    for component in source.split(separator: "/") where component != "." {
      let isDeep = everywhere && component == "**"
      var text = String(component)
      while !isDeep, let stars = text.firstRange(of: "**") { text.replaceSubrange(stars, with: "*") }
      let pattern: IgnorePattern
      do { pattern = try IgnorePattern(parsing: text.hasPrefix("!") ? "\\" + text : text) } catch {
        throw .pattern(source)
      }
      var next: [[String]] = []
      for path in found {
        guard let place = index.resolve(path), let node = index.node(place) else { continue }
        if isDeep {
          addFolders(node, path, to: &next)
        } else {
          next += node.names.filter { pattern.matches($0) }.map { path + [$0] }
        }
      }
      found = next
    }
    return found
  }

  private static func addFolders(_ node: FileIndex.Node, _ path: [String], to found: inout [[String]]) {
    found.append(path)
    for name in node.names {
      guard let child = node.children[PathKey(name)], child.isDirectory else { continue }
      addFolders(child, path + [name], to: &found)
    }
  }
}

/// Why something can't be copied.
enum CopyError: Error, Sendable, CustomStringConvertible {
  /// Nothing has that name.
  case missing(String)
  /// The source is a malformed pattern.
  case pattern(String)
  /// A directory is to go where something else is, or the other way round.
  case kind(String)
  /// The destination is in a loop of links.
  case loop(String)
  /// A name means something else in a layer.
  case whiteout(String)
  /// Several files are to go to one name.
  case manyToOne
  /// The mode is neither octal nor symbolic.
  case mode(String)
  /// The image has no user or group of that name.
  case owner(String)
  /// A tree can't be a layer.
  case layer(LayerError)

  var description: String {
    switch self {
    case .missing(let path): "\"/\(PathText.components(inRoot: path).joined(separator: "/"))\": not found"
    case .pattern(let text): "the pattern \"\(text)\" is malformed"
    case .kind(let path): "cannot copy to non-directory: /\(path)"
    case .loop(let path): "too many levels of symbolic links: \(path)"
    case .whiteout(let path): "'\(path)' can't be in an image: in a layer such a name deletes what it names"
    case .manyToOne:
      "when several files are copied, the destination must be a directory and end with a /"
    case .mode(let text):
      "invalid chmod parameter: '\(text)'. it should be octal string and between 0 and 07777"
    case .owner(let text): "unable to convert '\(text)' to numbers: the image has no user or group of that name"
    case .layer(let error): error.description
    }
  }
}
