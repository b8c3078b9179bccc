/// Paths as text, as Go's `path` package treats them.
public enum PathText {
  /// The shortest name of the same path: no `.`, no empty component, `..` taken back where something is before it.
  ///
  /// An empty path is `.`; a rooted one stays within its root.
  public static func cleaned(_ path: String) -> String {
    let isRooted = path.utf8.first == UInt8(ascii: "/")
    var components: [Substring] = []
    for component in path.split(separator: "/", omittingEmptySubsequences: true) where component != "." {
      guard component == ".." else {
        components.append(component)
        continue
      }
      if let last = components.last, last != ".." {
        components.removeLast()
      } else if !isRooted {
        components.append(component)
      }
    }
    let text = components.joined(separator: "/")
    if isRooted { return "/" + text }
    return text.isEmpty ? "." : text
  }

  /// The absolute path that `path` is, seen from the absolute folder `base`.
  public static func absolute(_ path: String, from base: String) -> String {
    cleaned(path.utf8.first == UInt8(ascii: "/") ? path : "\(base)/\(path)")
  }

  /// The components of a path that is inside a root: what `..` would leave stays at the root.
  public static func components(inRoot path: String) -> [String] {
    cleaned("/" + path).split(separator: "/").map(String.init)
  }

  /// What follows the last slash.
  public static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }
}
