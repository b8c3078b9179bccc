internal import Glibc

/// The process's environment, read only: nothing here ever sets a variable.
public enum Environment {
  /// A variable's value; nil when it is not set or empty.
  public static subscript(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// All variables.
  public static var all: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let equals = pair.firstIndex(of: "=") {
        variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
      }
      entry = entry.advanced(by: 1)
    }
    return variables
  }

  /// The user's home directory.
  public static var home: String { self["HOME"] ?? "/root" }

  /// Where temporary files go, as an absolute path.
  public static var temporaryDirectory: String { Path.absolute(self["TMPDIR"] ?? "/tmp") }

  /// Where caches go: `$XDG_CACHE_HOME`, else `~/.cache`.
  ///
  /// Source: XDG base directory specification 0.8, "Basics": a relative path is ignored.
  public static var cacheDirectory: String {
    self["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? Path.join(home, ".cache")
  }

  /// Whether the process runs as root.
  public static var isRoot: Bool { geteuid() == 0 }

  /// The number of processors that the process may use.
  public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// The path of the running program.
  public static var executablePath: String { (try? Files.target(ofLink: "/proc/self/exe")) ?? "" }

  /// The full path of a program found through `PATH`.
  public static func program(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    for directory in (self["PATH"] ?? "/usr/bin:/bin").split(separator: ":") {
      let path = "\(directory)/\(name)"
      if access(path, X_OK) == 0 && Files.isFile(path) { return path }
    }
    return nil
  }
}
