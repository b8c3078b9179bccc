import Host
import JSON
import Testing

/// `health`, `versions` and `env` on made-up images, with their whole output.
@Suite(.serialized) struct HealthTests {
  /// A report without what differs from machine to machine: the free space.
  private func report(_ image: FakeImage, _ words: [String], environment: [String: String] = [:]) throws -> (
    text: String, status: Int32
  ) {
    let result = try image.run(words, environment: environment)
    let lines = image.masked(result.text).split(separator: "\n", omittingEmptySubsequences: false).map {
      line -> String in
      guard let range = line.firstRange(of: "free: ") else { return String(line) }
      return line[..<range.upperBound] + "…"
    }
    return (lines.joined(separator: "\n"), result.status)
  }

  @Test func `an image that is as its lock says is ready`() throws {
    let image = try FakeImage.open()
    let report = try report(image, ["health"])
    #expect(
      report.text == """
        ready: healthy, 13 of 13 checks passed in 0.000 s
          ok    process          0.000 s  no job runs as the first process
          ok    lock             0.000 s  3 Python and 2 Debian packages are locked
          ok    python           0.000 s  3.11 at ROOT/usr/bin/python3
          ok    python-path      0.000 s  PYTHONPATH is not set
          ok    python-packages  0.000 s  all 3 are as locked
          ok    debian-packages  0.000 s  all 2 are as locked
          ok    java             0.000 s  17.0.13 at ROOT/usr/lib/jvm/java-17-openjdk-amd64
          ok    spark            0.000 s  3.5.4 at ROOT/usr/local/lib/python3.11/dist-packages/pyspark (open)
          ok    user             0.000 s  \(Environment.isRoot ? "root (0)" : "job (\(try FileStatus(of: image.root).uid))")
          ok    directories      0.000 s  ROOT/tmp can be written to
          ok    disk             0.000 s  free: …
          ok    memory           0.000 s  300 of 4096 MiB are in use
          ok    clock            0.000 s  NOW

        """)
    #expect(report.status == 0)
  }

  /// What is done to an image, the check that fails for it, and what it says.
  static let faults: [(check: String, damage: @Sendable (FakeImage) throws -> Void, detail: String)] = [
    (
      "lock", { try Files.remove($0.root + "/usr/share/glue-athena/lock.json") },
      "there is no lock at /usr/share/glue-athena/lock.json"
    ),
    (
      "lock", { try $0.write("/usr/share/glue-athena/lock.json", "{\n  \"a\": 1,\n  \"a\": 2}") },
      "the lock at /usr/share/glue-athena/lock.json can't be read: 3:3: the member \"a\" stands here twice"
    ),
    ("python", { try Files.remove($0.root + "/usr/bin/python3") }, "no python3 was found"),
    (
      "python", { try $0.write("/usr/bin/python3.11", "", mode: 0o644) }, "ROOT/usr/bin/python3 can't be executed"
    ),
    (
      "python-packages", { try Files.remove($0.root + FakeImage.packages + "/PyAthena-3.30.1.dist-info") },
      "pyathena 3.30.1 is missing"
    ),
    (
      "python-packages",
      {
        try Files.remove($0.root + FakeImage.packages + "/PyAthena-3.30.1.dist-info")
        try Files.remove($0.root + FakeImage.packages + "/python_dateutil-2.9.0.post0.dist-info")
        try $0.install("PyAthena", "2.17.0")
      }, "pyathena is 2.17.0, the lock says 3.30.1 (and 1 more)"
    ),
    (
      "debian-packages",
      { try $0.write("/var/lib/dpkg/status", "Package: tzdata\nStatus: install ok installed\nVersion: 2025a\n") },
      "openjdk-17-jre-headless 17.0.13+11-2~deb12u1 is missing (and 1 more)"
    ),
    (
      "debian-packages", { try Files.remove($0.root + "/var/lib/dpkg/status") }, "/var/lib/dpkg/status can't be read"
    ),
    ("java", { try Files.remove($0.root + FakeImage.java) }, "no Java was found"),
    (
      "java", { try $0.write(FakeImage.java + "/release", "JAVA_VERSION=\"17.0.14\"\n") },
      "ROOT\(FakeImage.java) is 17.0.14, the lock says 17.0.13"
    ),
    ("spark", { try Files.remove($0.root + FakeImage.packages + "/pyspark/bin") }, "no Spark was found"),
    (
      "spark", { try Files.remove($0.root + FakeImage.packages + "/pyspark/jars/spark-core_2.12-3.5.4.jar") },
      "ROOT\(FakeImage.packages)/pyspark/jars has no spark-core archive"
    ),
    (
      "spark",
      {
        let jars = $0.root + FakeImage.packages + "/pyspark/jars"
        try Files.rename("\(jars)/spark-core_2.12-3.5.4.jar", to: "\(jars)/spark-core_2.12-3.5.3.jar")
      }, "ROOT\(FakeImage.packages)/pyspark is 3.5.3, the lock says 3.5.4"
    ),
    ("directories", { try Files.remove($0.root + "/tmp") }, "can't write to ROOT/tmp"),
    (
      "memory", { try $0.write("/sys/fs/cgroup/memory.max", "\(512 << 20)\n") }, "the container's limit is 512 MiB"
    ),
    (
      "clock", { try $0.write("/usr/share/glue-athena/lock.json", "{\"date\": \"2999-01-01T00:00:00Z\"}") },
      "it is NOW, before the lock was made (2999-01-01T00:00:00Z)"
    ),
  ]

  @Test(arguments: faults.indices)
  func `a fault fails its own check, with a hint`(index: Int) throws {
    let fault = Self.faults[index]
    let image = try FakeImage.open()
    try fault.damage(image)
    let result = try image.run("health", "--ready", "--format", "json")
    let report = try JSONValue(parsing: result.text)
    #expect(result.status == 1)
    #expect(report["ok"] == .bool(false))
    let failed = try #require(report["checks"]?.array).filter { $0["ok"] == .bool(false) }
    let check = try #require(failed.first { $0["name"]?.string == fault.check })
    #expect(image.masked(check["detail"]?.string ?? "") == fault.detail)
    #expect(check["hint"]?.string?.isEmpty == false)
    #expect(
      failed.allSatisfy { $0["name"] == check["name"] || fault.check == "python" || fault.check == "directories" })
  }

  @Test func `an entry of PYTHONPATH that is not there is named`() throws {
    let image = try FakeImage.open()
    let result = try image.run("health", environment: ["PYTHONPATH": "/tmp:/opt/none.zip"])
    #expect(result.status == 1)
    #expect(image.masked(result.text).contains("PYTHONPATH names what is not there: ROOT/opt/none.zip\n"))
  }

  @Test func `the live check asks for nothing but the process`() throws {
    let image = try FakeImage()
    let report = try report(image, ["health", "--live"])
    #expect(
      report.text == """
        live: healthy, 1 of 1 checks passed in 0.000 s
          ok    process  0.000 s  no job runs as the first process

        """)
    #expect(report.status == 0)
  }

  static let processes: [(children: String, states: [String: String], isHealthy: Bool, detail: String)] = [
    ("7 ", ["7": "S 1"], true, "the job runs as process 7"),
    ("7 8 ", ["7": "Z 1", "8": "R 1"], true, "the job runs as process 8"),
    ("7 ", ["7": "Z 1"], false, "the job's process is gone or stopped"),
    ("7 ", ["7": "T 1"], false, "the job's process is gone or stopped"),
    ("", [:], false, "the job's process is gone or stopped"),
  ]

  @Test(arguments: processes)
  func `the job below the first process decides whether it is live`(
    example: (children: String, states: [String: String], isHealthy: Bool, detail: String)
  ) throws {
    let image = try FakeImage()
    try image.write("/proc/1/cmdline", "/usr/bin/glue-athena\0run\0job.py\0")
    try image.write("/proc/1/task/1/children", example.children)
    for (pid, state) in example.states { try image.write("/proc/\(pid)/stat", "\(pid) (a) b) c) \(state) 7 7 0") }
    let result = try image.run("health", "--live", "--format", "json")
    let check = try JSONValue(parsing: result.text)["checks"]?.array?.first
    #expect(check?["detail"]?.string == example.detail)
    #expect(result.status == (example.isHealthy ? 0 : 1))
  }

  @Test func `a job that really runs as the first process is live`() throws {
    let program = Path.join(Path.parent(Environment.executablePath) ?? ".", "glue-athena")
    let image = try FakeImage.open(submit: "env -u GLUE_ATHENA_ROOT \(program) health --live --format json")
    let result = try image.run("run", "job.py", under: RunTests.asFirstProcess)
    #expect(result.status == 0)
    #expect(
      try JSONValue(parsing: result.text)["checks"]?.array?.first?["detail"]?.string == "the job runs as process 2")
  }

  @Test func `a check that hangs ends with the time limit`() throws {
    let image = try FakeImage.open()
    try Files.remove(image.root + "/usr/share/glue-athena/lock.json")
    #expect(try Subprocess("mkfifo", [image.root + "/usr/share/glue-athena/lock.json"]).runBlocking().status == 0)
    let result = try image.run("health", "--timeout", "0.2")
    #expect(result.status == 1)
    #expect(result.errorText == "glue-athena: health took longer than --timeout\n")
  }

  // MARK: versions and env

  @Test func `versions stand beside the lock's`() throws {
    let image = try FakeImage.open()
    try image.install("extra", "1.0")
    try Files.remove(image.root + FakeImage.packages + "/PyAthena-3.30.1.dist-info")
    try image.install("pyathena", "2.17.0")
    #expect(
      try image.run("versions").text == """
          glue-athena              0.1.0
          python                   3.11                  as locked
          java                     17.0.13               as locked
          spark                    3.5.4                 as locked

        python packages
          pyathena                 2.17.0                locked 3.30.1
          pyspark                  3.5.4                 as locked
          python-dateutil          2.9.0.post0           as locked

        debian packages
          openjdk-17-jre-headless  17.0.13+11-2~deb12u1  as locked
          tzdata                   2024b-0+deb12u1       as locked

        """)
  }

  @Test func `versions without a lock or anything else are empty, and no fault`() throws {
    let image = try FakeImage()
    let result = try image.run("versions", "--format", "json")
    #expect(
      result.text == """
        {
          "layout": "other",
          "programs": [
            {
              "name": "glue-athena",
              "installed": "0.1.0"
            },
            {
              "name": "python"
            },
            {
              "name": "java"
            },
            {
              "name": "spark"
            }
          ],
          "python": [],
          "debian": []
        }

        """)
    #expect(result.status == 0)
  }

  @Test func `every setting is explained, and secrets are masked`() throws {
    let image = try FakeImage.open()
    try image.write("\(FakeImage.packages)/pyspark/conf/spark-defaults.conf", "spark.hadoop.fs.s3a.secret.key abc\n")
    let result = try image.run("env", "--explain", "--conf", "spark.sql.shuffle.partitions=3")
    #expect(
      image.masked(result.text) == """
        layout: open
        spark settings
          spark.driver.bindAddress = 127.0.0.1
              runtime: driver and tasks are one process; without a network the host's name may not resolve
          spark.driver.extraJavaOptions = -XX:+ExitOnOutOfMemoryError
              runtime: a driver without memory ends at once, with exit code 3, and does not linger
          spark.driver.host = 127.0.0.1
              runtime: driver and tasks are one process; without a network the host's name may not resolve
          spark.driver.memory = 2457m
              runtime: of the container's 4096 MiB, the rest is for Python, Arrow's buffers and the JVM itself
          spark.hadoop.fs.s3a.secret.key = ********
              image: the image's spark-defaults.conf says so
          spark.master = local[1]
              runtime: \(Environment.processorCount > 1 ? "the container may use 1 processor, fewer than the machine has" : "the machine has 1 processor and the container sets no limit")
          spark.sql.adaptive.enabled = true
              runtime: partitions and joins follow the sizes that were measured
          spark.sql.execution.arrow.pyspark.enabled = true
              runtime: pyarrow is there: pandas frames move in columns
          spark.sql.execution.arrow.pyspark.fallback.enabled = true
              runtime: a type that Arrow does not know moves row by row and does not fail
          spark.sql.shuffle.partitions = 3
              command: --conf says so
          spark.ui.showConsoleProgress = false
              runtime: a progress bar makes log lines unreadable
        variables
          AWS_EC2_METADATA_DISABLED = true
              runtime: without credentials a job fails at once and does not wait for the metadata service; --instance-metadata asks it
          JAVA_HOME = ROOT/usr/lib/jvm/java-17-openjdk-amd64
              runtime: Java was found here
          PYSPARK_DRIVER_PYTHON = ROOT/usr/bin/python3
              runtime: driver and workers must be the same Python
          PYSPARK_PYTHON = ROOT/usr/bin/python3
              runtime: driver and workers must be the same Python
          PYTHONUNBUFFERED = 1
              runtime: lines appear when they are printed, and are not lost when the job is killed
          SPARK_HOME = ROOT/usr/local/lib/python3.11/dist-packages/pyspark
              runtime: Spark was found here
          SPARK_LOCAL_HOSTNAME = localhost
              runtime: without a network the host's name may not resolve, and Spark would not start
          SPARK_LOCAL_IP = 127.0.0.1
              runtime: without a network the host's name may not resolve, and Spark would not start

        """)
  }
}
