import ArgumentParser
import Findings
import Host
import Verification

/// `drydock test`: runs tests inside an image.
struct Test: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run an image's tests inside it, without a daemon.",
    discussion: """
      The tests are in tests.yaml beside image.yaml; files of container-structure-test (schema 2.0.0) work as they are.
      They run as the image's own user, in one container without a network, and never change the image.

      EXAMPLES
        drydock test images/spark-athena
        drydock test images/spark-athena --junit tests.xml
        drydock test oci:out/spark-athena --tests structure.yaml
      """)

  @Argument(help: "A folder with an image.yaml, or oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE.")
  var image: String

  @Option(help: ArgumentHelp("Run the tests of this file.", valueName: "file"))
  var tests: String?

  @Option(help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file"))
  var junit: String?

  @OptionGroup var platform: PlatformOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let workplace = try Workplace(progress: progress.progress)
    let subject = try await ImageSubject(
      image, of: platform.named, runs: "the image is tested", workplace: workplace, runtime: runtime, output: output)
    let (specification, folder) = try subject.tests(at: tests)
    let report = await TestRunner(image: subject.root, folder: folder).run(
      specification, progress: progress.progress)
    progress.clear()
    if let junit { try Files.write(report.junit(at: Clock.rfc3339(Clock.now)), to: junit) }
    output.print(text: report.text(color: Terminal.wantsColor(.output)), json: report.json)
    if !report.hasPassed { throw Verdict.gateFailed }
  }
}
