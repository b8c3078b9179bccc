import Host

/// A Java runtime.
struct JavaInstallation: Equatable, Sendable {
  /// The directory that holds `bin/java`.
  let home: String
  /// The version as its `release` file states it, for example `17.0.13` or `1.8.0_412`.
  let version: String?

  /// Finds the runtime: `JAVA_HOME`, else the places of the known images, else below `/usr/lib/jvm`, else through `PATH`.
  static func find(in container: Container) -> JavaInstallation? {
    var homes = [container["JAVA_HOME"].map(container.path), container.path("/usr/lib/jvm/jre-17")].compactMap { $0 }
    homes += container.entries(of: container.path("/usr/lib/jvm"))
    if let program = container.program("java"), let real = try? Files.resolve(program),
      let home = Path.parent(real).flatMap(Path.parent)
    {
      homes.append(home)
    }
    guard let home = homes.first(where: { Files.isFile(Path.join($0, "bin/java")) }) else { return nil }
    return JavaInstallation(home: home, version: version(in: home))
  }

  private static func version(in home: String) -> String? {
    // Java 8 keeps the runtime in `jre` below the kit that has the file.
    for path in [Path.join(home, "release"), Path.parent(home).map { Path.join($0, "release") }].compactMap({ $0 }) {
      guard let text = try? Files.text(path, limit: 1 << 16) else { continue }
      for line in text.lines where line.hasPrefix("JAVA_VERSION=") {
        return String(line.dropFirst("JAVA_VERSION=".count).filter { $0 != "\"" })
      }
    }
    return nil
  }

  /// Whether the option `-XX:ActiveProcessorCount` is known: from 10, and from update 191 of 8 (JDK-8146115).
  var countsProcessors: Bool {
    guard let feature, let version else { return false }
    if feature > 8 { return feature >= 10 }
    return (version.split(separator: "_").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0) >= 191
  }

  /// The feature release: 8, 11, 17.
  var feature: Int? {
    guard let version else { return nil }
    let numbers = version.split { !$0.isNumber }.compactMap { Int($0) }
    return numbers.first == 1 && numbers.count > 1 ? numbers[1] : numbers.first
  }
}
