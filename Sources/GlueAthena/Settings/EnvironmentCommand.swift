import Host
import JSON

/// `glue-athena env`: the settings that a job would get, and why.
struct EnvironmentCommand {
  let options: EnvironmentOptions
  let container: Container

  /// Writes the settings.
  func run() throws(UsageError) -> Int32 {
    let layout = Layout.detect(in: container)
    let place = RunDirectory.parent(in: container)
    // Each run has a directory of its own, whose name is made when it starts.
    let directory = RunDirectory(path: Path.join(place.path, "\(RunDirectory.prefix)-RUN"))
    let tuning = try Tuning(
      for: container, layout: layout, profile: options.profile ?? container["GLUE_ATHENA_PROFILE"], identity: nil,
      directory: directory, command: options.settings)
    let logs = LogSettings(format: .text, level: .info, identity: RunIdentity(job: "JOB", run: "RUN"))
    let variables = JobEnvironment(
      container: container, layout: layout, isLocal: tuning.isLocal, usesInstanceMetadata: false, directory: directory,
      logs: logs)
    switch options.format {
    case .text:
      let why = options.explains ? " (\(place.reason))" : ""
      let text =
        section("layout: \(layout.kind.rawValue)", []) + "profile: \(tuning.profile?.name ?? "local")\n"
        + "run directory: \(directory.path)\(why)\n"
        + section("spark settings", tuning.choices)
      Terminal.write(text + section("variables", variables.choices), to: .output)
    case .json:
      let value = JSONValue.object([
        "layout": .string(layout.kind.rawValue),
        "profile": .string(tuning.profile?.name ?? "local"),
        "runDirectory": .string(directory.path),
        "settings": .array(tuning.choices.map(json)),
        "variables": .array(variables.choices.map(json)),
      ])
      Terminal.write(value.text(.pretty) + "\n", to: .output)
    }
    return 0
  }

  private func section(_ title: String, _ choices: [Choice]) -> String {
    var output = title + "\n"
    for choice in choices {
      output += "  \(choice.key) = \(choice.maskedValue)\n"
      if options.explains { output += "      \(choice.origin.rawValue): \(choice.reason)\n" }
    }
    return output
  }

  private func json(_ choice: Choice) -> JSONValue {
    .object([
      "name": .string(choice.key), "value": .string(choice.maskedValue), "origin": .string(choice.origin.rawValue),
      "reason": options.explains ? .string(choice.reason) : nil,
    ])
  }
}

extension Choice {
  /// The value as it may be shown: nothing that is named like a secret.
  var maskedValue: String {
    let name = key.lowercased()
    let isSecret = ["secret", "password", "token", "credential", "access.key", "accesskey", "access_key"].contains {
      Self.contains(name, $0)
    }
    return isSecret && !value.isEmpty ? "********" : value
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let text = Array(text.utf8)
    let part = Array(part.utf8)
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
  }
}
