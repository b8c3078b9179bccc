import Host
import JSON
import Testing

@testable import GlueAthena

/// The program itself, run on made-up images.
@Suite(.serialized) struct RunTests {
  /// In front of the program, this makes it the first process of a namespace of its own.
  static let asFirstProcess = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]

  func summary(_ result: Subprocess.Result) throws -> JSONValue {
    let line = try #require(result.errorText.split(separator: "\n").last)
    return try JSONValue(parsing: String(line))
  }

  /// What a container of one processor gets where the machine has more.
  static let processorOption = Environment.processorCount > 1 ? " -XX:ActiveProcessorCount=1" : ""

  /// A text with the run's own directory as `RUN`.
  static func masked(_ text: String, _ image: FakeImage) -> String {
    let prefix = "\(image.root)/tmp/\(RunDirectory.prefix)-"
    var output = ""
    var rest = text[...]
    while let range = rest.firstRange(of: prefix) {
      output += rest[..<range.lowerBound] + "RUN"
      rest = rest[range.upperBound...].drop { $0.isNumber || $0 == "-" }
    }
    return output + rest
  }

  // MARK: What the job is given

  @Test func `a job's arguments arrive as they were, spaces and all`() throws {
    let image = try FakeImage.open(submit: #"for word in "$@"; do echo "<$word>"; done"#)
    let result = try image.run("run", "job.py", "--JOB_NAME", "my job", "--conf", "a=b", "", "--", "é")
    #expect(result.text == "<job.py>\n<--JOB_NAME>\n<my job>\n<--conf>\n<a=b>\n<>\n<-->\n<é>\n")
    #expect(result.status == 0)
    #expect(try summary(result)["job"] == .string("my job"))
  }

  @Test func `a first pair of dashes after the script is dropped`() throws {
    let image = try FakeImage.open(submit: #"echo "$@""#)
    #expect(try image.run("run", "job.py", "--", "--help").text == "job.py --help\n")
  }

  @Test func `an archive's class and a module are started as their programs want it`() throws {
    let image = try FakeImage.open(submit: #"echo "${0##*/} $@""#)
    try image.write("/work/job.jar", "")
    #expect(
      try image.run("run", "--class", "org.example.Main", "job.jar", "x").text
        == "spark-submit --class org.example.Main job.jar x\n")
    #expect(try image.run("run", "-m", "reports.monthly", "x").text == "python3 -m reports.monthly x\n")
    #expect(try image.run("run", "--python", "job.py", "x").text == "python3 job.py x\n")
  }

  @Test func `the settings continue the image's own, and the command line's come last`() throws {
    let image = try FakeImage.open(
      submit: #"cat "$SPARK_CONF_DIR/spark-defaults.conf"; cat "$SPARK_CONF_DIR/core-site.xml""#)
    let own = "# the image's\nspark.driver.memory 1g\nspark.driver.extraJavaOptions -Da=b\nspark.driver.host elsewhere"
    try image.write("\(FakeImage.packages)/pyspark/conf/spark-defaults.conf", own)
    try image.write("\(FakeImage.packages)/pyspark/conf/core-site.xml", "<configuration/>\n")
    let result = try image.run("run", "--conf", #"spark.app.dir= C:\x"#, "job.py")
    #expect(
      Self.masked(result.text, image) == """
        \(own)
        # Appended by glue-athena; of two lines with one key the last counts.
        spark.app.dir = \\ C:\\\\x
        spark.app.name = job
        spark.driver.bindAddress = 127.0.0.1
        spark.driver.extraJavaOptions = -Da=b -XX:+UseSerialGC\(Self.processorOption) \
        "-XX:OnOutOfMemoryError=mkdir 'RUN/heap-exhausted'" -XX:+ExitOnOutOfMemoryError
        spark.driver.host = 127.0.0.1
        spark.driver.maxResultSize = 1228m
        spark.eventLog.compress = false
        spark.eventLog.dir = file://RUN/events
        spark.eventLog.enabled = true
        spark.eventLog.logStageExecutorMetrics = true
        spark.eventLog.rolling.enabled = false
        spark.master = local[1]
        spark.sql.adaptive.enabled = true
        spark.sql.execution.arrow.pyspark.enabled = true
        spark.sql.execution.arrow.pyspark.fallback.enabled = true
        spark.sql.shuffle.partitions = 64
        spark.ui.retainedTasks = 10000
        spark.ui.showConsoleProgress = false
        <configuration/>

        """)
    #expect(try Files.text(image.root + FakeImage.packages + "/pyspark/conf/spark-defaults.conf") == own)
  }

  @Test func `nothing of the settings is left when the job has ended`() throws {
    let image = try FakeImage.open(submit: #"echo "$SPARK_CONF_DIR"; stat -c %a "$SPARK_CONF_DIR" "$SPARK_CONF_DIR"/*"#)
    let lines = try image.run("run", "job.py").text.split(separator: "\n")
    #expect(lines.dropFirst() == ["700", "600", "600"])
    #expect(!Files.exists(String(lines[0])))
    #expect(try Files.list(image.root + "/tmp") == [])
  }

  @Test func `the variables that Spark and AWS look at are set`() throws {
    let names = ["SPARK_HOME", "JAVA_HOME", "PYSPARK_PYTHON", "SPARK_LOCAL_IP", "AWS_EC2_METADATA_DISABLED", "HOME"]
    let image = try FakeImage.open(submit: names.map { "echo \($0)=$\($0)" }.joined(separator: "\n"))
    #expect(
      image.masked(
        try image.run("run", "job.py", environment: ["HOME": "/nowhere", "SPARK_LOCAL_IP": "10.0.0.1"]).text)
          == """
          SPARK_HOME=ROOT\(FakeImage.packages)/pyspark
          JAVA_HOME=ROOT\(FakeImage.java)
          PYSPARK_PYTHON=ROOT/usr/bin/python3
          SPARK_LOCAL_IP=10.0.0.1
          AWS_EC2_METADATA_DISABLED=true
          HOME=ROOT/tmp

          """)
    #expect(try image.run("run", "--instance-metadata", "job.py").text.contains("AWS_EC2_METADATA_DISABLED=\n"))
  }

  // MARK: How the job ends

  static let endings: [(script: String, status: Int32, outcome: String, signal: String?)] = [
    ("exit 0", 0, "succeeded", nil),
    ("exit 7", 7, "failed", nil),
    ("exit 255", 255, "failed", nil),
    ("kill -SEGV $$", 139, "failed", "SEGV"),
    ("kill -KILL $$", 137, "failed", "KILL"),
  ]

  @Test(arguments: endings)
  func `the exit code or signal is handed back`(
    ending: (script: String, status: Int32, outcome: String, signal: String?)
  ) throws {
    let image = try FakeImage.open(submit: ending.script)
    let result = try image.run("run", "--summary", "summary.json", "job.py")
    #expect(result.status == ending.status)
    let summary = try summary(result)
    #expect(summary["outcome"]?.string == ending.outcome)
    #expect(summary["exitCode"]?.integer == Int(ending.status))
    #expect(summary["signal"]?.string == ending.signal)
    #expect(summary["memoryLimitBytes"]?.integer == 4 << 30)
    #expect((summary["peakProcessBytes"]?.integer ?? 0) > 100_000)
    #expect(try JSONValue(parsing: Files.read(image.root + "/work/summary.json")) == summary)
  }

  @Test func `a process that the kernel killed for want of memory is named so`() throws {
    let image = try FakeImage.open(
      submit: #"echo "oom_kill 3" > "$GLUE_ATHENA_ROOT/sys/fs/cgroup/memory.events"; kill -9 $$"#)
    try image.write("/sys/fs/cgroup/memory.events", "oom 2\noom_kill 2\n")
    let driver = try summary(try image.run("run", "job.py"))
    #expect(driver["outcome"]?.string == "out-of-memory")
    #expect(driver["reason"]?.string?.hasPrefix("the kernel killed the driver because the container's memory") == true)
    let other = try FakeImage.open(
      submit: #"echo "oom_kill 3" > "$GLUE_ATHENA_ROOT/sys/fs/cgroup/memory.events"; exit 1"#)
    try other.write("/sys/fs/cgroup/memory.events", "oom 2\noom_kill 2\n")
    let worker = try summary(try other.run("run", "job.py"))
    #expect(worker["reason"]?.string?.hasPrefix("the kernel killed a process because the container's memory") == true)
  }

  @Test func `a driver whose heap was exhausted is named so`() throws {
    // What Java does for -XX:OnOutOfMemoryError, with the command that the settings hold.
    let image = try FakeImage.open(
      submit: """
        eval "$(sed -n 's/.*"-XX:OnOutOfMemoryError=\\([^"]*\\)".*/\\1/p' "$SPARK_CONF_DIR/spark-defaults.conf")"
        exit 3
        """)
    let result = try image.run("run", "job.py", "--JOB_NAME", "big")
    #expect(result.status == 3)
    let summary = try summary(result)
    #expect(summary["outcome"]?.string == "out-of-memory")
    #expect(summary["reason"]?.string?.hasPrefix("the driver's heap of 2457m was exhausted: ") == true)
    #expect(result.errorText.contains("ERROR [big jr_"))
  }

  @Test func `an exit code of 3 alone is a failure like others`() throws {
    let image = try FakeImage.open(submit: "exit 3")
    #expect(try summary(try image.run("run", "job.py"))["outcome"]?.string == "failed")
  }

  // MARK: Credentials

  static let needs: [(words: [String], script: String, reason: String?)] = [
    (["job.py", "--input", "s3://bucket/raw"], "", "the job is given s3://bucket/raw"),
    (["job.py", "--input=s3a://bucket/raw"], "", "the job is given s3a://bucket/raw"),
    (["job.py"], "import os\nfrom pyathena.pandas import cursor\n", "job.py imports pyathena"),
    (["job.py"], "def late():\n    import pyathena\nimport boto3\n", nil),
    (["job.py", "--text", "see s3://bucket"], "", nil),
    (["--credentials", "skip", "job.py", "s3://bucket/raw"], "import pyathena\n", nil),
    (["--credentials", "require", "job.py"], "", "--credentials require was given"),
    (["--conf", "spark.hadoop.fs.s3a.access.key=x", "job.py", "s3a://b/c"], "", nil),
  ]

  @Test(arguments: needs)
  func `a job that can't do without credentials is not started without them`(
    need: (words: [String], script: String, reason: String?)
  ) throws {
    let image = try FakeImage.open(submit: "echo started")
    try image.write("/work/job.py", need.script)
    let result = try image.run(["run"] + need.words)
    #expect(result.status == (need.reason == nil ? 0 : 4))
    #expect(result.text == (need.reason == nil ? "started\n" : ""))
    if let reason = need.reason {
      let looked = "the environment, the profile's files, a container's agent and a web identity"
      #expect(
        result.errorText.hasPrefix("glue-athena: \(reason), and no AWS credentials were found in \(looked)\nhint: "))
    }
    let keys = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]
    #expect(try image.run(["run"] + need.words, environment: keys).text == "started\n")
  }

  // MARK: What can't be started

  static let refusals: [(words: [String], removed: String?, status: Int32, message: String)] = [
    (
      ["run"], nil, 2,
      "glue-athena: run needs a script\nhint: glue-athena run job.py --JOB_NAME daily\n"
    ),
    (
      ["run", "none.py"], nil, 2,
      "glue-athena: there is no file none.py\nhint: the path is the one inside the container; was the directory mounted?\n"
    ),
    (
      ["run", "job.sql"], nil, 2,
      "glue-athena: job.sql is neither a .py nor a .jar file\nhint: a module is run by -m MODULE\n"
    ),
    (
      ["run", "--grace", "soon", "job.py"], nil, 2, "glue-athena: --grace needs a number of seconds, not \"soon\"\n"
    ),
    (
      ["run", "--python=yes", "job.py"], nil, 2, "glue-athena: --python takes no value\n"
    ),
    (
      ["run", "job.py"], "/usr/lib/jvm", 4, "glue-athena: no Java was found\nhint: set JAVA_HOME\n"
    ),
    (
      ["run", "job.py"], "\(FakeImage.packages)/pyspark", 4,
      "glue-athena: no Spark was found\nhint: set SPARK_HOME, or run a job that needs no Spark with --python\n"
    ),
    (
      ["run", "job.py"], "/usr/bin/python3.11", 4,
      "glue-athena: no python3 was found\nhint: set PYSPARK_PYTHON, or add it to PATH\n"
    ),
    (
      ["walk"], nil, 2,
      "glue-athena: there is no command \"walk\"\nhint: the commands are run, health, serve, probes, query, versions, env and help\n"
    ),
  ]

  static let variables: [(name: String, value: String, message: String)] = [
    (
      "GLUE_ATHENA_LOG_FORMAT", "xml", "glue-athena: GLUE_ATHENA_LOG_FORMAT is one of text, json, image, not \"xml\"\n"
    ),
    (
      "GLUE_ATHENA_LOG_LEVEL", "loud",
      "glue-athena: GLUE_ATHENA_LOG_LEVEL is one of error, warn, info, debug, not \"loud\"\n"
    ),
    ("GLUE_ATHENA_GRACE", "-1", "glue-athena: GLUE_ATHENA_GRACE needs a number of seconds, not \"-1\"\n"),
  ]

  @Test(arguments: variables)
  func `a variable that makes no sense is a mistake, not a default`(
    variable: (name: String, value: String, message: String)
  ) throws {
    let image = try FakeImage.open(submit: "echo started")
    let result = try image.run("run", "job.py", environment: [variable.name: variable.value])
    #expect(result.errorText == variable.message)
    #expect(result.text == "")
    #expect(result.status == 2)
  }

  @Test(arguments: refusals)
  func `what can't be started is said with a hint`(
    refusal: (words: [String], removed: String?, status: Int32, message: String)
  ) throws {
    let image = try FakeImage.open(submit: "echo started")
    if let removed = refusal.removed { try Files.remove(image.root + removed) }
    let result = try image.run(refusal.words)
    #expect(result.errorText == refusal.message)
    #expect(result.text == "")
    #expect(result.status == refusal.status)
  }
}
