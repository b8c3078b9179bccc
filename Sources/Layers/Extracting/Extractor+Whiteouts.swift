internal import Host

extension Extractor {
  /// Removes what a whiteout hides; what this layer itself brought stays, wherever in the archive the whiteout stands.
  ///
  /// Specification: OCI image-spec 1.1, layer.md, "Whiteouts".
  ///
  /// - Returns: Whether the entry was a whiteout.
  func applyWhiteout(_ entry: TarEntry, archive: String) throws(LayerError) -> Bool {
    let name = Path.name(entry.path)
    guard name.hasPrefix(".wh.") else { return false }
    let directory = Path.parent(entry.path)
    do throws(SystemError) {
      if name == ".wh..wh..opq" {
        try clear(directory ?? ".")
        return true
      }
      // Other names of this kind are AUFS's own bookkeeping.
      if name.hasPrefix(".wh..wh.") { return true }
      let hidden = name.dropFirst(4)
      if !hidden.isEmpty && hidden != "." && hidden != ".." {
        let path = directory.map { "\($0)/\(hidden)" } ?? String(hidden)
        if !seen.contains(path) { try root.remove(path) } else { try clear(path) }
        return true
      }
    } catch { throw .system(error) }
    throw .unsafe(archive: archive, entry: entry.path, problem: "is a whiteout of nothing")
  }

  /// Removes what a directory holds from lower layers.
  private func clear(_ directory: String) throws(SystemError) {
    if directory != ".", try root.kind(of: directory) != .directory { return }
    for name in try root.list(directory) {
      let path = directory == "." ? name : "\(directory)/\(name)"
      if seen.contains(path) { try clear(path) } else { try root.remove(path) }
    }
  }

  /// Notes that this layer brought a path and so, whether listed or not, the directories above it.
  func note(_ path: String) {
    var path = path
    while seen.insert(path).inserted, let parent = Path.parent(path) { path = parent }
  }
}
