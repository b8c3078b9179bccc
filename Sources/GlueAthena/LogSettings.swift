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

/// How Spark's side of a job writes its log.
struct LogSettings: Equatable, Sendable {
  let format: LogFormat
  let level: LogLevel
  let jobName: String

  /// The text of `log4j2.properties`, nil when the image's own is to stay.
  ///
  /// The JSON lines are made by a pattern: Log4j's JSON layouts need archives that Spark 3 does not carry.
  var log4j2Properties: String? {
    guard format != .image else { return nil }
    let pattern =
      format == .json
      ? #"{"time":"%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC}","level":"%p","job":"\#(patternSafeName)","#
        + #""logger":"%enc{%c}{JSON}","thread":"%enc{%t}{JSON}","message":"%enc{%m}{JSON}","#
        + #""error":"%enc{%throwable}{JSON}"}%n"#
      : "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC} %-5p %c{1}: %m%n%throwable"
    return """
      rootLogger.level = \(level.rawValue)
      rootLogger.appenderRef.console.ref = console
      appender.console.type = Console
      appender.console.name = console
      appender.console.target = SYSTEM_ERR
      appender.console.layout.type = PatternLayout
      appender.console.layout.alwaysWriteExceptions = false
      appender.console.layout.pattern = \(pattern)
      # Says at each start that Hadoop's optional native library is not there.
      logger.native.name = org.apache.hadoop.util.NativeCodeLoader
      logger.native.level = error

      """
  }

  /// The job's name without what a pattern, a JSON string or a properties file would take for its own.
  private var patternSafeName: String {
    String(jobName.map { $0.isLetter || $0.isNumber || "-_. /".contains($0) ? $0 : "_" })
  }
}
