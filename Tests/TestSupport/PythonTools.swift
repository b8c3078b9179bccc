import Host

/// Independent programs of the Python index that tests compare with, installed once into a folder of the build.
public enum PythonTools {
  /// What is installed, in fixed versions.
  private static let requirements = [
    "boto3==1.44.5", "botocore==1.44.5", "moto[server]==5.2.5", "PyAthena==3.40.0", "pandas==2.3.3", "pyarrow==20.0.0",
    "pip==26.3", "packaging==26.4", "uv==0.13.9",
  ]

  /// The interpreter that has them.
  ///
  /// - Throws: ``Failure`` with what the installer wrote.
  public static func python() async throws -> String {
    let build = Path.normalize(#filePath + "/../../../.build")
    let folder = "\(build)/test-python"
    try Files.createDirectory(build)
    let lock = try FileHandle(writing: "\(folder).lock", .keep)
    // Asked again and again, as a thread that sleeps in the system would be missing where the holder goes on.
    while try !lock.lock(waiting: false) { try await Task.sleep(for: .milliseconds(100)) }
    let python = "\(folder)/bin/python3"
    let stamp = "\(folder)/requirements"
    let wanted = requirements.joined(separator: "\n") + "\n"
    if (try? Files.text(stamp)) == wanted { return python }
    try Files.remove(folder)
    try await run("python3", ["-m", "venv", folder])
    try await run(python, ["-m", "pip", "install", "-q", "--disable-pip-version-check"] + requirements)
    try Files.write(wanted, to: stamp)
    return python
  }

  /// Runs a program of Python's, which gets its input as text, and returns what it prints.
  public static func run(script: String, input: String = "", environment: [String: String] = [:]) async throws -> String
  {
    let variables = Environment.all.filter { !$0.key.hasPrefix("AWS_") }.merging(environment) { $1 }
    let result = try await Subprocess(try await python(), ["-c", script], environment: variables)
      .run(input: Array(input.utf8))
    guard result.status == 0 else { throw Failure(text: result.errorText) }
    return result.text
  }

  private static func run(_ program: String, _ arguments: [String]) async throws {
    let result = try await Subprocess(program, arguments).run()
    guard result.status == 0 else { throw Failure(text: result.errorText) }
  }

  /// A program that failed.
  public struct Failure: Error, CustomStringConvertible {
    let text: String
    /// What the program wrote.
    public var description: String { text }
  }
}
