import Host

/// The variables that a job needs beside those it was given.
struct JobEnvironment: Sendable {
  let container: Container
  let layout: Layout
  /// Whether driver and tasks share one process.
  let isLocal: Bool
  let usesInstanceMetadata: Bool
  let directory: RunDirectory
  let logs: LogSettings

  /// What is set, each with its reason, sorted by name; a variable that is set already is mostly left alone.
  var choices: [Choice] {
    var choices: [Choice] = []
    func set(_ name: String, _ value: String?, _ reason: String, onlyIfUnset: Bool = true) {
      guard let value else { return }
      if onlyIfUnset && container[name] != nil { return }
      choices.append(Choice(name, value, reason))
    }
    set("SPARK_HOME", layout.spark?.home, "Spark was found here", onlyIfUnset: false)
    set("JAVA_HOME", layout.java?.home, "Java was found here", onlyIfUnset: false)
    for name in ["PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"] {
      set(name, layout.python?.program, "driver and workers must be the same Python", onlyIfUnset: false)
    }
    set("PATH", path, "a login shell would have Spark's programs on it", onlyIfUnset: false)
    set("PYTHONUNBUFFERED", "1", "lines appear when they are printed, and are not lost when the job is killed")
    set("PYTHONPATH", pythonPath, pythonPathReason, onlyIfUnset: false)
    if isLocal {
      let reason = "without a network the host's name may not resolve, and Spark would not start"
      set("SPARK_LOCAL_IP", "127.0.0.1", reason)
      set("SPARK_LOCAL_HOSTNAME", "localhost", reason)
      set("SPARK_LOCAL_DIRS", directory.scratch, "what Spark spills goes with the run, however it ends")
    }
    if container["HOME"].map({ !Files.isDirectory(container.path($0)) }) ?? true {
      set("HOME", container.temporaryDirectory, "the home directory is not there", onlyIfUnset: false)
    }
    if !usesInstanceMetadata {
      set(
        "AWS_EC2_METADATA_DISABLED", "true",
        "without credentials a job fails at once and does not wait for the metadata service; --instance-metadata asks it"
      )
    }
    for (name, value) in logs.variables(directory) {
      set(name, value, "the Python side writes its log by it", onlyIfUnset: false)
    }
    return choices.sorted { $0.key < $1.key }
  }

  /// `PATH` with Spark's programs at its end; nil when they are on it.
  private var path: String? {
    guard let spark = layout.spark else { return nil }
    let present = container["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    let programs = Path.join(spark.home, "bin")
    return present.split(separator: ":").contains(programs[...]) ? nil : "\(present):\(programs)"
  }

  private var pythonPathReason: String {
    logs.format == .image
      ? "Spark's and Glue's Python sides lie there" : "the log's Python side lies first, then Spark's and Glue's"
  }

  /// `PYTHONPATH` with this program's, Spark's and Glue's directories and archives that are not on it yet; nil when
  /// nothing is missing.
  private var pythonPath: String? {
    var wanted: [String] = []
    if let spark = layout.spark, layout.kind != .open {
      let library = Path.join(spark.home, "python/lib")
      wanted.append(Path.join(spark.home, "python"))
      wanted += container.entries(of: library, startingWith: "py4j-").filter { $0.hasSuffix("-src.zip") }
      if layout.kind == .glue4 { wanted.append(container.path("/home/glue_user/aws-glue-libs/PyGlue.zip")) }
    }
    let present = (container["PYTHONPATH"] ?? "").split(separator: ":").map { Path.normalize(String($0)) }
    let missing = wanted.filter { !present.contains(Path.normalize($0)) && Files.exists($0) }
    let own = logs.format == .image ? [] : [directory.python]
    return missing.isEmpty && own.isEmpty ? nil : (own + present + missing).joined(separator: ":")
  }
}
