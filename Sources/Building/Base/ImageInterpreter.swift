internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Trust

/// The Python interpreter of an image, in a directory to run it in.
struct ImageInterpreter: Sendable {
  /// What tells it from any other: modules that it compiles are kept under this key.
  let key: String
  /// A root that has at least the interpreter, its library and the shared libraries of the system.
  let directory: Shared<String>
  /// A root with all files, for an interpreter that needs more than was thought.
  let wholeDirectory: Shared<String>?

  /// The interpreter of a root on disk.
  init(root: String) {
    key = Path.name(root)
    directory = Shared { root }
    wholeDirectory = nil
  }

  /// The interpreter of an image, of which no more than it needs is unpacked, once for the same files in whatever image.
  init(_ image: Image, tree: ImageTree, path: String, reference: String, cache: BuildCache) throws {
    guard let paths = Self.files(of: path, in: tree) else {
      throw BaseImageError.noInterpreter(reference: reference, path: path)
    }
    let parts = paths.flatMap { path -> [String] in
      guard let item = tree[path]?.item else { return [] }
      return [path, "\(item.entry.kind) \(item.entry.mode)", item.digest?.hex ?? ""]
    }
    let key = "python-" + BuildCache.key(["1"] + parts)
    self.key = key
    directory = Shared {
      try await cache.directory(.roots, key: key) { directory in
        try await BlockingPool.run {
          try Files.changeMode(directory, 0o755)
          try tree.unpack(paths, of: image, into: directory)
        }
      }
    }
    wholeDirectory = Shared { try await ImageRoots(cache: cache).directory(for: image) }
  }

  /// Larger libraries than this in bytes are other programs'.
  private static let largestLibrary = 32 << 20
  /// Where a dynamic linker looks.
  private static let libraryFolders = [
    "lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib", "usr/local/lib64", "lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu",
  ]

  /// The paths that an interpreter runs with; nil when there is none.
  static func files(of interpreter: String, in tree: ImageTree) -> [String]? {
    var paths: Set<String> = []
    let program = tree.resolve(interpreter) { paths.insert($0) }
    guard tree[program]?.entry.kind == .file else { return nil }
    paths.insert(program)
    let prefix = Path.parent(program).flatMap { Path.parent($0) } ?? ""
    let below = prefix.isEmpty ? "" : prefix + "/"
    for node in tree.nodes {
      let path = node.entry.path
      if isLibrary(path, below: below) || path == "etc/ld.so.cache" || path.hasPrefix("etc/ld.so.conf") {
        paths.insert(path)
      } else if isShared(node), let folder = Path.parent(path),
        folder == below + "lib" || folder == below + "lib64" || libraryFolders.contains(folder)
      {
        paths.insert(path)
      } else if libraryFolders.contains(path), case .symbolicLink = node.entry.kind {
        paths.insert(path)
      }
    }
    // What a link leads to, a library of another folder for example.
    for path in paths {
      guard case .symbolicLink = tree[path]?.entry.kind else { continue }
      let target = tree.resolve(path) { paths.insert($0) }
      if let kind = tree[target]?.entry.kind, kind != .directory { paths.insert(target) }
    }
    return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether a path belongs to Python's own library: `lib/python3.11/…`, without what is installed into it and without its tests.
  private static func isLibrary(_ path: String, below prefix: String) -> Bool {
    guard path.hasPrefix(prefix) else { return false }
    let parts = path.dropFirst(prefix.count).split(separator: "/", maxSplits: 3)
    guard parts.count > 2, parts[0] == "lib" || parts[0] == "lib64", parts[1].hasPrefix("python3") else { return false }
    return !["site-packages", "dist-packages", "test", "idlelib", "tkinter", "ensurepip"].contains(parts[2])
  }

  private static func isShared(_ node: ImageTree.Node) -> Bool {
    let name = Path.name(node.entry.path)
    return node.entry.kind != .directory && node.entry.size <= largestLibrary
      && (name.hasSuffix(".so") || name.contains(".so."))
  }
}
