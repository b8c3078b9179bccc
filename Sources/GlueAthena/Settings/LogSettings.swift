import Host
import JSON

/// The form of the log lines.
enum LogFormat: String, CaseIterable, Sendable {
  case text
  case json
  /// Whatever the image has set up.
  case image
}

/// The least severe lines that are written.
enum LogLevel: String, CaseIterable, Sendable {
  case error
  case warn
  case info
  case debug
}

/// How a job writes its log: Spark's side, Python's side and this program alike.
///
/// Each line says when, how severe, of which job, run and Spark application, and by whom.
struct LogSettings: Equatable, Sendable {
  let format: LogFormat
  let level: LogLevel
  let identity: RunIdentity
  /// Whether the settings are written anew when the application's name is known.
  ///
  /// A Python driver sets a property instead, which keeps the levels that the job itself has chosen.
  var isRewritten = false
  /// Spark's name for the application, once it is known and where it is written anew.
  var application: String?

  /// Libraries whose notes of their own work are noise below the level `debug`.
  static let noisyLibraries = ["boto3", "botocore", "fsspec", "py4j", "pyathena", "s3fs", "s3transfer", "urllib3"]

  // MARK: Spark's side

  /// The name of the system property that holds the application's name; the Python side sets it.
  static let applicationProperty = "glue.athena.application"

  /// The text of `log4j2.properties`, nil when the image's own is to stay.
  ///
  /// The JSON lines are made by a pattern: Log4j's JSON layouts need archives that Spark 3 does not carry. Twice `$` has
  /// the property looked up for each line: the application's name is not known when the log begins.
  var log4j2Properties: String? {
    guard format != .image else { return nil }
    let job = pattern(identity.job)
    let run = pattern(identity.run)
    let application = application.map(pattern) ?? "$${sys:\(Self.applicationProperty):--}"
    let time = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC}"
    let pattern =
      format == .json
      ? #"{"time":"\#(time)","level":"%p","job":"\#(job)","run":"\#(run)","application":"\#(application)","#
        + #""logger":"%enc{%c}{JSON}","thread":"%enc{%t}{JSON}","message":"%enc{%m}{JSON}","#
        + #""error":"%enc{%throwable}{JSON}"}%n"#
      : "\(time) %-5p [\(job) \(run) \(application)] %c{1}: %m%n%throwable"
    return """
      monitorInterval = \(isRewritten ? 1 : 0)
      rootLogger.level = \(level.rawValue)
      rootLogger.appenderRef.console.ref = console
      appender.console.type = Console
      appender.console.name = console
      appender.console.target = SYSTEM_ERR
      appender.console.layout.type = PatternLayout
      appender.console.layout.alwaysWriteExceptions = false
      appender.console.layout.pattern = \(pattern)
      \(noise)
      """
  }

  /// Loggers that say at each start what nobody can change, or at each step what the progress lines say shorter.
  private var noise: String {
    let quiet = ["org.apache", "org.sparkproject", "com.amazonaws", "software.amazon", "io.netty"]
    let silent = [
      "org.apache.hadoop.util.NativeCodeLoader", "org.apache.hadoop.metrics2", "org.apache.spark.util.Utils",
      "org.apache.spark.sql.catalyst.util.SparkStringUtils",
    ]
    // A gateway takes its own level, else WARN, for the root's, and says so.
    let levels =
      quiet.map { ($0, level == .info ? .warn : level) } + silent.map { ($0, level == .debug ? level : .error) }
      + [("org.apache.spark.api.python.PythonGatewayServer", level)]
    return levels.enumerated().map { index, logger in
      "logger.own\(index).name = \(logger.0)\nlogger.own\(index).level = \(logger.1.rawValue)\n"
    }.joined()
  }

  /// A name as the pattern in a properties file has to write it so that the lines have it as it is, of which JSON needs its escapes.
  ///
  /// Apache Log4j 2, "Pattern layout" and "Property substitution": `%` is doubled, a backslash escapes, and `$` begins what is looked up.
  private func pattern(_ name: String) -> String {
    let shown = String(
      String.UnicodeScalarView(name.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    let text = format == .json ? String(JSONValue.string(shown).text().dropFirst().dropLast()) : shown
    var pattern = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      // Twice for the pattern, and each of them twice for the file.
      case "\\": pattern += #"\\\\"#
      case "%": pattern += "%%"
      // A name must never have anything looked up.
      case "$": pattern += "_"
      case _ where scalar.value >= 0x7F:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          pattern += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: pattern.unicodeScalars.append(scalar)
      }
    }
    return pattern
  }

  // MARK: Python's side

  /// The variables that the Python side reads.
  func variables(_ directory: RunDirectory) -> [String: String] {
    [
      "GLUE_ATHENA_LOG_FORMAT": format.rawValue, "GLUE_ATHENA_LOG_LEVEL": level.rawValue,
      "GLUE_ATHENA_JOB": identity.job, "GLUE_ATHENA_RUN_ID": identity.run,
      "GLUE_ATHENA_APPLICATION_FILE": directory.application,
    ]
  }

  // MARK: This program's own lines

  /// One line as the two others write it.
  ///
  /// - Parameter time: Milliseconds since 1970.
  func line(
    _ level: LogLevel, _ message: String, application: String?, at time: Int = Stopwatch.millisecondsSince1970
  ) -> String {
    let name = level.rawValue.uppercased()
    let fraction = String(1000 + time % 1000).dropFirst()
    let time = "\(Clock.rfc3339(time / 1000).dropLast()).\(fraction)Z"
    guard format == .json else {
      let padded = name + String(repeating: " ", count: 5 - name.count)
      return "\(time) \(padded) [\(identity.job) \(identity.run) \(application ?? "-")] glue-athena: \(message)\n"
    }
    let value = JSONValue.object([
      "time": .string(time), "level": .string(name), "job": .string(identity.job), "run": .string(identity.run),
      "application": .string(application ?? "-"), "logger": .string("glue-athena"), "thread": .string("main"),
      "message": .string(message), "error": .string(""),
    ])
    return value.text() + "\n"
  }

  /// Whether lines of a level are written.
  func writes(_ level: LogLevel) -> Bool {
    let order = LogLevel.allCases
    return order.firstIndex(of: level) ?? 0 <= order.firstIndex(of: self.level) ?? 0
  }
}
