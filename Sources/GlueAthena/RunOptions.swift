/// What `run` was asked for.
struct RunOptions: Equatable {
  /// What is run.
  enum Target: Equatable {
    /// A Python file.
    case script(String)
    /// A Python module, as `python3 -m` finds it.
    case module(String)
    /// A Java archive.
    case jar(String)
  }

  let target: Target
  /// The words after the target; they are the job's and nobody else's.
  let arguments: [String]
  /// Spark settings that win over the image's and the runtime's, in the order given.
  let settings: [SparkSetting]
  /// The class whose `main` starts a Java archive.
  let mainClass: String?
  /// Whether a Python file is started by the interpreter alone, without `spark-submit`.
  let usesPythonAlone: Bool
  /// Seconds between the first signal to end and SIGKILL, nil for the default.
  let grace: Double?
  /// Where the summary is written besides standard error.
  let summaryPath: String?
  let logFormat: LogFormat?
  let logLevel: LogLevel?
  /// Whether credentials may be asked of the machine's metadata service.
  let usesInstanceMetadata: Bool

  /// Understands the words after `run`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    var target: Target?
    var settings: [SparkSetting] = []
    var mainClass: String?
    var usesPythonAlone = false
    var grace: Double?
    var summaryPath: String?
    var logFormat: LogFormat?
    var logLevel: LogLevel?
    var usesInstanceMetadata = false
    while target == nil, let word = try scanner.next() {
      switch word {
      case .option("--conf"): settings.append(try SparkSetting(parsing: scanner.value(of: "--conf", "KEY=VALUE")))
      case .option("--class"): mainClass = try scanner.value(of: "--class", "a class name")
      case .option("--python"): usesPythonAlone = true
      case .option("--grace"): grace = try scanner.seconds(of: "--grace")
      case .option("--summary"): summaryPath = try scanner.value(of: "--summary", "a file")
      case .option("--log-format"): logFormat = try scanner.choice(of: "--log-format")
      case .option("--log-level"): logLevel = try scanner.choice(of: "--log-level")
      case .option("--instance-metadata"): usesInstanceMetadata = true
      case .option("-m"): target = .module(try scanner.value(of: "-m", "a module"))
      case .option(let name):
        throw UsageError("run has no option \(name)", hint: "options of the job stand after its script")
      case .argument("--"): continue
      case .argument(let path): target = try Self.target(path)
      }
    }
    guard let target else { throw UsageError("run needs a script", hint: "glue-athena run job.py --JOB_NAME daily") }
    self.target = target
    self.arguments = Array(scanner.rest.first == "--" ? scanner.rest.dropFirst() : scanner.rest)
    self.settings = settings
    self.mainClass = mainClass
    self.usesPythonAlone = usesPythonAlone
    self.grace = grace
    self.summaryPath = summaryPath
    self.logFormat = logFormat
    self.logLevel = logLevel
    self.usesInstanceMetadata = usesInstanceMetadata
  }

  private static func target(_ path: String) throws(UsageError) -> Target {
    if path.hasSuffix(".py") { return .script(path) }
    if path.hasSuffix(".jar") { return .jar(path) }
    throw UsageError("\(path) is neither a .py nor a .jar file", hint: "a module is run by -m MODULE")
  }

  /// The job's name: what `--JOB_NAME` says, as Glue passes it, else the target's own.
  var jobName: String {
    for (index, word) in arguments.enumerated() {
      if word == "--JOB_NAME", index + 1 < arguments.count { return arguments[index + 1] }
      if word.hasPrefix("--JOB_NAME=") { return String(word.dropFirst("--JOB_NAME=".count)) }
    }
    switch target {
    case .module(let name): return name
    case .script(let path), .jar(let path):
      let file = path.split(separator: "/").last.map(String.init) ?? path
      return file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    }
  }
}

/// One Spark setting.
struct SparkSetting: Equatable {
  let key: String
  let value: String

  init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }

  /// Understands `KEY=VALUE`.
  init(parsing text: String) throws(UsageError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw UsageError("--conf needs KEY=VALUE, not \"\(text)\"", hint: "--conf spark.driver.memory=2g")
    }
    key = String(text[..<equals])
    value = String(text[text.index(after: equals)...])
  }
}
