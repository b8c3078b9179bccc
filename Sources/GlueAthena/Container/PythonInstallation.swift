import Host

/// A Python interpreter and where it looks for packages.
struct PythonInstallation: Equatable, Sendable {
  /// The path of the program.
  let program: String
  /// The minor version, for example `3.11`.
  let version: String?
  /// The directories of installed packages, in the order they are searched, only those that exist.
  let packageDirectories: [String]

  /// Finds the interpreter: `PYSPARK_PYTHON`, else `python3`.
  ///
  /// It is not started: its version stands in the name that its links lead to, or in the directory of its library.
  static func find(in container: Container) -> PythonInstallation? {
    let names = [container["PYSPARK_PYTHON"], "python3"].compactMap { $0 }
    guard let program = names.lazy.compactMap({ container.program($0) }).first else { return nil }
    // `/bin` may be a link to `/usr/bin`, and the interpreter's prefix is where the directory is.
    let folder = Path.parent(program).map { (try? Files.resolve($0)) ?? $0 }
    let prefix = folder.flatMap(Path.parent) ?? container.path("/usr")
    let version = version(of: program, prefix: prefix, in: container)
    return PythonInstallation(
      program: program, version: version,
      packageDirectories: packageDirectories(prefix: prefix, version: version, in: container))
  }

  private static func version(of program: String, prefix: String, in container: Container) -> String? {
    let real = (try? Files.resolve(program)) ?? program
    if let version = number(in: Path.name(real)) { return version }
    return container.entries(of: Path.join(prefix, "lib"), startingWith: "python3.").lazy
      .compactMap { number(in: Path.name($0)) }.first
  }

  private static func number(in name: String) -> String? {
    guard name.hasPrefix("python3.") else { return nil }
    let minor = name.dropFirst("python3.".count)
    return !minor.isEmpty && minor.allSatisfy(\.isNumber) ? "3.\(minor)" : nil
  }

  private static func packageDirectories(prefix: String, version: String?, in container: Container) -> [String] {
    var candidates = (container["PYTHONPATH"] ?? "").split(separator: ":").map { container.path(String($0)) }
    if let version {
      let name = "python\(version)"
      candidates.append(container.path("\(container.home)/.local/lib/\(name)/site-packages"))
      if prefix == container.path("/usr") {
        // Debian's and Red Hat's interpreters look in /usr/local first.
        candidates += ["lib64", "lib"].map { container.path("/usr/local/\($0)/\(name)/site-packages") }
        candidates.append(container.path("/usr/local/lib/\(name)/dist-packages"))
      }
      candidates += ["lib64", "lib"].map { Path.join(prefix, "\($0)/\(name)/site-packages") }
      candidates += ["lib/python3/dist-packages", "lib/\(name)/dist-packages"].map { Path.join(prefix, $0) }
    }
    var seen: Set<String> = []
    return candidates.filter { Files.isDirectory($0) && seen.insert($0).inserted }
  }
}
