internal import Layers

/// Takes out of a layer what a command leaves by the way and what differs each time: caches, logs, backups, identities.
enum DirtScrubber {
  /// What is emptied or removed, as `--help` and the documentation name it.
  private enum Treatment {
    case removed
    case emptied
  }

  private static let backups: Set<String> = [
    "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-", "etc/.pwd.lock",
    "var/cache/ldconfig/aux-cache", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "root/.bash_history",
    "root/.wget-hsts", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock",
    "var/lib/apt/extended_states-old", "var/cache/debconf/config.dat-old", "var/cache/debconf/templates.dat-old",
  ]
  private static let folders = [
    "var/lib/apt/lists/", "var/cache/apt/", "var/cache/man/", "var/cache/fontconfig/", "var/cache/dnf/",
    "var/cache/yum/",
  ]

  /// The layer without dirt; directories stay.
  ///
  /// - Parameter keepsLists: Whether lists of packages stay, which a later command is to install from.
  static func scrub(_ tree: LayerTree, keepsLists: Bool) throws(LayerError) -> LayerTree {
    var clean = tree
    var removed: Set<String> = []
    for node in tree.nodes {
      switch treatment(of: node.entry, keepsLists) {
      case nil: break
      case .removed:
        removed.insert(node.entry.path)
        clean.remove(node.entry.path)
      case .emptied: try clean.set(node.entry, content: .bytes([]))
      }
    }
    // A second name of what went goes as well: it was the same file.
    clean.removeAll { node in
      if case .hardLink(let target) = node.entry.kind { removed.contains(target) } else { false }
    }
    return clean
  }

  private static func treatment(of entry: TarEntry, _ keepsLists: Bool) -> Treatment? {
    let path = entry.path
    guard entry.kind == .file, !isWhiteout(path) else { return nil }
    if keepsLists, path.hasPrefix("var/lib/apt/lists/") { return nil }
    if backups.contains(path) || folders.contains(where: path.hasPrefix) { return .removed }
    if path.hasPrefix("var/lib/dpkg/"), path.hasSuffix("-old") { return .removed }
    if path.hasPrefix("root/.cache/pip/") || path.hasPrefix("home/") && path.contains("/.cache/pip/") {
      return .removed
    }
    if path.hasSuffix(".pyc"), path.contains("/__pycache__/") { return .removed }
    // A program may need its log to be there, with its owner; what is in it nobody needs.
    if path.hasPrefix("var/log/"), entry.size > 0 { return .emptied }
    // systemd fills an empty one at its first start; none at all would count as a first boot.
    return path == "etc/machine-id" && entry.size > 0 ? .emptied : nil
  }

  private static func isWhiteout(_ path: String) -> Bool {
    path.split(separator: "/").last?.hasPrefix(".wh.") ?? false
  }
}
