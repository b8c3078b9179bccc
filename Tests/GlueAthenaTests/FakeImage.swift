import Host

@testable import GlueAthena

/// A made-up root file system with a Spark that is a shell script.
struct FakeImage {
  let directory: TemporaryDirectory
  var root: String { directory.path }

  /// Where the packages of the open image lie.
  static let packages = "/usr/local/lib/python3.11/dist-packages"
  static let java = "/usr/lib/jvm/java-17-openjdk-amd64"

  init() throws {
    directory = try TemporaryDirectory(prefix: "glue-athena-tests")
    try Files.createDirectory(directory.path + "/work")
  }

  /// The open image: Debian's Python and Java, the `pyspark` package, a lock that all of it agrees with.
  static func open(submit: String = "exit 0") throws -> FakeImage {
    let image = try FakeImage()
    try image.write("/usr/bin/python3.11", "#!/bin/sh\n\(submit)\n", mode: 0o755)
    try Files.link(image.root + "/usr/bin/python3", to: "python3.11")
    try image.write("\(java)/bin/java", "#!/bin/sh\n", mode: 0o755)
    try image.write("\(java)/release", "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.13\"\n")
    try image.write("\(packages)/pyspark/bin/spark-submit", "#!/bin/sh\n\(submit)\n", mode: 0o755)
    try image.write("\(packages)/pyspark/jars/spark-core_2.12-3.5.4.jar", "")
    try image.write("\(packages)/pyarrow/__init__.py", "")
    try image.install("PyAthena", "3.30.1")
    try image.install("pyspark", "3.5.4")
    try image.install("python_dateutil", "2.9.0.post0")
    try image.write(
      "/var/lib/dpkg/status",
      """
      Package: openjdk-17-jre-headless
      Status: install ok installed
      Version: 17.0.13+11-2~deb12u1

      Package: removed
      Status: deinstall ok config-files
      Version: 1.0

      Package: tzdata
      Status: install ok installed
      Version: 2024b-0+deb12u1

      """)
    try image.write(
      LockedImage.path,
      """
      {"version": 1, "date": "2025-01-09T12:00:00Z", "unknown": [1],
       "debian": {"packages": [
         {"name": "openjdk-17-jre-headless", "version": "17.0.13+11-2~deb12u1", "architecture": "amd64"},
         {"name": "tzdata", "version": "2024b-0+deb12u1", "architecture": "all"}]},
       "python": {"version": "3.11", "packages": [
         {"name": "pyathena", "version": "3.30.1"}, {"name": "pyspark", "version": "3.5.4"},
         {"name": "python-dateutil", "version": "2.9.0.post0"}]}}
      """)
    try image.write(
      "/etc/passwd", "root:x:0:0::/root:/bin/sh\njob:x:\(try FileStatus(of: image.root).uid):0::/:/bin/sh\n")
    try image.write("/proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n")
    try image.write("/sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
    try image.write("/sys/fs/cgroup/memory.max", "\(4 << 30)\n")
    try image.write("/sys/fs/cgroup/memory.current", "\(300 << 20)\n")
    try image.write("/sys/fs/cgroup/cpu.max", "100000 100000\n")
    try image.write(
      "/etc/ssl/certs/ca-certificates.crt",
      "# old\n" + MadeUpCertificate(until: "200101000000Z").pem + MadeUpCertificate(until: "20990101000000Z").pem)
    try image.write("/work/job.py", "")
    try Files.createDirectory(image.root + "/tmp")
    return image
  }

  /// Adds a Python package's record.
  func install(_ name: String, _ version: String) throws {
    try write(
      "\(Self.packages)/\(name)-\(version).dist-info/METADATA",
      "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\nLicense: Apache\n\nVersion: not this one\n")
  }

  func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws {
    try Files.createDirectory(Path.parent(root + path) ?? root)
    try Files.write(text, to: root + path, mode: mode)
  }

  /// The container without any variable of this process.
  func container(_ environment: [String: String] = [:]) -> Container {
    Container(root: root, environment: environment)
  }

  // MARK: The program

  /// Runs `glue-athena` in the image; in front of it, words such as `unshare` may stand.
  func run(
    _ arguments: [String], environment: [String: String] = [:], under wrapper: [String] = []
  ) throws -> Subprocess.Result {
    let program = Path.join(Path.parent(Environment.executablePath) ?? ".", "glue-athena")
    var variables = ["GLUE_ATHENA_ROOT": root, "PATH": "/usr/bin:/bin", "HOME": "/tmp"]
    variables.merge(environment) { $1 }
    let words = wrapper + [program] + arguments
    return try Subprocess(words[0], Array(words.dropFirst()), environment: variables, directory: root + "/work")
      .runBlocking()
  }

  /// Runs `glue-athena` in the image.
  func run(
    _ arguments: String..., environment: [String: String] = [:], under wrapper: [String] = []
  ) throws -> Subprocess.Result {
    try run(arguments, environment: environment, under: wrapper)
  }

  /// A text with this image's root as `ROOT`, and times and free space made equal.
  func masked(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: " ", omittingEmptySubsequences: false).map(mask).joined(separator: " ")
    }
    return lines.joined(separator: "\n")
  }

  private func mask(_ word: Substring) -> String {
    let parts = word.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }), parts[1].count == 3 {
      return "0.000"
    }
    let time = word.prefix { $0 != "," }
    if time.count == 20, time.hasSuffix("Z"), time.contains("T") { return "NOW" + word[time.endIndex...] }
    var text = String(word)
    while let range = text.firstRange(of: root) { text.replaceSubrange(range, with: "ROOT") }
    return text
  }
}
