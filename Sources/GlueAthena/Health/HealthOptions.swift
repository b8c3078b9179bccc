/// What `health` was asked for.
struct HealthOptions: Equatable {
  /// How much is looked at.
  enum Level: String, Equatable {
    /// The processes only.
    case live
    /// Everything a job needs before it can start.
    case ready
    /// Whether a job really runs, and the services answer.
    case deep
  }

  /// One half of the deep checks.
  enum DeepPart: String, CaseIterable, Equatable {
    /// Athena and S3 answer.
    case aws
    /// Spark executes a job.
    case spark
  }

  let level: Level
  /// The half that `--only` names, nil for both.
  let part: DeepPart?
  let format: OutputFormat
  /// Seconds after which the answer is no.
  let timeout: Double

  /// Understands the words after `health`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    var level = Level.ready
    var part: DeepPart?
    var format = OutputFormat.text
    var timeout: Double?
    while let word = try scanner.next() {
      switch word {
      case .option("--live"): level = .live
      case .option("--ready"): level = .ready
      case .option("--deep"): level = .deep
      case .option("--only"): part = try scanner.choice(of: "--only", as: DeepPart.self)
      case .option("--format"): format = try scanner.choice(of: "--format")
      case .option("--timeout"): timeout = try scanner.seconds(of: "--timeout")
      case .option(let text), .argument(let text):
        throw UsageError("health does not know \"\(text)\"", hint: "glue-athena health --live, --ready or --deep")
      }
    }
    guard part == nil || level == .deep else {
      throw UsageError("--only names a half of the deep checks", hint: "glue-athena health --deep --only spark")
    }
    self.level = level
    self.part = part
    self.format = format
    // A JVM, a session and a job take ten seconds on a small machine, a minute on a busy one.
    self.timeout = timeout ?? (level == .deep ? 120 : 10)
  }
}
