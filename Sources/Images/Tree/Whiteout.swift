internal import Host

/// What the name of an entry deletes.
///
/// Specification: OCI image-spec 1.1, layer.md, "Whiteouts".
package enum Whiteout: Hashable, Sendable {
  /// One path and everything below it.
  case path(String)
  /// Everything below a directory; the empty text is the root.
  case children(String)

  /// Reads the path of an entry; nil when it deletes nothing, as AUFS's own bookkeeping.
  package init?(_ path: String) {
    let name = Path.name(path)
    guard name.hasPrefix(".wh.") else { return nil }
    let parent = Path.parent(path)
    if name == ".wh..wh..opq" {
      self = .children(parent ?? "")
    } else if name.hasPrefix(".wh..wh.") || name.utf8.count == 4 {
      return nil
    } else {
      let hidden = String(name.dropFirst(4))
      self = .path(parent.map { "\($0)/\(hidden)" } ?? hidden)
    }
  }

  /// The path of the entry that deletes a path.
  package static func entry(deleting path: String) -> String {
    Path.parent(path).map { "\($0)/.wh.\(Path.name(path))" } ?? ".wh.\(path)"
  }
}
