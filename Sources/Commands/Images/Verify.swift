import ArgumentParser
import Building
import Dockerfiles
import Findings
import Host
import Images
import JSON
import OCI
import Registry
import Resolution
import Verification

/// `drydock verify`: every stage, one verdict, one report.
struct Verify: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    abstract: "Check the lock, build, test and health-check an image: one verdict, one report.",
    discussion: """
      EXAMPLES
        drydock verify images/spark-athena
        drydock verify images/spark-athena --output out --repin-missing
        drydock verify images/spark-athena --push docker://example.com/team/spark-athena:1
      """)

  @Argument(help: "A folder with an image.yaml.")
  var image: String

  @Option(
    name: .customLong("output"),
    help: ArgumentHelp("Write the image and the reports into this folder.", valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp("Push the image there if all of that holds: [docker://]HOST/NAME[:TAG].", valueName: "name"))
  var push: [String] = []

  @Flag(help: "Replace locked files that no source has any longer by their successors, and say so.")
  var repinMissing = false

  @OptionGroup var registry: RegistryOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let targets = try push.map { try Reference(argument: $0) }
    let workplace = try Workplace(progress: progress.progress)
    let writer = try ImageWriter(registry.copier(progress), workplace.cache)
    let folder = try ImageFolder(image)
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    let result = try await build.build(repinningMissing: repinMissing)
    var checks = [try Self.generatedFilesCheck(result.plan, folder)]
    let subject = try await ImageSubject(result, folder: folder, workplace: workplace)
    let (specification, testFolder) = try subject.tests(at: nil)
    let tests = await TestRunner(image: subject.root, folder: testFolder).run(
      specification, progress: progress.progress)
    let health =
      result.plan.spec.healthcheck == nil
      ? nil : await HealthRunner(image: subject.root).run(.image, progress: progress.progress)
    checks += tests.cases + (health.map { [$0.testCase] } ?? [])
    let report = TestReport(subject: result.plan.spec.name, cases: checks)
    let summary = VerificationSummary(
      result: result, tests: tests, health: health, report: report, folder: folder, directory: directory)
    if let directory { try await write(result, summary, report, to: directory, writer, workplace.progress) }
    if report.hasPassed {
      for target in targets { try await writer.write(result.built.image, to: .registry(target), name: nil) }
    }
    progress.clear()
    if !report.hasPassed && output.format == .text { output.note(report.text(color: Terminal.wantsColor(.error))) }
    output.print(text: summary.text(color: Terminal.wantsColor(.output)), json: summary.json)
    if !report.hasPassed { throw Verdict.gateFailed }
  }

  private static func generatedFilesCheck(_ plan: ImagePlan, _ folder: ImageFolder) throws -> TestReport.Case {
    let start = ContinuousClock.now
    let stale = try GeneratedFiles(plan: plan).stale(in: folder)
    return TestReport.Case(
      name: "the generated files are fresh", group: "lock", duration: ContinuousClock.now - start,
      outcome: stale.isEmpty
        ? .passed
        : .failed(reason: "stale: \(stale.joined(separator: ", "))", output: "run 'drydock generate \(folder.path)'"))
  }

  private func write(
    _ result: ImageBuild.Result, _ summary: VerificationSummary, _ report: TestReport, to directory: String,
    _ writer: ImageWriter, _ progress: Progress
  ) async throws {
    let name = result.plan.spec.name
    try Files.createDirectory(directory)
    try await progress.during("write \(directory)") {
      try await writer.write(result.built.image, to: .layout(path: "\(directory)/oci", tag: "latest"), name: name)
      let archive = "\(directory)/\(name).tar"
      try await writer.write(result.built.image, to: .dockerArchive(path: archive, name: "\(name):latest"), name: name)
    }
    try Files.write(report.junit(at: Clock.rfc3339(Clock.now)), to: "\(directory)/tests.xml")
    try Files.write(summary.json.canonicalText, to: "\(directory)/report.json")
  }
}
