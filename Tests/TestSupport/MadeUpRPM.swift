import Host

/// RPM packages that rpmbuild makes of a spec file.
public enum MadeUpRPM {
  /// A program that a test needs and that failed.
  public struct ToolFailure: Error {
    let program: String
    let text: String
  }

  /// Builds the packages of a spec file and gives their paths, sorted.
  ///
  /// - Parameters:
  ///   - folder: Where they lie below `RPMS/ARCHITECTURE`.
  ///   - options: rpmbuild's, for example definitions.
  public static func build(_ spec: String, in folder: String, options: [String] = []) async throws -> [String] {
    try Files.createDirectory(folder)
    let file = "\(folder)/made-up.spec"
    try Files.write(spec, to: file)
    // Without the steps after %install, which strip and compress what a test wants as it is.
    try await run(
      "rpmbuild",
      ["-bb", "--quiet", "--define", "_topdir \(folder)", "--define", "__spec_install_post true"]
        + ["--define", "_build_id_links none", "--define", "use_source_date_epoch_as_buildtime 1"] + options + [file])
    var paths: [String] = []
    for architecture in try Files.list("\(folder)/RPMS") {
      let place = "\(folder)/RPMS/\(architecture)"
      if Files.isDirectory(place) {
        paths += try Files.list(place).filter { $0.hasSuffix(".rpm") }.map { "\(place)/\($0)" }
      }
    }
    return paths.sorted()
  }

  /// Runs a program that has to succeed, and gives its output.
  @discardableResult
  public static func run(_ program: String, _ arguments: [String]) async throws -> String {
    let result = try await Subprocess(program, arguments).run()
    guard result.status == 0 else { throw ToolFailure(program: program, text: result.errorText + result.text) }
    return result.text
  }

  /// Removes a folder with all that is in it.
  public static func remove(_ folder: String) async throws { try await run("rm", ["-rf", folder]) }
}
