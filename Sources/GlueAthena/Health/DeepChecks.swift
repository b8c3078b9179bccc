import Host

/// The checks that really do what a job does: seconds of a processor each, for the start of a service and not for a probe.
struct DeepChecks {
  let container: Container
  /// Seconds that the checks may take.
  let timeout: Double
  /// The half that is asked for, nil for both.
  var part: HealthOptions.DeepPart?

  /// Seconds that what was started has to end in after the time is over.
  static let slack = 5.0

  /// Seconds that a service may take to answer.
  private static let serviceTimeout = 10.0

  /// All checks, in the order a reader wants them.
  ///
  /// A container without credentials is told so at once: no JVM is started for a verdict that is known.
  var all: [HealthCheck] {
    let time = Stopwatch()
    let services =
      part == .spark ? [] : ServiceChecks(container: container, timeout: min(timeout, Self.serviceTimeout)).all
    if part == .aws { return services }
    return services + [
      HealthCheck("spark-job") {
        if let first = services.first, !first.isHealthy {
          return .bad(
            "not executed: there are no credentials", hint: "health --deep --only spark asks for nothing else")
        }
        return sparkJob(within: max(1, timeout - time.seconds))
      }
    ]
  }

  /// A job over all layers: a session, tasks in the JVM, a row through a Python worker.
  private static let program = """
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("health").getOrCreate()
    rows = spark.sparkContext.parallelize(range(100), 2).map(lambda number: number * 2).sum()
    total = spark.range(100).selectExpr("sum(id) AS total").first().total
    if (rows, total) != (9900, 4950):
        raise SystemExit(f"Spark computed {rows} and {total}, which is wrong")
    print(f"Spark {spark.version} executed a job")
    spark.stop()
    """

  private func sparkJob(within seconds: Double) -> HealthCheck.Answer {
    let hint = "glue-athena health --ready and glue-athena env --explain say what a job would start with"
    do throws(SystemError) {
      let directory = try TemporaryDirectory(in: container.temporaryDirectory, prefix: "glue-athena-health")
      defer { directory.remove() }
      let script = Path.join(directory.path, "health.py")
      try Files.write(Self.program, to: script, mode: 0o600)
      let words = [
        "run", "--python", "--credentials", "skip", "--log-level", "error", "--timeout", Stopwatch.text(seconds),
        "--grace", "2", "--conf", "spark.ui.enabled=false", script,
      ]
      let result = try Subprocess(Environment.executablePath, words).runBlocking(limit: 1 << 20)
      if result.status == 0 {
        return .good(result.text.split(separator: "\n").last.map(String.init) ?? "a job was executed")
      }
      return .bad(Self.reason(result), hint: hint)
    } catch {
      return .bad(error.description, hint: hint)
    }
  }

  /// The line that says why, which stands before the summary.
  private static func reason(_ result: Subprocess.Result) -> String {
    let lines = result.errorText.split(separator: "\n").filter { !$0.hasPrefix("{") && !$0.hasPrefix("hint:") }
    return lines.last.map(String.init) ?? "the job ended with code \(result.status)"
  }
}
