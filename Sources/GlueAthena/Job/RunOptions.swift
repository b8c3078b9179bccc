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

  /// What is done about AWS credentials before the job is started.
  enum Credentials: String, CaseIterable, Equatable {
    /// They must be there when the job names S3 or imports a client of Athena.
    case auto
    /// They must be there.
    case require
    /// Nobody looks.
    case skip
  }

  let target: Target
  /// The words after the target; they are the job's and nobody else's.
  private(set) var arguments: [String] = []
  /// Spark settings that win over the image's and the runtime's, in the order given.
  private(set) var settings: [SparkSetting] = []
  /// The name of the profile, nil for what the environment says.
  private(set) var profile: String?
  /// The class whose `main` starts a Java archive.
  private(set) var mainClass: String?
  /// Whether a Python file is started by the interpreter alone, without `spark-submit`.
  private(set) var usesPythonAlone = false
  /// Seconds between the first signal to end and SIGKILL, nil for the default.
  private(set) var grace: Double?
  /// Seconds after which the job is asked to end, nil for never.
  private(set) var timeout: Double?
  /// Where the summary is written besides standard error.
  private(set) var summaryPath: String?
  private(set) var logFormat: LogFormat?
  private(set) var logLevel: LogLevel?
  private(set) var credentials = Credentials.auto
  /// Whether credentials may be asked of the machine's metadata service.
  private(set) var usesInstanceMetadata = false
  /// Where health and metrics are served while the job runs, nil for nowhere.
  private(set) var serveAddress: String?

  /// Understands the words after `run`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    var before = RunOptions(target: .module(""))
    var target: Target?
    while target == nil, let word = try scanner.next() {
      switch word {
      case .option("-m"): target = .module(try scanner.value(of: "-m", "a module"))
      case .option(let name):
        guard try before.take(name, &scanner) else {
          throw UsageError("run has no option \(name)", hint: "options of the job stand after its script")
        }
      case .argument("--"): continue
      case .argument(let path): target = try Self.target(path)
      }
    }
    guard let target else { throw UsageError("run needs a script", hint: "glue-athena run job.py --JOB_NAME daily") }
    self = before.with(target)
    takeArguments(scanner.rest)
  }

  private init(target: Target) { self.target = target }

  private func with(_ target: Target) -> RunOptions {
    var options = RunOptions(target: target)
    options.settings = settings
    options.profile = profile
    options.mainClass = mainClass
    options.usesPythonAlone = usesPythonAlone
    options.grace = grace
    options.timeout = timeout
    options.summaryPath = summaryPath
    options.logFormat = logFormat
    options.logLevel = logLevel
    options.credentials = credentials
    options.usesInstanceMetadata = usesInstanceMetadata
    options.serveAddress = serveAddress
    return options
  }

  private static func target(_ path: String) throws(UsageError) -> Target {
    if path.hasSuffix(".py") { return .script(path) }
    if path.hasSuffix(".jar") { return .jar(path) }
    throw UsageError("\(path) is neither a .py nor a .jar file", hint: "a module is run by -m MODULE")
  }

  /// Understands one option.
  ///
  /// - Returns: Whether there is one of this name.
  private mutating func take(_ name: String, _ scanner: inout ArgumentScanner) throws(UsageError) -> Bool {
    switch name {
    case "--conf": settings.append(try SparkSetting(parsing: scanner.value(of: name, "KEY=VALUE")))
    case "--profile":
      let text = try scanner.value(of: name, "a type of worker")
      _ = try WorkerProfile.named(text)
      profile = text
    case "--class": mainClass = try scanner.value(of: name, "a class name")
    case "--python": usesPythonAlone = true
    case "--grace": grace = try scanner.seconds(of: name)
    case "--timeout": timeout = try scanner.seconds(of: name)
    case "--summary": summaryPath = try scanner.value(of: name, "a file")
    case "--log-format": logFormat = try scanner.choice(of: name)
    case "--log-level": logLevel = try scanner.choice(of: name)
    case "--credentials": credentials = try scanner.choice(of: name)
    case "--instance-metadata": usesInstanceMetadata = true
    case "--serve": serveAddress = try scanner.value(of: name, "an address")
    default: return false
    }
    return true
  }

  // MARK: What stands after the target

  /// Takes the job's words, and ours before them.
  ///
  /// Options of `run` may stand between the target and `--`. Without `--` only `--conf spark.…=…` right after the target
  /// is ours: in Glue, too, a job's `--conf` is Spark's.
  private mutating func takeArguments(_ words: ArraySlice<String>) {
    if let dashes = words.firstIndex(of: "--"), let options = optionsOnly(words[..<dashes]) {
      self = options
      arguments = Array(words[(dashes + 1)...])
      return
    }
    var rest = words
    while true {
      let attached = rest.first.flatMap { $0.hasPrefix("--conf=") ? String($0.dropFirst("--conf=".count)) : nil }
      let apart = rest.first == "--conf" ? rest.dropFirst().first : nil
      guard let text = attached ?? apart, text.hasPrefix("spark."), let setting = try? SparkSetting(parsing: text)
      else {
        break
      }
      settings.append(setting)
      rest = rest.dropFirst(attached == nil ? 2 : 1)
    }
    arguments = Array(rest)
  }

  /// These options with more of them, nil when a word is none.
  private func optionsOnly(_ words: ArraySlice<String>) -> RunOptions? {
    var options = self
    var scanner = ArgumentScanner(words)
    do throws(UsageError) {
      while let word = try scanner.next() {
        guard case .option(let name) = word, try options.take(name, &scanner) else { return nil }
      }
    } catch {
      return nil
    }
    return options
  }

  // MARK: What the job's words say

  /// The value of a job's argument in the form that Glue uses: `--NAME value` or `--NAME=value`.
  func argument(_ name: String) -> String? {
    for (index, word) in arguments.enumerated() {
      if word == "--\(name)", index + 1 < arguments.count { return arguments[index + 1] }
      if word.hasPrefix("--\(name)=") { return String(word.dropFirst(name.count + 3)) }
    }
    return nil
  }

  /// Whether a Java archive is run, without Python.
  var isArchive: Bool {
    if case .jar = target { true } else { false }
  }

  /// The job's name: what `--JOB_NAME` says, as Glue passes it, else the target's own.
  var jobName: String {
    if let name = argument("JOB_NAME") { return name }
    switch target {
    case .module(let name): return name
    case .script(let path), .jar(let path):
      let file = path.split(separator: "/").last.map(String.init) ?? path
      return file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    }
  }
}
