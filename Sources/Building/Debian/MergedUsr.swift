/// The directories that are links into `/usr` on every current Debian system.
///
/// Specification: the Debian Technical Committee's decision 978636, "merged-/usr". The links are there before the first
/// package is unpacked, so no package's own `/bin` can take their place.
enum MergedUsr {
  /// The links of an architecture: the name, and the directory below `/usr` that it stands for.
  static func links(architecture: String) -> [String] {
    architecture == "amd64" ? ["bin", "sbin", "lib", "lib64"] : ["bin", "sbin", "lib"]
  }

  /// Whether a package's entry is one of the links, which newer releases of base-files bring themselves.
  static func isLink(_ path: String) -> Bool { !path.contains("/") && Self.path(of: path) != path }

  /// Directories that base-files makes, and its postinst replaces by links once they are empty.
  static let runtimeLinks = ["var/run": "run", "var/lock": "run/lock"]

  /// The real path of a package's path, relative to the root.
  static func path(of path: String) -> String {
    let end = path.firstIndex(of: "/") ?? path.endIndex
    switch path[..<end] {
    case "bin", "sbin", "lib", "lib64", "lib32", "libx32", "libo32": return "usr/" + path
    case "var":
      for (link, target) in runtimeLinks where path.hasPrefix(link + "/") {
        return target + path.dropFirst(link.count)
      }
      return path
    default: return path
    }
  }
}
