/// What `env` was asked for.
struct EnvironmentOptions: Equatable {
  let format: OutputFormat
  /// Whether each setting's reason is written, too.
  let explains: Bool
  let settings: [SparkSetting]

  /// Understands the words after `env`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    var format = OutputFormat.text
    var explains = false
    var settings: [SparkSetting] = []
    while let word = try scanner.next() {
      switch word {
      case .option("--explain"): explains = true
      case .option("--format"): format = try scanner.choice(of: "--format")
      case .option("--conf"): settings.append(try SparkSetting(parsing: scanner.value(of: "--conf", "KEY=VALUE")))
      case .option(let text), .argument(let text):
        throw UsageError("env does not know \"\(text)\"", hint: "glue-athena env --explain")
      }
    }
    self.format = format
    self.explains = explains
    self.settings = settings
  }
}
