/// What `env` was asked for.
struct EnvironmentOptions: Equatable {
  let format: OutputFormat
  /// Whether each setting's reason is written, too.
  let explains: Bool
  let settings: [SparkSetting]
  /// The name of the profile, nil for what the environment says.
  let profile: String?

  /// Understands the words after `env`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    var format = OutputFormat.text
    var explains = false
    var settings: [SparkSetting] = []
    var profile: String?
    while let word = try scanner.next() {
      switch word {
      case .option("--explain"): explains = true
      case .option("--profile"):
        let text = try scanner.value(of: "--profile", "a type of worker")
        _ = try WorkerProfile.named(text)
        profile = text
      case .option("--format"): format = try scanner.choice(of: "--format")
      case .option("--conf"): settings.append(try SparkSetting(parsing: scanner.value(of: "--conf", "KEY=VALUE")))
      case .option(let text), .argument(let text):
        throw UsageError("env does not know \"\(text)\"", hint: "glue-athena env --explain")
      }
    }
    self.format = format
    self.explains = explains
    self.settings = settings
    self.profile = profile
  }
}
