import Host

/// The container as the runtime sees it: a file system below a root, and an environment.
///
/// Everything that looks for Spark, Java, packages or limits takes one, so that each can be tried on a made-up tree.
struct Container: Sendable {
  /// Where `/` is; another place only in tests.
  let root: String
  let environment: [String: String]

  init(root: String = "/", environment: [String: String]) {
    self.root = root == "/" ? "" : root
    self.environment = environment
  }

  /// The container that this process runs in; `GLUE_ATHENA_ROOT` moves its file system.
  static var current: Container {
    let environment = Environment.all
    return Container(root: environment["GLUE_ATHENA_ROOT"] ?? "/", environment: environment)
  }

  /// The value of a variable that is set and not empty.
  subscript(_ variable: String) -> String? {
    environment[variable].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The real path of a path in the container.
  func path(_ path: String) -> String { root + path }

  /// The paths of what lies in a directory under names that start so, in order.
  func entries(of directory: String, startingWith prefix: String = "") -> [String] {
    ((try? Files.list(directory)) ?? []).filter { $0.hasPrefix(prefix) }.map { Path.join(directory, $0) }
  }

  /// The real path of a program by its name, looked up in `PATH`.
  func program(_ name: String) -> String? {
    if name.hasPrefix("/") {
      let path = path(name)
      return Files.isFile(path) ? path : nil
    }
    let directories = (self["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    return directories.lazy.map { self.path("\($0)/\(name)") }.first { Files.isFile($0) }
  }

  /// The home directory.
  var home: String { self["HOME"] ?? "/root" }

  /// Where temporary files go, as an absolute path: programs of the job may work in another directory.
  var temporaryDirectory: String { path(Path.absolute(self["TMPDIR"] ?? "/tmp")) }
}
