import Building
import Host
import JSON
import TestSupport
import Testing

/// `images/spark-athena`, built by the program as its users run it, and loaded into a daemon of its own.
struct BuiltImage: Sendable {
  /// The one that the suite's tests share.
  @TaskLocal static var shared: BuiltImage?

  /// The tag that the image has in its layout and in the daemon.
  static let name = "spark-athena:built"

  /// A directory for everything, gone with the suite.
  let directory: String
  /// A copy of the image's folder, as generating may write to it.
  let folder: String
  let daemon: DockerDaemon
  let digest: String

  /// The image of the running test.
  static func current() throws -> BuiltImage { try #require(shared) }

  private static let checkout = Path.normalize(#filePath + "/../../..")

  init(in directory: String, daemon: DockerDaemon) async throws {
    self.directory = directory
    self.daemon = daemon
    folder = directory + "/image"
    let copied = try await Subprocess("cp", ["-R", Self.checkout + "/images/spark-athena", folder]).run()
    try #require(copied.status == 0, "\(copied.errorText)")
    let archive = directory + "/image.tar"
    digest = try await Self.build(
      folder, to: ["oci:\(directory)/layout:built", "docker-archive:\(archive):\(Self.name)"])
    _ = try await daemon.output("load", "--quiet", "--input", archive)
    try Files.remove(archive)
  }

  /// Builds a folder's image and gives the digest of its manifest.
  static func build(
    _ folder: String, to places: [String], environment: [String: String]? = nil
  ) async throws -> String {
    let words = ["build", folder] + places.flatMap { ["--output", $0] } + ["--format", "json"]
    let text = try await drydock(words, environment: environment)
    return try #require(try JSONValue(parsing: text)["digest"]?.string)
  }

  /// Runs the built program with the runtime that `make runtime` left, and gives its output.
  @discardableResult
  static func drydock(_ words: [String], environment: [String: String]? = nil) async throws -> String {
    let runtime = ["--runtime", checkout + "/.build/runtime/glue-athena"]
    let result = try await Subprocess(BuiltProgram.path("drydock"), words + runtime, environment: environment).run()
    try #require(result.status == 0, "drydock \(words[0]): \(result.errorText.suffix(4000))")
    return result.text
  }

  /// Starts a build and kills it, with no chance to clean up, after a time in seconds.
  static func killBuild(_ folder: String, after seconds: Int, environment: [String: String]) async throws {
    let words = ["--signal=KILL", "\(seconds)", BuiltProgram.path("drydock"), "build", folder]
    let runtime = ["--runtime", checkout + "/.build/runtime/glue-athena"]
    let result = try await Subprocess("timeout", words + runtime, environment: environment).run()
    try #require(result.status == 137, "no build to kill after \(seconds) s: \(result.errorText.suffix(2000))")
  }

  /// Starts a daemon and builds the image once for all tests of a suite.
  struct Scope: SuiteTrait, TestScoping {
    @concurrent func provideScope(
      for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
      let directory = try TemporaryDirectory(prefix: "drydock-interop")
      let daemon = try await DockerDaemon(in: directory.path + "/docker")
      do {
        let image = try await BuiltImage(in: directory.path, daemon: daemon)
        try await BuiltImage.$shared.withValue(image) { try await function() }
      } catch {
        try await daemon.stop()
        throw error
      }
      try await daemon.stop()
    }
  }
}

extension SuiteTrait where Self == BuiltImage.Scope {
  /// Has `BuiltImage.shared` built and loaded while the suite runs.
  static var withBuiltImage: Self { BuiltImage.Scope() }
}
