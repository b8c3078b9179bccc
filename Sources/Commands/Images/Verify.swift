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
    commandName: "verify",
    abstract: "Check the lock, build, test and health-check an image: one verdict, one report.",
    discussion: """
      Of an image for several platforms, one is verified; with --push all are, unless --platform names one, and what is pushed
      is their index.

      EXAMPLES
        drydock verify images/spark-athena
        drydock verify images/spark-athena --output out --repin-missing
        drydock verify images/spark-athena --push docker://example.com/team/spark-athena:1
        drydock verify images/spark-athena --platform linux/arm64    of a lock for several, this one
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
  @OptionGroup var platform: PlatformOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let targets = try push.map { try Reference(argument: $0) }
    let workplace = try Workplace(progress: progress.progress)
    let writer = try ImageWriter(registry.copier(progress), workplace.cache)
    let folder = try ImageFolder(image)
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    // What goes out under a name is all of it, and all of that has to hold.
    let choice = try platform.named.map { .named([$0]) } ?? (targets.isEmpty ? PlatformChoice.own : .all)
    let results = try await build.build(choice, runs: "the image is tested", repinningMissing: repinMissing)
    if results.count == 1, platform.platform == nil { results[0].noteOthers(output) }
    var summaries: [VerificationSummary] = []
    for result in results {
      let place = directory.map { results.count == 1 ? $0 : "\($0)/\(result.plan.spec.platform.label)" }
      let summary = try await verify(result, folder, workplace, directory: place, progress.progress)
      if let place { try await write(summary, to: place, writer, workplace.progress) }
      summaries.append(summary)
    }
    let isGood = summaries.allSatisfy(\.report.hasPassed)
    if isGood { try await send(results, to: targets, writer) }
    progress.clear()
    for summary in summaries where !summary.report.hasPassed && output.format == .text {
      output.note(summary.report.text(color: Terminal.wantsColor(.error)))
    }
    output.print(
      text: summaries.map { $0.text(color: Terminal.wantsColor(.output)) }.joined(separator: "\n"),
      json: VerificationSummary.json(of: summaries))
    if !isGood { throw Verdict.gateFailed }
  }

  /// Tests and health-checks the image of one platform.
  private func verify(
    _ result: ImageBuild.Result, _ folder: ImageFolder, _ workplace: Workplace, directory: String?,
    _ progress: Progress
  ) async throws -> VerificationSummary {
    var checks = [try Self.generatedFilesCheck(result.plans, folder)]
    let subject = try await ImageSubject(result, folder: folder, workplace: workplace)
    let (specification, testFolder) = try subject.tests(at: nil)
    let tests = await TestRunner(image: subject.root, folder: testFolder).run(specification, progress: progress)
    let health =
      result.plan.spec.healthcheck == nil
      ? nil : await HealthRunner(image: subject.root).run(.image, progress: progress)
    checks += tests.cases + (health.map { [$0.testCase] } ?? [])
    return VerificationSummary(
      result: result, tests: tests, health: health,
      report: TestReport(subject: result.plan.spec.name, cases: checks), folder: folder, directory: directory)
  }

  /// Pushes an image, or the index of those of several platforms.
  private func send(_ results: [ImageBuild.Result], to targets: [Reference], _ writer: ImageWriter) async throws {
    let images = results.map { (platform: $0.plan.spec.platform, image: $0.built.image) }
    for target in targets {
      if images.count == 1 {
        try await writer.write(images[0].image, to: .registry(target), name: nil)
      } else {
        let index = try Build.addIndex(images, to: writer.store)
        try await writer.write(images, index: index.digest, to: .registry(target))
      }
    }
  }

  private static func generatedFilesCheck(_ plans: ImagePlans, _ folder: ImageFolder) throws -> TestReport.Case {
    let start = ContinuousClock.now
    let stale = try GeneratedFiles(plans: plans).stale(in: folder)
    return TestReport.Case(
      name: "the generated files are fresh", group: "lock", duration: ContinuousClock.now - start,
      outcome: stale.isEmpty
        ? .passed
        : .failed(reason: "stale: \(stale.joined(separator: ", "))", output: "run 'drydock generate \(folder.path)'"))
  }

  private func write(
    _ summary: VerificationSummary, to directory: String, _ writer: ImageWriter, _ progress: Progress
  ) async throws {
    let (result, name) = (summary.result, summary.result.plan.spec.name)
    try Files.createDirectory(directory)
    try await progress.during("write \(directory)") {
      try await writer.write(result.built.image, to: .layout(path: "\(directory)/oci", tag: "latest"), name: name)
      let archive = "\(directory)/\(name).tar"
      try await writer.write(result.built.image, to: .dockerArchive(path: archive, name: "\(name):latest"), name: name)
    }
    try Files.write(summary.report.junit(at: Clock.rfc3339(Clock.now)), to: "\(directory)/tests.xml")
    try Files.write(summary.json.canonicalText, to: "\(directory)/report.json")
  }
}
