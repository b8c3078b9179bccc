import Host

/// A Spark distribution.
struct SparkInstallation: Equatable, Sendable {
  /// The directory that holds `bin/spark-submit`.
  let home: String
  /// The directory of the image's own settings, where there is one.
  let configuration: String?
  /// The version that the core's archive is named by, for example `3.5.4` or `3.3.0-amzn-1`.
  let version: String?
  /// The version of the Hadoop S3 connector, where it is installed.
  let s3aVersion: String?
  /// Whether the archive that binds Spark to Hadoop's committers for object stores is installed.
  let hasCloudCommitters: Bool

  /// The program that starts jobs.
  var submit: String { Path.join(home, "bin/spark-submit") }

  /// Finds Spark: `SPARK_HOME`, else where Glue's images have it, else the `pyspark` package.
  static func find(in container: Container, python: PythonInstallation?) -> SparkInstallation? {
    var homes = [container["SPARK_HOME"], "/home/glue_user/spark", "/usr/lib/spark"].compactMap { $0 }
      .map(container.path)
    homes += (python?.packageDirectories ?? []).map { Path.join($0, "pyspark") }
    guard let home = homes.first(where: { Files.isFile(Path.join($0, "bin/spark-submit")) }) else { return nil }
    let own = [container["SPARK_CONF_DIR"].map(container.path), Path.join(home, "conf")].compactMap { $0 }
    let archives = (try? Files.list(Path.join(home, "jars"))) ?? []
    let all = archives + connectors.flatMap { (try? Files.list(container.path($0))) ?? [] }
    return SparkInstallation(
      home: home, configuration: own.first { Files.isDirectory($0) },
      version: version(of: "spark-core_", in: archives), s3aVersion: version(of: "hadoop-aws-", in: all),
      hasCloudCommitters: version(of: "spark-hadoop-cloud_", in: all) != nil)
  }

  /// Where Glue's images keep archives that their settings add to the class path: Glue 5, Glue 4, and one's own.
  private static let connectors = [
    "/usr/share/aws/glue-pds/jars", "/home/glue_user/aws-glue-libs/jars", "/opt/spark/jars",
  ]

  /// The version in the name of an archive: `spark-core_2.12-3.5.4.jar` is 3.5.4, `hadoop-aws-3.3.4.jar` is 3.3.4.
  private static func version(of prefix: String, in archives: [String]) -> String? {
    for name in archives where name.hasPrefix(prefix) && name.hasSuffix(".jar") {
      var rest = name.dropFirst(prefix.count).dropLast(".jar".count)
      if prefix.hasSuffix("_"), let dash = rest.firstIndex(of: "-") { rest = rest[rest.index(after: dash)...] }
      return String(rest)
    }
    return nil
  }
}
