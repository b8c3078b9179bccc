internal import Host
internal import Images
internal import Layers

/// Takes out of a layer what a command leaves by the way and what differs each time: caches, logs, backups, identities, the
/// day on which it ran.
struct DirtScrubber {
  private enum Treatment {
    case removed
    case emptied
    case rewritten([UInt8])
  }

  private static let backups: Set<String> = [
    "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-", "etc/.pwd.lock",
    "var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "root/.bash_history", "root/.wget-hsts",
    "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock", "var/lib/apt/extended_states-old",
  ]
  /// All of `/var/cache` can be made again (FHS 3.0, section 5.5) but for the answers that debconf keeps there.
  private static let kept: Set<String> = [
    "var/cache/debconf/config.dat", "var/cache/debconf/passwords.dat", "var/cache/debconf/templates.dat",
  ]
  /// In whatever home they are.
  private static let userCaches = [".cache/pip/", ".cache/uv/", ".npm/_cacache/", ".npm/_logs/"]

  /// The file system before the command.
  let base: FileIndex
  /// Whether lists of packages stay, which a later command is to install from.
  let keepsLists: Bool
  /// The days on which the command ran, since 1970, and the one that is written for them.
  let days: ClosedRange<Int>
  let day: Int

  /// The layer without dirt; directories stay.
  func scrub(_ tree: LayerTree) throws(LayerError) -> LayerTree {
    var clean = tree
    var removed: Set<String> = []
    for node in tree.nodes {
      switch try treatment(of: node) {
      case nil: break
      case .removed:
        let path = node.entry.path
        removed.insert(path)
        clean.remove(path)
        // An older module below would be taken for that of the new source.
        if Self.isModule(path), hides(path) {
          try clean.set(TarEntry(path: Whiteout.entry(deleting: path), kind: .file, mode: 0), content: .bytes([]))
        }
      case .emptied: try clean.set(node.entry, content: .bytes([]))
      case .rewritten(let bytes): try clean.set(node.entry, content: .bytes(bytes))
      }
    }
    // A second name of what went goes as well: it was the same file.
    clean.removeAll { node in
      if case .hardLink(let target) = node.entry.kind { removed.contains(target) } else { false }
    }
    return clean
  }

  private func hides(_ path: String) -> Bool { base.node(path.split(separator: "/").map(String.init)) != nil }

  private func treatment(of node: LayerTree.Node) throws(LayerError) -> Treatment? {
    let (entry, path) = (node.entry, node.entry.path)
    guard entry.kind == .file, !Self.isWhiteout(path) else { return nil }
    if path.hasPrefix("var/lib/apt/lists/") { return keepsLists ? nil : .removed }
    if Self.backups.contains(path) { return .removed }
    if path.hasPrefix("var/cache/") { return Self.kept.contains(path) ? nil : .removed }
    if path.hasPrefix("var/lib/dpkg/"), path.hasSuffix("-old") { return .removed }
    if Self.userCaches.contains(where: { path.hasPrefix($0) || path.contains("/" + $0) }) || Self.isModule(path) {
      return .removed
    }
    // A program may need its log to be there, with its owner; what is in it nobody needs.
    if path.hasPrefix("var/log/"), entry.size > 0 { return .emptied }
    if path == "etc/shadow", case .file(let place)? = node.content { return try redated(place) }
    // systemd fills an empty one at its first start; none at all would count as a first boot.
    return path == "etc/machine-id" && entry.size > 0 ? .emptied : nil
  }

  /// A password that was set while the command ran was set at the epoch.
  private func redated(_ place: String) throws(LayerError) -> Treatment? {
    let old: [UInt8]
    do throws(SystemError) { old = try Files.read(place, limit: 64 << 20) } catch { throw .system(error) }
    let new = ShadowFile.redated(old, to: day, where: days.contains)
    return new == old ? nil : .rewritten(new)
  }

  private static func isModule(_ path: String) -> Bool {
    path.hasSuffix(".pyc") && (path.contains("/__pycache__/") || path.hasPrefix("__pycache__/"))
  }

  private static func isWhiteout(_ path: String) -> Bool {
    path.split(separator: "/").last?.hasPrefix(".wh.") ?? false
  }
}
