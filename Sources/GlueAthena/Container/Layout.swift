/// Where an image keeps Spark, Java and Python.
struct Layout: Equatable, Sendable {
  /// The images that are known.
  enum Kind: String, Sendable {
    /// Glue 4.0: Spark below the user's home directory, `PyGlue.zip` beside it.
    case glue4 = "glue-4.0"
    /// Glue 5: Spark in `/usr/lib/spark`, its settings in `/etc/spark/conf`.
    case glue5 = "glue-5.0"
    /// The `pyspark` package with Debian's Python and Java.
    case open
    /// Spark somewhere else, as `SPARK_HOME` says.
    case other
  }

  let kind: Kind
  let python: PythonInstallation?
  let java: JavaInstallation?
  let spark: SparkInstallation?

  /// Looks through a container; no program is started, no login shell needed.
  static func detect(in container: Container) -> Layout {
    let python = PythonInstallation.find(in: container)
    let spark = SparkInstallation.find(in: container, python: python)
    let kind: Kind =
      switch spark?.home {
      case container.path("/home/glue_user/spark"): .glue4
      case container.path("/usr/lib/spark"): .glue5
      case let home? where home.hasSuffix("/pyspark"): .open
      default: .other
      }
    return Layout(kind: kind, python: python, java: JavaInstallation.find(in: container), spark: spark)
  }
}
