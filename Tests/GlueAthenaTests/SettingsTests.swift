import Host
import JSON
import Testing

@testable import GlueAthena

/// The values behind `run`: words, settings and their reasons.
struct SettingsTests {
  private func options(_ words: String...) throws(UsageError) -> RunOptions {
    var scanner = ArgumentScanner(words)
    return try RunOptions(&scanner)
  }

  @Test func `options stand before the script, arguments after it`() throws {
    let options = try options(
      "--conf", "a=b=c", "--conf=d=", "--grace=2.5", "--log-format", "json", "job.py", "--conf", "e=f", "--", "g")
    #expect(options.target == .script("job.py"))
    #expect(options.settings == [SparkSetting("a", "b=c"), SparkSetting("d", ""), SparkSetting("e", "f")])
    #expect(options.grace == 2.5)
    #expect(options.logFormat == .json)
    #expect(options.arguments == ["g"])
  }

  static let trailing: [(words: [String], settings: [SparkSetting], arguments: [String])] = [
    (["--conf", "spark.a=b"], [SparkSetting("spark.a", "b")], []),
    (
      ["--conf=spark.a=b", "--conf", "spark.c=d", "x"], [SparkSetting("spark.a", "b"), SparkSetting("spark.c", "d")],
      ["x"]
    ),
    // What is no setting of Spark's, or does not stand first, is the job's.
    (["--conf", "a=b"], [], ["--conf", "a=b"]),
    (["x", "--conf", "spark.a=b"], [], ["x", "--conf", "spark.a=b"]),
    // A word that no option is leaves all before the dashes to the job.
    (["--JOB_NAME", "x", "--", "y"], [], ["--JOB_NAME", "x", "--", "y"]),
    (["--profile", "G.1X", "--conf", "a=b", "--", "--", "y"], [SparkSetting("a", "b")], ["--", "y"]),
    (["--grace", "soon", "--", "y"], [], ["--grace", "soon", "--", "y"]),
  ]

  @Test(arguments: trailing)
  func `options may stand between the script and the dashes`(
    example: (words: [String], settings: [SparkSetting], arguments: [String])
  ) throws {
    var scanner = ArgumentScanner(["job.py"] + example.words)
    let options = try RunOptions(&scanner)
    #expect(options.settings == example.settings)
    #expect(options.arguments == example.arguments)
  }

  static let names: [(words: [String], name: String)] = [
    (["/jobs/daily.report.py"], "daily.report"),
    (["job.py", "--JOB_NAME", "a b"], "a b"),
    (["job.py", "--x", "--JOB_NAME=c"], "c"),
    (["job.py", "--JOB_NAME"], "job"),
    (["-m", "reports.monthly"], "reports.monthly"),
    (["lib.jar"], "lib"),
  ]

  @Test(arguments: names) func `a job has a name`(example: (words: [String], name: String)) throws {
    var scanner = ArgumentScanner(example.words)
    #expect(try RunOptions(&scanner).jobName == example.name)
  }

  // MARK: Properties

  static let properties: [(text: String, values: [String: String])] = [
    ("a b", ["a": "b"]),
    ("a=b\na:c", ["a": "c"]),
    ("  a  =  b c  \n", ["a": "b c"]),
    ("# a=b\n! c=d\n\n", [:]),
    ("a = b\\\n   c\r\nd=e", ["a": "bc", "d": "e"]),
    (#"a\ b\:c = d\\e\tf\u0041"#, ["a b:c": "d\\e\tfA"]),
    ("a", ["a": ""]),
    ("a=b\\", ["a": "b"]),
    (#"a=\u12"#, ["a": "u12"]),
  ]

  @Test(arguments: properties)
  func `settings are read as Java reads them`(example: (text: String, values: [String: String])) {
    #expect(JavaProperties(parsing: example.text).values == example.values)
  }

  @Test func `whatever is written as a line is read back`() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array(" =:#!\\\n\t\rabé\u{1F600}u0041")
    for _ in 0..<2000 {
      func text(_ count: Int) -> String { String((0..<count).map { _ in alphabet.randomElement(using: &random)! }) }
      let key = text(Int.random(in: 1...6, using: &random))
      // What Java keeps at the end of a value, Spark takes away.
      let value = text(Int.random(in: 0...8, using: &random)) + "."
      #expect(JavaProperties(parsing: JavaProperties.line(key, value)).values == [key: value])
    }
  }

  // MARK: Sizes

  private static let directory = RunDirectory(path: "/run")

  struct SizeExample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let limit: Int?
    let quota: Double?
    let heap: String
    let master: String
    let partitions: String
    var advisory: String?
    let usesG1: Bool
  }

  static let sizes: [SizeExample] = [
    SizeExample(
      testDescription: "512 MiB: as little as Spark takes", limit: 512, quota: 1, heap: "512m", master: "local[1]",
      partitions: "64", advisory: "8m", usesG1: false),
    SizeExample(
      testDescription: "1 GiB", limit: 1024, quota: 0.5, heap: "512m", master: "local[1]", partitions: "64",
      advisory: "8m", usesG1: false),
    SizeExample(
      testDescription: "2 GiB", limit: 2048, quota: 2, heap: "1228m", master: "local[2]", partitions: "64",
      advisory: "16m", usesG1: true),
    SizeExample(
      testDescription: "4 GiB and a part of a processor", limit: 4096, quota: 2.5, heap: "2457m", master: "local[3]",
      partitions: "64", advisory: "32m", usesG1: true),
    SizeExample(
      testDescription: "16 GiB", limit: 16384, quota: 4, heap: "9830m", master: "local[4]", partitions: "64",
      usesG1: true),
    SizeExample(
      testDescription: "more than references without a cost reach", limit: 65536 - 1, quota: 8, heap: "31744m",
      master: "local[8]", partitions: "128", usesG1: true),
    SizeExample(
      testDescription: "no limit", limit: nil, quota: nil, heap: "16384m", master: "local[8]", partitions: "128",
      usesG1: true),
  ]

  @Test(arguments: sizes) func `Spark's size follows the container's`(example: SizeExample) {
    let group = ControlGroup(memoryLimit: example.limit.map { $0 << 20 }, processorLimit: example.quota)
    let tuning = Tuning(
      resources: Resources(group: group, machineMemory: 64 << 30, machineProcessors: 8),
      layout: Layout(kind: .other, python: nil, java: nil, spark: nil), directory: Self.directory)
    let values = Dictionary(uniqueKeysWithValues: tuning.choices.map { ($0.key, $0.value) })
    #expect(values["spark.driver.memory"] == example.heap)
    #expect(values["spark.master"] == example.master)
    #expect(values["spark.sql.shuffle.partitions"] == example.partitions)
    #expect(values["spark.sql.adaptive.advisoryPartitionSizeInBytes"] == example.advisory)
    #expect(values["spark.driver.extraJavaOptions"]?.contains("UseG1GC") == example.usesG1)
    #expect(tuning.choices.allSatisfy { !$0.reason.isEmpty })
  }

  private func values(image: String, command: [SparkSetting] = []) -> [String: String] {
    let group = ControlGroup(memoryLimit: 4 << 30, processorLimit: 2)
    let tuning = Tuning(
      resources: Resources(group: group, machineMemory: 64 << 30, machineProcessors: 8),
      layout: Layout(kind: .other, python: nil, java: nil, spark: nil), image: JavaProperties(parsing: image),
      command: command, directory: Self.directory)
    return Dictionary(uniqueKeysWithValues: tuning.choices.map { ($0.key, $0.value) })
  }

  @Test func `what the image says stays, and the command line wins over it`() {
    let own = values(image: "spark.driver.memory 1g\nspark.driver.extraJavaOptions -XX:+UseParallelGC\n")
    #expect(own["spark.driver.memory"] == "1g")
    #expect(
      own["spark.driver.extraJavaOptions"]
        == #"-XX:+UseParallelGC "-XX:OnOutOfMemoryError=mkdir '/run/heap-exhausted'" -XX:+ExitOnOutOfMemoryError"#)
    let asked = values(
      image: "spark.driver.memory 1g\n",
      command: [SparkSetting("spark.driver.memory", "2g"), SparkSetting("spark.driver.memory", "3g")])
    #expect(asked["spark.driver.memory"] == "3g")
  }

  @Test func `a driver with executors elsewhere is not bound to this machine`() {
    let values = values(image: "", command: [SparkSetting("spark.master", "spark://cluster.example.com:7077")])
    #expect(values["spark.driver.host"] == nil)
    #expect(values["spark.driver.bindAddress"] == nil)
  }

  @Test func `tables go to the temporary directory when the current one is not writable`() {
    let tuning = Tuning(
      resources: Resources(
        group: ControlGroup(memoryLimit: nil, processorLimit: nil), machineMemory: 4 << 30, machineProcessors: 1),
      layout: Layout(kind: .other, python: nil, java: nil, spark: nil), warehouse: "/tmp", directory: Self.directory)
    #expect(tuning.choices.first { $0.key == "spark.sql.warehouse.dir" }?.value == "/tmp/spark-warehouse")
  }

  // MARK: Logs

  @Test func `a job's name can't break out of a log line`() throws {
    let identity = RunIdentity(job: #"a"b%m\n${env:AWS_SECRET_ACCESS_KEY}"#, run: "jr_1")
    let logs = LogSettings(format: .json, level: .info, identity: identity)
    let text = try #require(logs.log4j2Properties)
    #expect(text.contains(##""job":"a\\\\"b%%m\\\\\\\\n_{env:AWS_SECRET_ACCESS_KEY}","run":"jr_1","##))
    let plain = LogSettings(format: .text, level: .info, identity: RunIdentity(job: "Zoë \"ü\" 5%", run: "jr_1"))
    #expect(plain.log4j2Properties?.contains(#"[Zo\u00eb "\u00fc" 5%% jr_1 "#) == true)
    #expect(text.contains("rootLogger.level = info\n"))
    #expect(LogSettings(format: .image, level: .info, identity: identity).log4j2Properties == nil)
  }

  @Test func `Spark's own notes begin at warn, and come in full with debug`() throws {
    func text(_ level: LogLevel) throws -> String {
      try #require(LogSettings(format: .text, level: level, identity: RunIdentity(job: "a", run: "b")).log4j2Properties)
    }
    #expect(try text(.info).contains("name = org.apache\nlogger.own0.level = warn\n"))
    #expect(try text(.error).contains("name = org.apache\nlogger.own0.level = error\n"))
    #expect(try !text(.debug).contains("level = warn"))
  }

  @Test func `this program's lines have the form of the others`() throws {
    let identity = RunIdentity(job: "daily", run: "jr_1")
    let text = LogSettings(format: .text, level: .info, identity: identity)
    #expect(
      text.line(.warn, "slow", application: "local-1", at: 1_714_564_800_042)
        == "2024-05-01T12:00:00.042Z WARN  [daily jr_1 local-1] glue-athena: slow\n")
    let json = LogSettings(format: .json, level: .info, identity: identity)
    let value = try JSONValue(parsing: json.line(.info, #"a "b""#, application: nil, at: 0))
    #expect(value["message"]?.string == #"a "b""#)
    #expect(value["application"]?.string == "-")
    #expect(value["time"]?.string == "1970-01-01T00:00:00.000Z")
    #expect(json.writes(.warn) && !json.writes(.debug))
  }

  @Test(arguments: [
    ("spark.hadoop.fs.s3a.access.key", true), ("spark.ssl.keyPassword", true), ("spark.x.SessionToken", true),
    ("spark.driver.memory", false), ("key", false),
  ])
  func `what is named like a secret is masked`(key: String, isSecret: Bool) {
    #expect((Choice(key, "value", "").maskedValue == "value") != isSecret)
  }
}
