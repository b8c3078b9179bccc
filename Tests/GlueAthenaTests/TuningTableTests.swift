import Host
import Testing

@testable import GlueAthena

/// What is chosen for each version of Java and of Hadoop's S3 connector.
struct TuningTableTests {
  private func choices(
    java: String? = "17.0.13", s3a: String? = nil, hasCommitters: Bool = true, gibibytes: Int = 4,
    processors: Double = 2,
    image: String = "", offersHugePages: Bool = false, environment: [String: String] = [:]
  ) -> [String: String] {
    let tuning = Tuning(
      resources: Resources(
        group: ControlGroup(memoryLimit: gibibytes << 30, processorLimit: processors), machineMemory: 1 << 40,
        machineProcessors: 64),
      layout: Layout(
        kind: .other, python: nil, java: java.map { JavaInstallation(home: "/java", version: $0) },
        spark: SparkInstallation(
          home: "/spark", configuration: nil, version: "3.5.4", s3aVersion: s3a, hasCloudCommitters: hasCommitters)),
      offersHugePages: offersHugePages, image: JavaProperties(parsing: image), environment: environment,
      directory: RunDirectory(path: "/run"))
    return Dictionary(uniqueKeysWithValues: tuning.choices.map { ($0.key, $0.value) })
  }

  // MARK: Java

  static let g1 = "-XX:+UseG1GC"
  static let early = "-XX:+UseG1GC -XX:InitiatingHeapOccupancyPercent=35"
  static let serial = "-XX:+UseSerialGC"
  static let parallel = "-XX:+UseParallelGC"
  static let count2 = " -XX:ActiveProcessorCount=2"

  /// Version, memory in GiB, processors, and the options before those about exhausted heaps.
  static let javas: [(version: String?, gibibytes: Int, processors: Double, options: String)] = [
    ("1.8.0_181", 4, 2, early),
    ("1.8.0_191", 4, 2, early + count2),
    ("1.8.0_412", 4, 2, early + count2),
    ("1.8.0_412", 1, 2, serial + count2),
    ("1.8.0_412", 4, 1, serial + " -XX:ActiveProcessorCount=1"),
    ("1.8.0_412", 128, 32, early + " -XX:ActiveProcessorCount=32"),
    ("9.0.4", 4, 2, g1),
    ("11.0.25", 4, 2, g1 + count2),
    ("11.0.25", 128, 32, g1 + " -XX:ActiveProcessorCount=32"),
    ("17.0.13", 1, 2, serial + count2),
    ("17.0.13", 4, 2, g1 + count2),
    ("17.0.13", 6, 2, g1 + count2),
    ("17.0.13", 7, 2, parallel + count2),
    ("17.0.13", 16, 1.5, parallel + count2),
    ("1.8.0_412", 16, 2, parallel + count2),
    ("17.0.13", 16, 4, g1 + " -XX:ActiveProcessorCount=4"),
    ("17.0.13", 32, 2, g1 + count2),
    ("17.0.13", 128, 32, g1 + " -XX:ActiveProcessorCount=32"),
    ("21.0.5", 4, 2, g1 + count2),
    ("21.0.5", 63, 16, g1 + " -XX:ActiveProcessorCount=16"),
    ("21.0.5", 128, 32, "-XX:+UseZGC -XX:+ZGenerational -XX:ActiveProcessorCount=32"),
    ("23.0.1", 128, 32, "-XX:+UseZGC -XX:ActiveProcessorCount=32"),
    ("24", 4, 2, g1 + count2),
    (nil, 4, 2, early),
  ]

  @Test(arguments: javas)
  func `each Java gets the collector that it knows`(
    example: (version: String?, gibibytes: Int, processors: Double, options: String)
  ) {
    let values = choices(java: example.version, gibibytes: example.gibibytes, processors: example.processors)
    let exhausted = #" "-XX:OnOutOfMemoryError=mkdir '/run/heap-exhausted'" -XX:+ExitOnOutOfMemoryError"#
    #expect(values["spark.driver.extraJavaOptions"] == example.options + exhausted)
  }

  @Test func `a heap grows beyond compressed references only for ZGC`() {
    #expect(choices(java: "17.0.13", gibibytes: 128, processors: 32)["spark.driver.memory"] == "31744m")
    #expect(choices(java: "21.0.5", gibibytes: 128, processors: 32)["spark.driver.memory"] == "95846m")
  }

  @Test func `a collector or a count of processors that the image chose stays`() {
    let own = choices(image: "spark.driver.extraJavaOptions -XX:+UseZGC -XX:ActiveProcessorCount=7\n")
    #expect(
      own["spark.driver.extraJavaOptions"]
        == "-XX:+UseZGC -XX:ActiveProcessorCount=7"
        + #" "-XX:OnOutOfMemoryError=mkdir '/run/heap-exhausted'" -XX:+ExitOnOutOfMemoryError"#)
  }

  @Test(arguments: [
    ("17.0.13", 4, "", true), ("1.8.0_412", 4, "", true), ("21.0.5", 128, "", false),
    ("17.0.13", 4, "-XX:-UseTransparentHugePages", false), ("21.0.5", 4, "-XX:+UseZGC", false),
  ])
  func `huge pages are asked for where the kernel gives them`(
    java: String, gibibytes: Int, own: String, isAsked: Bool
  ) {
    let image = own.isEmpty ? "" : "spark.driver.extraJavaOptions \(own)\n"
    let options = choices(java: java, gibibytes: gibibytes, processors: 2, image: image, offersHugePages: true)
    #expect(options["spark.driver.extraJavaOptions"]?.contains("-XX:+UseTransparentHugePages") == isAsked)
    let others = choices(java: java, gibibytes: gibibytes, processors: 2, image: image)
    #expect(others["spark.driver.extraJavaOptions"]?.contains("-XX:+UseTransparentHugePages") == false)
  }

  @Test(arguments: [
    ("always [madvise] never\n", true), ("[always] madvise never\n", false), ("always madvise [never]\n", false),
  ])
  func `the kernel's word in brackets counts`(text: String, isAsked: Bool) throws {
    let image = try FakeImage.open()
    try image.write("/sys/kernel/mm/transparent_hugepage/enabled", text)
    #expect(try image.run("env").text.contains("-XX:+UseTransparentHugePages") == isAsked)
  }

  // MARK: S3

  static let connections96 = ["connection.maximum": "200", "threads.max": "96"]
  static let connections500 = ["connection.maximum": "500", "threads.max": "125"]
  static let committer = ["committer.name": "magic"]
  static let vectored = ["vectored.read.min.seek.size": "128K", "vectored.read.max.merged.size": "2M"]

  /// Hadoop's version, whether Spark's side of the committers is there, and the settings below `fs.s3a.`.
  static let connectors: [(version: String?, hasCommitters: Bool, settings: [String: String])] = [
    (nil, true, [:]),
    ("3.2.1", true, connections96),
    ("3.3.0", true, connections96),
    ("3.3.1", true, connections96.merging(committer) { $1 }),
    ("3.3.1", false, connections96),
    ("3.3.3-amzn-0", true, connections96.merging(committer) { $1 }),
    ("3.3.4", true, connections96.merging(committer) { $1 }),
    ("3.3.5", true, connections96.merging(committer) { $1 }.merging(vectored) { $1 }),
    ("3.3.6", false, connections96.merging(vectored) { $1 }),
    ("3.4.0-amzn-2", false, connections500.merging(vectored) { $1 }),
    ("3.4.1", true, connections500.merging(committer) { $1 }.merging(vectored) { $1 }),
    ("3.10.0", false, connections500.merging(vectored) { $1 }),
  ]

  @Test(arguments: connectors)
  func `each connector gets what it knows`(
    example: (version: String?, hasCommitters: Bool, settings: [String: String])
  ) {
    let prefix = "spark.hadoop.fs.s3a."
    let values = choices(s3a: example.version, hasCommitters: example.hasCommitters)
    var found: [String: String] = [:]
    for (key, value) in values where key.hasPrefix(prefix) { found[String(key.dropFirst(prefix.count))] = value }
    #expect(found == example.settings)
    let commits = example.settings["committer.name"] != nil
    #expect((values["spark.sql.sources.commitProtocolClass"] != nil) == commits)
    #expect((values["spark.sql.parquet.output.committer.class"] != nil) == commits)
    let reads = example.settings["vectored.read.min.seek.size"] != nil
    #expect((values["spark.hadoop.parquet.hadoop.vectored.io.enabled"] == "true") == reads)
  }

  @Test func `region and address come from AWS's own variables`() {
    let values = choices(
      s3a: "3.3.4", environment: ["AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:5000"])
    #expect(values["spark.hadoop.fs.s3a.endpoint.region"] == "eu-west-1")
    #expect(values["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:5000")
    #expect(values["spark.hadoop.fs.s3a.path.style.access"] == "true")
    #expect(values["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false")
    let own = choices(
      s3a: "3.2.0", image: "spark.hadoop.fs.s3a.threads.max 7\n",
      environment: ["AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "https://s3.example.com"])
    #expect(own["spark.hadoop.fs.s3a.endpoint.region"] == nil, "3.2 does not know it")
    #expect(own["spark.hadoop.fs.s3a.endpoint"] == "https://s3.example.com")
    #expect(own["spark.hadoop.fs.s3a.connection.ssl.enabled"] == nil)
    #expect(own["spark.hadoop.fs.s3a.threads.max"] == "7")
  }
}
