/// Arithmetic on paths as text; nothing here asks the file system.
public enum Path {
  /// Joins two paths; an absolute second one wins.
  public static func join(_ base: String, _ rest: String) -> String {
    if rest.hasPrefix("/") || base.isEmpty { return rest }
    return base.hasSuffix("/") ? base + rest : "\(base)/\(rest)"
  }

  /// The path as seen from a directory, absolute.
  public static func absolute(_ path: String, from directory: String = Files.currentDirectory) -> String {
    normalize(join(directory, path))
  }

  /// The directory that holds it, nil for `/` and for a bare name.
  public static func parent(_ path: String) -> String? {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let slash = trimmed.lastIndex(of: "/") else { return nil }
    return slash == trimmed.startIndex ? (trimmed == "/" ? nil : "/") : String(trimmed[..<slash])
  }

  /// The last component.
  public static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The same place without `.`, empty components and, where a name stands before it, `..`.
  public static func normalize(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !isAbsolute {
        parts.append(part)
      }
    }
    let joined = parts.joined(separator: "/")
    return isAbsolute ? "/" + joined : (joined.isEmpty ? "." : joined)
  }

  /// The path below a root that an untrusted relative name may have, or nil when it would leave the root.
  ///
  /// `..`, absolute names, empty names and NUL bytes are refused outright: an archive has no honest use for them.
  public static func contained(_ name: String) -> String? {
    guard !name.isEmpty, !name.hasPrefix("/"), !name.utf8.contains(0) else { return nil }
    var parts: [Substring] = []
    for part in name.split(separator: "/") where part != "." {
      if part == ".." { return nil }
      parts.append(part)
    }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }
}
