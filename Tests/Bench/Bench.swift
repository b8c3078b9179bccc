import Host

/// Times Drydock and its peers on the same work, in turns, in one run, and prints a line for each.
///
/// Absolute seconds drift on a shared machine; the ratio of two medians of interleaved runs does so much less.
@main
struct Bench {
  static func main() async throws {
    let arguments = CommandLine.arguments
    if arguments.count > 2, arguments[1] == "--peak" { return try await measurePeak(Array(arguments.dropFirst(2))) }
    guard arguments.count >= 6, arguments.dropFirst(6).allSatisfy({ Self.all.contains($0) }) else {
      let sections = Self.all.joined(separator: "|")
      Terminal.write("usage: drydock-bench DRYDOCK GLUE-ATHENA UV PYTHON WORKDIR [\(sections)…]\n", to: .error)
      CurrentProcess.exit(2)
    }
    let bench = Bench(
      drydock: Path.absolute(arguments[1]), glueAthena: Path.absolute(arguments[2]), uv: Path.absolute(arguments[3]),
      python: Path.absolute(arguments[4]), work: arguments[5])
    try Files.createDirectory(bench.work)
    Terminal.write(Row.heading, to: .output)
    let wanted = arguments.count > 6 ? Array(arguments.dropFirst(6)) : Self.sections
    do {
      for section in wanted { try await bench.run(section) }
    } catch {
      Terminal.write("\(error)\n", to: .error)
      CurrentProcess.exit(1)
    }
  }

  let drydock: String
  let glueAthena: String
  let uv: String
  /// An interpreter that has PyAthena and pandas.
  let python: String
  let work: String

  /// What is timed unless something is asked for; the others resolve twenty lists of requirements, or start Spark again and
  /// again, which takes a quarter of an hour, and limit its memory, which needs root.
  private static let sections = ["resolve", "build", "registry", "athena"]
  private static let all = sections + ["sets", "spark", "endings"]

  private func run(_ section: String) async throws {
    switch section {
    case "resolve": try await resolutions()
    case "sets": try await requirementSets()
    case "build": for row in [debianRoot, pythonLayers] { print(try await row()) }
    case "athena":
      for row in [athenaRows, athenaPages, athenaFile, athenaFirstByte, athenaFirstByteLater] { print(try await row()) }
      Terminal.write(try await athenaMemory(), to: .output)
    case "spark": try await sparkShuffles()
    case "endings":
      try await exhaustion()
      try await signals()
    default: try await registry()
    }
  }

  func print(_ row: Row) { Terminal.write(row.text, to: .output) }

  /// One line of the table; times in seconds.
  struct Row {
    let work: String
    let peer: String
    let drydock: [Double]
    let others: [Double]

    static let heading = line("WORK", "PEER", "DRYDOCK s", "PEER s", "RATIO")

    var text: String {
      let ours = Self.median(drydock)
      let theirs = Self.median(others)
      return Self.line(work, peer, Self.decimal(ours), Self.decimal(theirs), Self.decimal(ours / theirs))
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func decimal(_ value: Double) -> String {
      let hundredths = Int((value * 100).rounded())
      return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    private static func line(_ work: String, _ peer: String, _ numbers: String...) -> String {
      func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
      }
      let columns = numbers.map { String(repeating: " ", count: max(0, 11 - $0.count)) + $0 }
      return pad(work, 46) + pad(peer, 18) + columns.joined() + "\n"
    }
  }

  /// Runs two programs in turns.
  func compare(
    _ work: String, _ peer: String, runs: Int, ours: () async throws -> Subprocess,
    theirs: () async throws -> Subprocess
  ) async throws -> Row {
    var times: ([Double], [Double]) = ([], [])
    for _ in 0..<runs {
      times.0.append(try await time(try await ours()))
      times.1.append(try await time(try await theirs()))
    }
    return Row(work: work, peer: peer, drydock: times.0, others: times.1)
  }

  func time(_ program: Subprocess) async throws -> Double {
    let start = ContinuousClock.now
    let result = try await program.run()
    let duration = ContinuousClock.now - start
    guard result.status == 0 else {
      throw BenchFailure(program: program.program, output: String(result.errorText.suffix(2000)))
    }
    return Double(duration / .microseconds(1)) / 1_000_000
  }

  func environment(_ more: [String: String]) -> [String: String] { Environment.all.merging(more) { $1 } }

  // MARK: Debian root

  private static let packages = ["ca-certificates", "openjdk-17-jre-headless", "procps", "python3", "tzdata"]

  /// Tar to tar with every package already on the machine, on both sides.
  private func debianRoot() async throws -> Row {
    let folder = "\(work)/root"
    let cache = "\(work)/root-cache"
    try Files.createDirectory(folder)
    try Files.write(
      """
      version: 1
      name: root
      runtime: false
      debian:
        suites: [bookworm, bookworm-updates, bookworm-security]
        packages: [\(Self.packages.joined(separator: ", "))]

      """, to: "\(folder)/image.yaml")
    let variables = environment(["DRYDOCK_CACHE": cache])
    _ = try await time(Subprocess(drydock, ["pin", folder], environment: variables))
    _ = try await time(Subprocess(drydock, ["build", folder], environment: variables))
    let archives = "\(work)/archives"
    try Files.createDirectory(archives)
    _ = try await time(
      mmdebstrap(
        [
          "--skip=essential/unlink", "--customize-hook=sync-out /var/cache/apt/archives \(archives)",
          "--skip=cleanup/apt",
        ], to: "\(work)/first.tar"))
    return try await compare(
      "Debian root with python3 and a JRE, to a tar", "mmdebstrap", runs: 3,
      ours: {
        for name in ["roots", "layers", "store"] { try Files.remove("\(cache)/\(name)") }
        try Files.remove("\(work)/ours.tar")
        return Subprocess(
          drydock, ["build", folder, "-o", "oci-archive:\(work)/ours.tar"], environment: variables)
      },
      theirs: {
        mmdebstrap(
          [
            "--setup-hook=mkdir -p \"$1\"/var/cache/apt/archives", "--skip=essential/unlink",
            "--setup-hook=sync-in \(archives) /var/cache/apt/archives",
          ], to: "\(work)/theirs.tar")
      })
  }

  private func mmdebstrap(_ options: [String], to tar: String) -> Subprocess {
    Subprocess(
      "mmdebstrap",
      ["--quiet", "--variant=essential", "--include=\(Self.packages.joined(separator: ","))"] + options
        + ["bookworm", tar])
  }

  // MARK: Python layers

  /// The wheels of `spark-athena` without pyspark, all on the machine: into a layer above a root that is unpacked already.
  private func pythonLayers() async throws -> Row {
    let folder = "\(work)/wheels"
    let cache = "\(work)/root-cache"
    try Files.createDirectory(folder)
    try Files.write(
      """
      version: 1
      name: wheels
      runtime: false
      debian:
        suites: [bookworm, bookworm-updates, bookworm-security]
        packages: [\(Self.packages.joined(separator: ", "))]
      python:
        version: "3.11"
        requirements: [boto3==1.34.131, numpy==1.26.4, pandas==2.2.2, pyarrow==17.0.0, pyathena==3.30.1]

      """, to: "\(folder)/image.yaml")
    let variables = environment(["DRYDOCK_CACHE": cache])
    let rootLayers = Set(try Files.list("\(cache)/layers"))
    for command in ["pin", "generate", "build"] {
      _ = try await time(Subprocess(drydock, [command, folder], environment: variables))
    }
    let context = "\(work)/context"
    try Files.remove(context)
    _ = try await time(Subprocess(drydock, ["generate", folder, "--context", context], environment: variables))
    return try await withDocker { build in
      // The first build brings the root in, which every later one finds unpacked.
      _ = try await time(build(context))
      return try await compare(
        "13 wheels and their bytecode, base unpacked", "docker build", runs: 3,
        ours: {
          for name in try Files.list("\(cache)/layers") where !rootLayers.contains(name) {
            try Files.remove("\(cache)/layers/\(name)")
          }
          try Files.remove("\(cache)/bytecode")
          return Subprocess(drydock, ["build", folder], environment: variables)
        },
        theirs: {
          // Another context runs the step that installs again, and no step before it.
          try Files.write("\(UInt64.random(in: 0...UInt64.max))", to: "\(context)/stamp")
          return build(context)
        })
    }
  }

  /// Runs a daemon of Debian's docker.io with all its state below the work folder.
  private func withDocker(_ body: ((String) -> Subprocess) async throws -> Row) async throws -> Row {
    let state = Path.absolute(work) + "/docker"
    try Files.createDirectory(state)
    try Files.write("{}", to: "\(state)/daemon.json")
    let start = """
      dockerd --config-file '\(state)/daemon.json' --data-root '\(state)/data' --exec-root '\(state)/exec' \
        --pidfile '\(state)/pid' --host 'unix://\(state)/socket' --bridge=none --iptables=false --ip6tables=false \
        --ip-forward=false > '\(state)/log' 2>&1 &
      echo $!
      """
    let started = try await Subprocess("sh", ["-c", start]).run()
    let process = String(started.text.filter(\.isNumber))
    let stop = Subprocess("sh", ["-c", "kill \(process); while kill -0 \(process) 2>/dev/null; do sleep 0.1; done"])
    let variables = environment(["DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": "\(state)/client"])
    func docker(_ words: [String]) -> Subprocess {
      Subprocess("/usr/bin/docker", ["--host", "unix://\(state)/socket"] + words, environment: variables)
    }
    do {
      for _ in 0..<300 where try await docker(["version"]).run().status != 0 {
        try await Task.sleep(for: .milliseconds(100))
      }
      let row = try await body { docker(["build", "--quiet", "--network", "none", $0]) }
      _ = try await stop.run()
      return row
    } catch {
      _ = try await stop.run()
      throw error
    }
  }
}

/// A program of a comparison that failed, so that there is nothing to compare.
struct BenchFailure: Error, CustomStringConvertible {
  let program: String
  let output: String
  var description: String { "\(program) failed:\n\(output)" }

  init(program: String, output: String) {
    self.program = program
    self.output = output
  }

  /// The bench itself failed.
  init(_ reason: String) { self.init(program: "drydock-bench", output: reason) }
}
