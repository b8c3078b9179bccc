import ArgumentParser
import Building
import Host
import JSON

/// `drydock diff`: what tells one image from another.
struct Diff: Command, EndsSoon {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two images: files, packages, configuration, layers.",
    discussion: """
      An image is a folder with an image.yaml, which is built if need be, or any form that 'drydock copy' knows. Nothing is
      unpacked, and layers that both images begin with are not even read unless they have to be.

      The exit code is 1 when something differs that is not ignored. --ignore takes files, times, owners, modes, packages,
      config, layers, or a glob of absolute paths in which '*' matches slashes, too.

      EXAMPLES
        drydock diff oci:old oci:new
        drydock diff example.com/team/image:1 images/spark-athena --ignore times --ignore '/var/log/*'
        drydock diff docker-archive:old.tar docker-archive:new.tar --ignore layers --explain
        drydock diff oci:old oci:new --format html > report.html
      """)

  @Argument(help: "The first image.")
  var first: String

  @Argument(help: "The second image.")
  var second: String

  @Option(help: ArgumentHelp("Leave something out; may be given several times.", valueName: "what"))
  var ignore: [String] = []

  @Flag(help: "Say at which byte contents part, and which step of a build made them.")
  var explain = false

  @Option(help: ArgumentHelp("Take this platform's image out of an index.", valueName: "os/arch"))
  var platform: String?

  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var registry: RegistryOptions
  @OptionGroup var output: DifferenceOptions

  func execute(_ progress: ProgressLine) async throws {
    let ignored = try Failure.argument("--ignore") { () throws(IgnoredDifferences.UnknownAspect) in
      try IgnoredDifferences(ignore)
    }
    let workplace = try Workplace(progress: progress.progress)
    let finder = ImageFinder(
      workplace: workplace, copier: try registry.copier(progress),
      platform: try platform.map { try SelectionOptions.platform($0) },
      runtime: runtime, output: output)
    let (left, right) = (try await finder.image(first), try await finder.image(second))
    let difference = try await progress.progress.during("compare") {
      try await ImageComparison(left, right, ignoring: ignored, cache: workplace.cache).run(explaining: explain)
    }
    progress.clear()
    output.print(DifferenceReport(first: first, second: second, difference: difference))
    if !difference.isEmpty { throw Verdict.gateFailed }
  }
}

/// How a comparison is printed.
enum DifferenceFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
  case html
}

/// Output options of a comparison.
struct DifferenceOptions: OutputGroup {
  @Option(help: "Print the differences as text, json or html.")
  var format: DifferenceFormat = .text

  @OptionGroup var verbosity: Verbosity

  func print(_ report: DifferenceReport) {
    switch format {
    case .text: Terminal.write(report.text, to: .output)
    case .json: Terminal.write(report.json.canonicalText, to: .output)
    case .html: Terminal.write(report.html, to: .output)
    }
  }
}
