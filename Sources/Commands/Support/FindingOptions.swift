import ArgumentParser
import Findings
import Host
import JSON

/// How findings are printed.
enum FindingFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
  case sarif
  case junit
  case github
  case html
}

/// From which severity on findings make the verdict bad.
enum FindingThreshold: String, ExpressibleByArgument, CaseIterable, Sendable {
  case info
  case low
  case medium
  case high
  case critical
  case never

  var severity: Severity? { Severity(rawValue: rawValue) }
}

/// Output options of commands whose result is findings; one gate and one renderer for all of them.
struct FindingOptions: OutputGroup {
  @Option(help: "Print findings as text, json, sarif, junit, github (annotations) or html.")
  var format: FindingFormat = .text

  @Option(
    help: ArgumentHelp(
      "End with exit code 1 if a finding is info, low, medium, high or critical, or worse than that; or never.",
      valueName: "severity"))
  var failOn: FindingThreshold = .medium

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Write the report into this file instead of standard output.", valueName: "file"))
  var file: String?

  @OptionGroup var verbosity: Verbosity

  /// Prints or writes a report.
  ///
  /// - Throws: ``Verdict`` when a finding reaches the threshold.
  func finish(_ report: FindingReport) throws {
    let text = rendered(report, color: file == nil && Terminal.wantsColor(.output))
    if let file { try Files.write(text, to: file) } else { Terminal.write(text, to: .output) }
    if let file { note("\(file): \(report.summary)") }
    if !report.failures(atOrAbove: failOn.severity).isEmpty { throw Verdict.gateFailed }
  }

  private func rendered(_ report: FindingReport, color: Bool) -> String {
    switch format {
    case .text: report.text(color: color)
    case .json: report.json.canonicalText
    case .sarif: report.sarif(version: Drydock.version).text(.pretty) + "\n"
    case .junit: report.junit(failingAt: failOn.severity, at: Clock.rfc3339(Clock.now))
    case .github: report.annotations
    case .html: report.html
    }
  }
}
