import Host

/// The directory of settings that a job's Spark reads.
///
/// The image's own directory is never touched: its files are linked into a fresh one, `spark-defaults.conf` is copied
/// and continued, and `log4j2.properties` is ours.
struct SparkConfiguration: Sendable {
  /// The text of the image's `spark-defaults.conf`, empty when it has none.
  let imageDefaults: String
  private let imageDirectory: String?

  private static let defaultsName = "spark-defaults.conf"
  private static let logName = "log4j2.properties"

  /// Reads the image's settings.
  init(of spark: SparkInstallation?) {
    imageDirectory = spark?.configuration
    imageDefaults =
      imageDirectory.flatMap { try? Files.text(Path.join($0, Self.defaultsName), limit: 1 << 20) } ?? ""
  }

  /// Writes the directory's files.
  ///
  /// - Parameter choices: The settings as they hold; those of the image's own file are not repeated.
  func write(to directory: String, choices: [Choice], logs: LogSettings) throws(SystemError) {
    try Files.createDirectory(directory, mode: 0o700)
    var written: Set<String> = [Self.defaultsName]
    var defaults = imageDefaults
    if !defaults.isEmpty && !defaults.hasSuffix("\n") { defaults += "\n" }
    defaults += "# Appended by glue-athena; of two lines with one key the last counts.\n"
    for choice in choices where choice.origin != .image { defaults += JavaProperties.line(choice.key, choice.value) }
    // Settings may hold credentials.
    try Files.write(defaults, to: Path.join(directory, Self.defaultsName), mode: 0o600)
    if try Self.write(logs, to: directory) { written.insert(Self.logName) }
    guard let imageDirectory else { return }
    for name in try Files.list(imageDirectory) where !written.contains(name) {
      try Files.link(Path.join(directory, name), to: Path.join(imageDirectory, name))
    }
  }

  /// Writes the settings of Spark's log, in one step for those who read them at any time.
  ///
  /// - Returns: Whether there are any; otherwise the image's own stay.
  @discardableResult static func write(_ logs: LogSettings, to directory: String) throws(SystemError) -> Bool {
    guard let text = logs.log4j2Properties else { return false }
    let path = Path.join(directory, logName)
    try Files.write(text, to: path + ".new", mode: 0o600)
    try Files.rename(path + ".new", to: path)
    return true
  }
}
