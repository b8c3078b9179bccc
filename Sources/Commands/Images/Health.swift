import ArgumentParser
import Host
import Verification
import YAML

/// `drydock health`: applies an image's HEALTHCHECK.
struct Health: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Start an image and apply its HEALTHCHECK, as Docker would.",
    discussion: """
      Interval, timeout, start period and retries are the image's own. An image without a command is checked while
      nothing else runs in it.

      EXAMPLES
        drydock health images/spark-athena
        drydock health images/spark-athena --interval 1s -- run /opt/jobs/spark_pandas_parquet.py
      """)

  @Argument(help: "A folder with an image.yaml, or oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE.")
  var image: String

  @Option(help: ArgumentHelp("Check this often instead, for example 1s.", valueName: "time"), transform: Self.time)
  var interval: Duration?

  @Option(help: ArgumentHelp("Give up after this time.", valueName: "time"), transform: Self.time)
  var limit: Duration = .seconds(600)

  @Argument(parsing: .postTerminator, help: "Arguments for the image's entrypoint.")
  var arguments: [String] = []

  @OptionGroup var platform: PlatformOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let workplace = try Workplace(progress: progress.progress)
    let subject = try await ImageSubject(
      image, of: platform.named, runs: "the image is started", workplace: workplace, runtime: runtime, output: output)
    let result = await HealthRunner(image: subject.root).run(
      arguments.isEmpty ? .image : .arguments(arguments), interval: interval, limit: limit,
      progress: progress.progress)
    progress.clear()
    output.print(text: "\(result.log)\n\(result.summary)\n", json: result.json)
    if !result.isHealthy { throw Verdict.gateFailed }
  }

  @Sendable private static func time(_ text: String) throws -> Duration {
    var reader = YAMLReader()
    guard let time = reader.duration(try YAMLNode(parsing: "\"\(text)\""), "the time") else {
      throw ValidationError("'\(text)' is no time; write for example 500ms, 30s or 5m")
    }
    return time
  }
}
