import JSON
import Resolution

/// What an update did, for a terminal, for a program, and for a pull request.
struct UpdateSummary {
  let image: String
  let changes: LockChanges
  let outcome: UpdateSearch.Outcome
  /// How many sets were built and tested.
  let trials: Int
  let isDryRun: Bool

  /// A sentence for each package that has to stay.
  var sentences: [String] {
    outcome.culprits.map { culprit in
      let names = culprit.failures.map { "`\($0.test)`" }.joined(separator: ", ")
      let error = culprit.failures.first.map { ": \(Self.message($0.error))" } ?? ""
      return "\(culprit.name.name) \(culprit.bad) is the first that breaks \(names)\(error)"
    }
  }

  /// What image.yaml has to say, so that a package stays where it is although nobody runs an update.
  private static func hold(_ culprit: UpdateSearch.Culprit) -> String {
    let name = culprit.name.name
    switch culprit.name.kind {
    case .python: return "constraints: [\"\(name)<\(culprit.bad)\"]"
    case .debian: return "preferences: [{packages: [\(name)], pin: \"version \(culprit.good)\", priority: 1001}]"
    case .rpm: return "rpm.packages: [\"\(name) < \(culprit.bad)\"]"
    case .jar: return "jars.artifacts: [\"\(name):(,\(culprit.bad))\"]"
    }
  }

  /// An error without the name of its class, which says nothing to whoever reads only this.
  static func message(_ error: String) -> String {
    guard let colon = error.firstIndex(of: ":") else { return error }
    let head = error[..<colon]
    guard !head.contains(" "), head.hasSuffix("Error") || head.hasSuffix("Exception") else { return error }
    return String(error[error.index(after: colon)...].drop { $0 == " " })
  }

  var text: String {
    var text = ""
    if outcome.trial == nil {
      text += "\(image): no set of pins passes the tests; nothing was changed\n"
      for failure in outcome.failures { text += "  \(failure.test): \(failure.error)\n" }
      return text
    }
    for sentence in sentences { text += sentence + "\n" }
    for culprit in outcome.culprits {
      text += "  kept at \(culprit.good); to hold it for good: \(Self.hold(culprit))\n"
    }
    text += changes.text(path: image)
    if isDryRun { return text + "nothing was built, tested or written\n" }
    return text + "\(trials) set\(trials == 1 ? "" : "s") built and tested\n"
  }

  var json: JSONValue {
    .object([
      "image": .string(image), "passed": isDryRun ? nil : .bool(outcome.trial != nil), "changes": changes.json,
      "trials": .integer(trials),
      "held": .array(
        outcome.culprits.map { culprit in
          .object([
            "kind": .string(culprit.name.kind.rawValue), "name": .string(culprit.name.name),
            "good": .string(culprit.good), "bad": .string(culprit.bad), "failures": Self.json(culprit.failures),
          ])
        }),
      "failures": Self.json(outcome.failures),
    ])
  }

  private static func json(_ failures: [UpdateVerdict.Failure]) -> JSONValue {
    .array(failures.map { .object(["test": .string($0.test), "error": .string($0.error)]) })
  }

  /// A description that a pull request can have as it is.
  var markdown: String {
    var text = "## Update of `\(image)`\n\n"
    guard outcome.trial != nil else {
      text += "No set of pins passes the tests; nothing was changed.\n\n| test | error |\n| --- | --- |\n"
      return text + outcome.failures.map { "| \(Self.cell($0.test)) | \(Self.cell($0.error)) |\n" }.joined()
    }
    if changes.changes.isEmpty {
      text += "Every pin is the newest that passes.\n"
    } else {
      text += "| | package | from | to |\n| --- | --- | --- | --- |\n"
      for change in changes.changes {
        text += "| \(change.label) | \(Self.cell(change.name)) | \(Self.cell(change.old ?? "-")) "
        text += "| \(Self.cell(change.new ?? "-")) |\n"
      }
    }
    if !outcome.culprits.isEmpty {
      text += "\n### Held back\n\n"
      for (culprit, sentence) in zip(outcome.culprits, sentences) {
        text += "- \(Self.line(sentence)). Kept at \(culprit.good).\n"
      }
    }
    return text + (isDryRun ? "\nNothing was built or tested.\n" : "\nAll tests passed (\(trials) sets tried).\n")
  }

  private static func line(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
  private static func cell(_ text: String) -> String { line(text).replacing("|", with: "\\|") }
}
