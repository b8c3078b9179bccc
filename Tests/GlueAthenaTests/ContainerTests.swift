import Host
import Testing

@testable import GlueAthena

/// Where things are found in the images that are known, and what the control group allows.
struct ContainerTests {
  // MARK: Layouts

  @Test func `Glue 4 keeps Spark in its user's home, and Java's version has two parts`() throws {
    let image = try FakeImage()
    try image.write("/usr/local/bin/python3.10", "")
    try Files.link(image.root + "/usr/local/bin/python3", to: "python3.10")
    try image.write("/usr/lib/jvm/java-1.8.0/jre/bin/java", "")
    try image.write("/usr/lib/jvm/java-1.8.0/release", "JAVA_VERSION=\"1.8.0_412\"\n")
    try image.write("/home/glue_user/spark/bin/spark-submit", "")
    try image.write("/home/glue_user/spark/conf/spark-defaults.conf", "")
    try image.write("/home/glue_user/spark/jars/spark-core_2.12-3.3.0-amzn-1.jar", "")
    try image.write("/home/glue_user/spark/jars/hadoop-aws-3.3.3-amzn-0.jar", "")
    try image.write("/home/glue_user/spark/python/lib/py4j-0.10.9.5-src.zip", "")
    try image.write("/home/glue_user/aws-glue-libs/PyGlue.zip", "")
    try Files.createDirectory(image.root + "/home/glue_user/.local/lib/python3.10/site-packages")
    try Files.createDirectory(image.root + "/usr/local/lib/python3.10/site-packages")
    let container = image.container(["HOME": "/home/glue_user", "JAVA_HOME": "/usr/lib/jvm/java-1.8.0/jre"])
    let layout = Layout.detect(in: container)
    let home = image.root + "/home/glue_user/spark"
    #expect(layout.kind == .glue4)
    #expect(
      layout.spark
        == SparkInstallation(
          home: home, configuration: home + "/conf", version: "3.3.0-amzn-1", s3aVersion: "3.3.3-amzn-0",
          hasCloudCommitters: false))
    #expect(layout.java?.version == "1.8.0_412")
    #expect(layout.java?.feature == 8)
    #expect(layout.python?.version == "3.10")
    #expect(
      layout.python?.packageDirectories == [
        image.root + "/home/glue_user/.local/lib/python3.10/site-packages",
        image.root + "/usr/local/lib/python3.10/site-packages",
      ])
    let variables = JobEnvironment(
      container: container, layout: layout, isLocal: true, usesInstanceMetadata: false,
      directory: RunDirectory(path: "/run"),
      logs: LogSettings(format: .text, level: .info, identity: RunIdentity(job: "a", run: "b")))
    #expect(
      variables.choices.first { $0.key == "PATH" }?.value.hasSuffix(":\(home)/bin") == true,
      "the login shell that would put it there is not run")
    #expect(
      variables.choices.first { $0.key == "PYTHONPATH" }?.value
        == "/run/python:\(home)/python:\(home)/python/lib/py4j-0.10.9.5-src.zip:\(image.root)/home/glue_user/aws-glue-libs/PyGlue.zip"
    )
  }

  @Test(arguments: ["/usr/bin:/bin", "/bin:/usr/bin"])
  func `an interpreter in a folder that is a link finds the packages beside the link's target`(_ path: String) throws {
    let image = try FakeImage()
    try image.write("/usr/bin/python3.11", "")
    try Files.link(image.root + "/usr/bin/python3", to: "python3.11")
    try Files.link(image.root + "/bin", to: "usr/bin")
    let folders = ["/usr/local/lib/python3.11/site-packages", "/usr/lib/python3.11/site-packages"]
    for folder in folders { try Files.createDirectory(image.root + folder) }
    let python = PythonInstallation.find(in: image.container(["PATH": path]))
    #expect(python?.version == "3.11")
    #expect(python?.packageDirectories == folders.map { image.root + $0 })
  }

  @Test func `Glue 5 keeps its settings in another place`() throws {
    let image = try FakeImage()
    try image.write("/usr/bin/python3.11", "")
    try Files.link(image.root + "/usr/bin/python3", to: "python3.11")
    try image.write("/usr/lib/jvm/jre-17/bin/java", "")
    try image.write("/usr/lib/jvm/jre-17/release", "JAVA_VERSION=\"17.0.14\"\n")
    try image.write("/usr/lib/spark/bin/spark-submit", "")
    try image.write("/etc/spark/conf/spark-defaults.conf", "spark.eventLog.dir /var/log\n")
    try Files.link(image.root + "/usr/lib/spark/conf", to: "../../../etc/spark/conf")
    try image.write("/usr/lib/spark/jars/spark-core_2.12-3.5.4-amzn-0.jar", "")
    try image.write("/usr/share/aws/glue-pds/jars/hadoop-aws-3.4.0-amzn-2.jar", "")
    let layout = Layout.detect(in: image.container())
    #expect(layout.kind == .glue5)
    #expect(layout.spark?.s3aVersion == "3.4.0-amzn-2")
    #expect(layout.spark?.version == "3.5.4-amzn-0")
    #expect(layout.java == JavaInstallation(home: image.root + "/usr/lib/jvm/jre-17", version: "17.0.14"))
    #expect(SparkConfiguration(of: layout.spark).imageDefaults == "spark.eventLog.dir /var/log\n")
  }

  @Test func `the open image has Spark as a Python package`() throws {
    let image = try FakeImage.open()
    let layout = Layout.detect(in: image.container())
    #expect(layout.kind == .open)
    #expect(layout.spark?.version == "3.5.4")
    #expect(layout.spark?.home == image.root + FakeImage.packages + "/pyspark")
    #expect(layout.spark?.configuration == nil)
    #expect(layout.java?.feature == 17)
  }

  @Test func `an empty image has nothing, and SPARK_HOME names a place of its own`() throws {
    let image = try FakeImage()
    #expect(Layout.detect(in: image.container()) == Layout(kind: .other, python: nil, java: nil, spark: nil))
    try image.write("/opt/spark/bin/spark-submit", "")
    let layout = Layout.detect(in: image.container(["SPARK_HOME": "/opt/spark"]))
    #expect(layout.kind == .other)
    #expect(layout.spark?.home == image.root + "/opt/spark")
  }

  // MARK: Control groups

  struct GroupExample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let files: [String: String]
    let memory: Int?
    let processors: Double?
    let set: Int?
    let killed: Int?
  }

  static let groups: [GroupExample] = [
    GroupExample(
      testDescription: "version 2 with limits",
      files: [
        "cgroup.controllers": "cpu memory", "memory.max": "2147483648\n", "cpu.max": "150000 100000\n",
        "cpuset.cpus.effective": "0-3,8\n", "memory.events": "low 0\noom 1\noom_kill 2\n",
      ], memory: 2 << 30, processors: 1.5, set: 5, killed: 2),
    GroupExample(
      testDescription: "version 2 without limits",
      files: ["cgroup.controllers": "", "memory.max": "max\n", "cpu.max": "max 100000\n"], memory: nil,
      processors: nil, set: nil, killed: nil),
    GroupExample(
      testDescription: "version 2 without controllers", files: ["cgroup.controllers": ""], memory: nil,
      processors: nil, set: nil, killed: nil),
    GroupExample(
      testDescription: "version 1 with limits",
      files: [
        "memory/memory.limit_in_bytes": "4294967296\n", "cpu/cpu.cfs_quota_us": "50000\n",
        "cpu/cpu.cfs_period_us": "100000\n", "cpuset/cpuset.cpus": "2\n",
        "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
      ], memory: 4 << 30, processors: 0.5, set: 1, killed: 1),
    GroupExample(
      testDescription: "version 1 without limits",
      files: ["memory/memory.limit_in_bytes": "9223372036854771712\n", "cpu/cpu.cfs_quota_us": "-1\n"], memory: nil,
      processors: nil, set: nil, killed: nil),
    GroupExample(
      testDescription: "what is no number",
      files: ["cgroup.controllers": "", "memory.max": "lots", "cpu.max": "1 0\n", "cpuset.cpus.effective": "3-1\n"],
      memory: nil, processors: nil, set: nil, killed: nil),
    GroupExample(testDescription: "no group at all", files: [:], memory: nil, processors: nil, set: nil, killed: nil),
  ]

  @Test(arguments: groups) func `a control group is read`(example: GroupExample) throws {
    let image = try FakeImage()
    for (path, text) in example.files { try image.write("/" + path, text) }
    let group = ControlGroup(root: image.root)
    #expect(group.memoryLimit == example.memory)
    #expect(group.processorLimit == example.processors)
    #expect(group.processorSet == example.set)
    #expect(group.killedForMemory == example.killed)
  }

  static let memberships: [(text: String, files: [String: String], memory: Int?, usage: Int?)] = [
    (
      "0::/pod/job\n",
      [
        "cgroup.controllers": "memory", "memory.max": "max", "pod/memory.max": "3221225472",
        "pod/job/memory.max": "4294967296", "pod/job/memory.current": "5",
      ], 3 << 30, 5
    ),
    // In a namespace of its own, or with its own group mounted as the root, the host's path is not there.
    ("0::/kubepods/x\n", ["cgroup.controllers": "", "memory.max": "1073741824", "memory.current": "7"], 1 << 30, 7),
    (
      "5:cpu,cpuacct:/a\n4:memory:/docker/b\n",
      [
        "memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.usage_in_bytes": "9",
        "memory/docker/b/memory.limit_in_bytes": "2147483648", "memory/docker/b/memory.usage_in_bytes": "8",
      ], 2 << 30, 8
    ),
    ("0::/../../etc\n", ["cgroup.controllers": "", "memory.max": "1024"], 1024, nil),
  ]

  @Test(arguments: memberships)
  func `the process's own group is found below the root, and the tightest limit counts`(
    example: (text: String, files: [String: String], memory: Int?, usage: Int?)
  ) throws {
    let image = try FakeImage()
    for (path, text) in example.files { try image.write("/" + path, text) }
    let group = ControlGroup(root: image.root, membership: example.text)
    #expect(group.memoryLimit == example.memory)
    #expect(group.memoryUsage == example.usage)
  }

  @Test func `cached files don't count as memory in use`() throws {
    let image = try FakeImage()
    try image.write("/cgroup.controllers", "")
    try image.write("/memory.current", "1000\n")
    try image.write("/memory.stat", "anon 1\ninactive_file 400\n")
    #expect(ControlGroup(root: image.root).workingSet == 600)
  }

  // MARK: Packages

  @Test(arguments: [("PyAthena", "pyathena"), ("a__b.-c", "a-b-c"), ("ruamel.yaml", "ruamel-yaml"), ("x", "x")])
  func `names are normalised as PEP 503 says`(name: String, normalized: String) {
    #expect(InstalledPackage.normalized(name) == normalized)
  }

  @Test func `the first directory with a package is the one that counts`() throws {
    let image = try FakeImage()
    try image.write("/a/x-1.dist-info/METADATA", "Name: X\nVersion: 1\n")
    try image.write("/a/broken-1.dist-info/RECORD", "")
    try image.write("/b/x-2.dist-info/METADATA", "Name: x\nVersion: 2\n")
    try image.write("/b/old-3.egg-info", "Metadata-Version: 1.1\r\nName: old\r\nVersion: 3 \r\n")
    try image.write("/b/older.egg-info/PKG-INFO", "Name: older\nVersion: 4\n\nText")
    #expect(
      InstalledPackage.python(in: [image.root + "/a", image.root + "/none", image.root + "/b"]) == [
        InstalledPackage(name: "old", version: "3"), InstalledPackage(name: "older", version: "4"),
        InstalledPackage(name: "x", version: "1"),
      ])
  }
}
