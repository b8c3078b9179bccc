internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Packages
internal import Resolution
internal import Versions

/// The Python packages that a base image has installed, read from its index.
struct BasePackages: Sendable {
  /// One installed package.
  struct Distribution: Sendable {
    /// What it says about itself.
    let metadata: PythonMetadata
    /// The `.dist-info` directory.
    let directory: String

    var name: PackageName { metadata.name }
    var version: PEP440Version { metadata.version }
  }

  private let tree: ImageTree
  /// All packages, sorted by directory; one name may be there twice.
  let distributions: [Distribution]

  /// Looks into the folders that an interpreter imports from.
  init(_ tree: ImageTree, site: String, interpreter: String) {
    self.tree = tree
    distributions = Self.folders(tree, site: site, interpreter: interpreter).flatMap { folder in
      tree.children(of: folder).compactMap { node in
        guard node.entry.path.hasSuffix(".dist-info"),
          let bytes = tree["\(node.entry.path)/METADATA"]?.item.content,
          let metadata = try? PythonMetadata(parsing: bytes)
        else { return nil }
        return Distribution(metadata: metadata, directory: node.entry.path)
      }
    }
  }

  /// The site that is installed to, and those that lie beside it or below the interpreter's own prefix.
  private static func folders(_ tree: ImageTree, site: String, interpreter: String) -> [String] {
    let resolved = tree.resolve(site)
    let python = site.split(separator: "/").dropLast().last.map(String.init) ?? "python3"
    var prefixes: [String] = []
    // PREFIX/lib/pythonX.Y/site-packages and PREFIX/bin/pythonX.Y
    for (path, depth) in [(resolved, 3), (tree.resolve(interpreter), 2)] {
      let parts = path.split(separator: "/")
      if parts.count > depth { prefixes.append(parts.dropLast(depth).joined(separator: "/")) }
    }
    var folders = [resolved]
    for prefix in prefixes {
      for library in ["lib", "lib64"] {
        for name in ["site-packages", "dist-packages"] {
          folders.append(tree.resolve("\(prefix)/\(library)/\(python)/\(name)"))
        }
      }
    }
    var seen: Set<String> = []
    return folders.filter { tree.isDirectory($0) && seen.insert($0).inserted }
  }

  /// The paths that go when packages are replaced: what the RECORD of each lists, its compiled modules, and directories that
  /// are left with nothing.
  ///
  /// A package without RECORD belongs to the system's own package manager; pip leaves it, too, and the newer one is found first.
  ///
  /// - Parameter new: What is installed in their place, which is not deleted.
  func removed(replacing names: Set<PackageName>, keeping new: Set<PathKey>) -> [String] {
    var removed: Set<PathKey> = []
    for distribution in distributions where names.contains(distribution.name) {
      guard let bytes = tree["\(distribution.directory)/RECORD"]?.item.content else { continue }
      for path in recordedPaths(bytes, of: distribution) { removed.insert(PathKey(path)) }
    }
    let files = removed
    for key in files {
      var path = key.path
      while let parent = Path.parent(path), !removed.contains(PathKey(parent)), !new.contains(PathKey(parent)) {
        let isEmpty = tree.children(of: parent).allSatisfy { child in
          let key = PathKey(child.entry.path)
          return removed.contains(key) && !new.contains(key)
        }
        guard isEmpty else { break }
        removed.insert(PathKey(parent))
        path = parent
      }
    }
    return removed.filter { key in
      !new.contains(key) && !(Path.parent(key.path).map { removed.contains(PathKey($0)) } ?? false)
    }.map(\.path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func recordedPaths(_ record: [UInt8], of distribution: Distribution) -> [String] {
    // A RECORD that can't be read says nothing about what is the package's.
    guard let rows = try? WheelRecord(parsing: record).rows else { return [] }
    let library = Path.parent(distribution.directory) ?? ""
    var paths = rows.map { row in
      let path = row.path.hasPrefix("/") ? row.path : "/\(library)/\(row.path)"
      return tree.resolve(Path.normalize(path), followingLast: false)
    }
    for path in paths where path.hasSuffix(".py") {
      let stem = Path.name(path).dropLast(2)
      let folder = Path.parent(path).map { $0 + "/__pycache__" } ?? "__pycache__"
      paths += tree.children(of: folder).map(\.entry.path).filter { path in
        path.hasSuffix(".pyc") && Path.name(path).hasPrefix(stem)
      }
    }
    paths += tree.below(distribution.directory).map(\.entry.path)
    return paths.filter { tree[$0] != nil && tree[$0]?.entry.kind != .directory }
  }
}
