import Host

/// Finds the public test suites that a conformance run is pointed at.
enum Fixtures {
  /// The folder that `DRYDOCK_FIXTURES` names, if it is set.
  static let folder = Environment["DRYDOCK_FIXTURES"]

  static func text(_ path: String) throws -> String {
    try Files.text(Path.join(folder ?? "", path))
  }

  static func bytes(_ path: String) throws -> [UInt8] {
    try Files.read(Path.join(folder ?? "", path))
  }

  /// What lies in a folder, sorted.
  static func names(_ path: String) throws -> [String] {
    try Files.list(Path.join(folder ?? "", path)).sorted()
  }
}
