import Host
import JSON
import Testing

@testable import GlueAthena

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
        ready: healthy, 14 of 14 checks passed in 0.000 s
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
          ok    certificates     0.000 s  valid: ROOT/etc/ssl/certs/ca-certificates.crt (1 of 2)
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
      "memory", { try $0.write("/sys/fs/cgroup/memory.current", "\((4 << 30) - 1000)\n") },
      "4095 of 4096 MiB are in use"
    ),
    (
      "certificates", { try Files.remove($0.root + "/etc/ssl/certs/ca-certificates.crt") },
      "no certificates were found"
    ),
    (
      "certificates",
      { try $0.write("/etc/ssl/certs/ca-certificates.crt", MadeUpCertificate(until: "200101000000Z").pem) },
      "none of the 1 certificates in ROOT/etc/ssl/certs/ca-certificates.crt is valid today"
    ),
    (
      "clock", { try $0.write("/usr/share/glue-athena/lock.json", "{\"date\": \"1990-01-01T00:00:00Z\"}") },
      "it is NOW, more than 30 years after the lock was made (1990-01-01T00:00:00Z)"
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

  static let bundles: [(text: String, detail: String)] = [
    (MadeUpCertificate(until: "200101000000Z").pem, "a certificate in /own.pem has expired on 2020-01-01T00:00:00Z"),
    ("no certificate", "/own.pem is no file of PEM certificates"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n", "/own.pem is no file of PEM certificates"),
  ]

  @Test(arguments: bundles)
  func `certificates of one's own all have to be good`(example: (text: String, detail: String)) throws {
    let image = try FakeImage.open()
    try image.write("/own.pem", example.text)
    let result = try image.run("health", environment: ["AWS_CA_BUNDLE": "/own.pem"])
    #expect(result.status == 1)
    #expect(result.text.contains(example.detail))
    let missing = try image.run("health", environment: ["AWS_CA_BUNDLE": "/none.pem"])
    #expect(missing.text.contains("AWS_CA_BUNDLE names /none.pem, which can't be read"))
  }

  @Test func `certificates are read as openssl reads them`() throws {
    let image = try FakeImage()
    var arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7"]
    arguments += ["-subj", "/CN=a", "-keyout", "\(image.root)/key", "-out", "\(image.root)/pem"]
    #expect(try Subprocess("openssl", arguments).runBlocking().status == 0)
    let own = CertificateBundle(parsing: try Files.read(image.root + "/pem"))
    let end = try #require(own.ends.first)
    #expect(abs(end - Clock.now - 7 * 86400) < 60)
    let common = CertificateBundle(parsing: try Files.read("/etc/ssl/certs/ca-certificates.crt"))
    #expect(common.ends.count > 50)
    #expect(common.unreadable == 0)
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

  /// What the first process's children are: their state and the time they started at.
  static let processes: [(children: [(pid: Int, state: String, start: Int)], isHealthy: Bool, detail: String)] = [
    ([(7, "S", 1)], true, "the job runs as process 7"),
    ([(8, "R", 2), (7, "S", 1)], true, "the job runs as process 7"),
    // An orphan that came to the first process is not the job.
    ([(7, "Z", 1), (8, "R", 2)], false, "the job's process is gone or stopped"),
    ([(7, "T", 3), (6, "S", 4)], false, "the job's process is gone or stopped"),
    ([(7, "Z", 1)], false, "the job's process is gone or stopped"),
    ([(7, "T", 1)], false, "the job's process is gone or stopped"),
    ([], false, "the job's process is gone or stopped"),
    // Nor is the server beside it.
    ([(9, "S", 0), (7, "T", 1)], false, "the job's process is gone or stopped"),
    ([(9, "S", 0), (7, "S", 1)], true, "the job runs as process 7"),
  ]

  @Test(arguments: processes)
  func `the job below the first process decides whether it is live`(
    example: (children: [(pid: Int, state: String, start: Int)], isHealthy: Bool, detail: String)
  ) throws {
    let image = try FakeImage()
    try image.write("/proc/1/cmdline", "/usr/bin/glue-athena\0run\0job.py\0")
    try image.write("/proc/9/cmdline", "/usr/bin/glue-athena\0serve\0--socket\u{0}3\0")
    try image.write("/proc/1/task/1/children", example.children.map { "\($0.pid) " }.joined())
    for child in example.children {
      let fields = [child.state, "1"] + Array(repeating: "0", count: 17) + ["\(child.start)", "0"]
      try image.write("/proc/\(child.pid)/stat", "\(child.pid) (a) b) c) \(fields.joined(separator: " "))")
    }
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
        profile: local
        run directory: ROOT/tmp/glue-athena-RUN (temporary files go there)
        spark settings
          spark.driver.bindAddress = 127.0.0.1
              runtime: driver and tasks are one process; without a network the host's name may not resolve
          spark.driver.extraJavaOptions = -XX:+UseSerialGC\(RunTests.processorOption) \
        "-XX:OnOutOfMemoryError=mkdir 'ROOT/tmp/glue-athena-RUN/heap-exhausted'" -XX:+ExitOnOutOfMemoryError
              runtime: with one processor or less than 1 GiB of heap the serial collector costs least; \
        \(Environment.processorCount > 1 ? "older Java does not see every kind of limit; " : "")\
        a driver without memory ends at once, with exit code 3, and leaves a mark for the summary
          spark.driver.host = 127.0.0.1
              runtime: driver and tasks are one process; without a network the host's name may not resolve
          spark.driver.maxResultSize = 1228m
              runtime: a collect() that is larger than half the heap fails with a sentence, and not by exhausting it
          spark.driver.memory = 2457m
              runtime: of the container's 4096 MiB, the rest is for Python, Arrow's buffers and the JVM itself
          spark.eventLog.compress = false
              runtime: it is read while it is written
          spark.eventLog.dir = file://ROOT/tmp/glue-athena-RUN/events
              runtime: it is read while it is written, and goes with the run
          spark.eventLog.enabled = true
              runtime: the summary, the progress and the metrics are made of it
          spark.eventLog.logStageExecutorMetrics = true
              runtime: the summary says how much of the heap was used
          spark.eventLog.rolling.enabled = false
              runtime: it is given back to the disk as it is read
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
          spark.ui.retainedTasks = 10000
              runtime: the web interface's memory of 100000 tasks would fill a small heap
          spark.ui.showConsoleProgress = false
              runtime: a progress bar makes log lines unreadable
        variables
          AWS_EC2_METADATA_DISABLED = true
              runtime: without credentials a job fails at once and does not wait for the metadata service; --instance-metadata asks it
          GLUE_ATHENA_APPLICATION_FILE = ROOT/tmp/glue-athena-RUN/application
              runtime: the Python side writes its log by it
          GLUE_ATHENA_JOB = JOB
              runtime: the Python side writes its log by it
          GLUE_ATHENA_LOG_FORMAT = text
              runtime: the Python side writes its log by it
          GLUE_ATHENA_LOG_LEVEL = info
              runtime: the Python side writes its log by it
          GLUE_ATHENA_RUN_ID = RUN
              runtime: the Python side writes its log by it
          JAVA_HOME = ROOT/usr/lib/jvm/java-17-openjdk-amd64
              runtime: Java was found here
          PATH = /usr/bin:/bin:ROOT/usr/local/lib/python3.11/dist-packages/pyspark/bin
              runtime: a login shell would have Spark's programs on it
          PYSPARK_DRIVER_PYTHON = ROOT/usr/bin/python3
              runtime: driver and workers must be the same Python
          PYSPARK_PYTHON = ROOT/usr/bin/python3
              runtime: driver and workers must be the same Python
          PYTHONPATH = ROOT/tmp/glue-athena-RUN/python
              runtime: the log's Python side lies first, then Spark's and Glue's
          PYTHONUNBUFFERED = 1
              runtime: lines appear when they are printed, and are not lost when the job is killed
          SPARK_HOME = ROOT/usr/local/lib/python3.11/dist-packages/pyspark
              runtime: Spark was found here
          SPARK_LOCAL_DIRS = ROOT/tmp/glue-athena-RUN/local
              runtime: what Spark spills goes with the run, however it ends
          SPARK_LOCAL_HOSTNAME = localhost
              runtime: without a network the host's name may not resolve, and Spark would not start
          SPARK_LOCAL_IP = 127.0.0.1
              runtime: without a network the host's name may not resolve, and Spark would not start

        """)
  }
}
