import Host

/// Programs of this package that were built beside the tests.
public enum BuiltProgram {
  /// The path of a program; the test runner is told where the tests are, and the programs lie beside them.
  public static func path(_ name: String) -> String {
    let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    return Path.join(Path.parent(Path.absolute(tests)) ?? "/", name)
  }
}
