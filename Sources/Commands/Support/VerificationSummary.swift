import Building
import Dockerfiles
import Findings
import Images
import JSON
import OCI
import Packages
import Resolution
import Verification
import Versions

/// The one screen at the end of `drydock verify`.
struct VerificationSummary {
  let result: ImageBuild.Result
  let tests: TestReport
  let health: HealthResult?
  let report: TestReport
  let folder: ImageFolder
  let directory: String?

  func text(color: Bool) -> String {
    let lock = result.plan.lock
    var text = "\(lock.name)  \(result.plan.spec.platform)  \(result.built.image.digest)\n\n"
    var pins = Table(["PINNED", "", ""])
    for package in lock.python?.packages ?? [] where package.isDirect {
      pins.add("python", package.name.description, package.version.description)
    }
    let debian = Dictionary(lock.debian?.packages.map { ($0.name, $0.version.description) } ?? []) { $1 }
    for name in (result.plan.spec.debian?.packages ?? []).sorted() { pins.add("debian", name, debian[name] ?? "-") }
    text += pins.text
    text += "and \((lock.python?.packages.count ?? 0) + debian.count - (pins.rowCount)) more in "
    text += "\(folder.file(ImageFolder.lockName))\n\n"
    var layers = Table(["LAYER", "SIZE", "UNPACKED"], rightAligned: [1, 2])
    for layer in result.built.layers {
      layers.add(layer.name, ByteCount.text(layer.size), layer.plainSize.map(ByteCount.text) ?? "-")
    }
    text += layers.text + "\n"
    var rows = Table(["", ""])
    if let repinned = result.repinned {
      rows.add("repinned", "\(repinned.changes.count) pins that no source has any longer")
    }
    rows.add("tests", "\(tests.cases.count - tests.failures.count) passed, \(tests.failures.count) failed")
    rows.add("health", health?.summary ?? "the image has no health check")
    if let directory {
      rows.add("image", "\(directory)/oci and, for docker load, \(directory)/\(lock.name).tar")
      rows.add("reports", "\(directory)/tests.xml, \(directory)/report.json")
    }
    text += rows.text
    let verdict = report.hasPassed ? "good" : "NOT good"
    let paint = color ? (report.hasPassed ? "\u{1B}[32m" : "\u{1B}[31m") : ""
    return text + "\n\(paint)\(lock.name) is \(verdict)\(color ? "\u{1B}[0m" : "")\n"
  }

  /// The summary of one platform, or of several with one verdict.
  static func json(of summaries: [VerificationSummary]) -> JSONValue {
    if summaries.count == 1 { return summaries[0].json }
    return .object([
      "verdict": .string(summaries.allSatisfy(\.report.hasPassed) ? "good" : "bad"),
      "platforms": .object(summaries.map { JSONMember($0.result.plan.spec.platform.description, $0.json) }),
    ])
  }

  var json: JSONValue {
    .object([
      "name": .string(result.plan.lock.name), "verdict": .string(report.hasPassed ? "good" : "bad"),
      "image": Build.json(result), "repinned": result.repinned?.json, "tests": tests.json, "health": health?.json,
    ])
  }
}
