import Host
import TestSupport

/// Images built from packages that are all on the machine, beside programs that build them from the same packages.
extension Bench {
  private static let packages = ["ca-certificates", "openjdk-17-jre-headless", "procps", "python3", "tzdata"]

  private var buildCache: String { "\(work)/root-cache" }
  private var buildVariables: [String: String] { environment(["DRYDOCK_CACHE": buildCache]) }

  private func ours(_ words: String...) -> Subprocess { Subprocess(drydock, words, environment: buildVariables) }

  private func writeSpec(_ name: String, _ requirements: [String] = []) throws -> String {
    let folder = "\(work)/\(name)"
    try Files.createDirectory(folder)
    let python = requirements.joined(separator: ", ")
    try Files.write(
      """
      version: 1
      name: \(name)
      runtime: false
      debian:
        suites: [bookworm, bookworm-updates, bookworm-security]
        packages: [\(Self.packages.joined(separator: ", "))]
      \(requirements.isEmpty ? "" : "python: {version: \"3.11\", requirements: [\(python)]}")

      """, to: "\(folder)/image.yaml")
    return folder
  }

  // MARK: Debian root

  /// Tar to tar with every package already on the machine, on both sides; neither compresses.
  func debianRoot() async throws -> Row {
    let folder = try writeSpec("root")
    for command in ["pin", "build"] { _ = try await time(ours(command, folder)) }
    let archives = "\(work)/archives"
    try Files.createDirectory(archives)
    _ = try await time(
      mmdebstrap(
        [
          "--skip=essential/unlink", "--customize-hook=sync-out /var/cache/apt/archives \(archives)",
          "--skip=cleanup/apt",
        ], to: "\(work)/first.tar"))
    defer { try? Files.remove("\(work)/aside") }
    return try await compare(
      "Debian root with python3 and a JRE, to a tar", "mmdebstrap", runs: 3,
      ours: {
        // Set aside, not removed: ext4 is slow to reuse what was removed in the last seconds, which no user does.
        let aside = "\(work)/aside/\(UInt64.random(in: 0...UInt64.max))"
        try Files.createDirectory(aside)
        for name in ["roots", "layers", "store"] where Files.exists("\(buildCache)/\(name)") {
          try Files.rename("\(buildCache)/\(name)", to: "\(aside)/\(name)")
        }
        try Files.remove("\(work)/ours.tar")
        return ours("build", folder, "--compression", "uncompressed", "-o", "oci-archive:\(work)/ours.tar")
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

  /// What a build keeps, so that a run can start from what was there before the wheels.
  private struct Kept {
    let names: [String: Set<String>]

    init(in cache: String) throws {
      names = try Dictionary(
        uniqueKeysWithValues: ["layers", "bytecode"].map { ($0, Set(try Files.list("\(cache)/\($0)"))) })
    }

    /// Removes from some of the folders what came later.
    func restore(_ folders: [String], in cache: String) throws {
      for folder in folders {
        for name in try Files.list("\(cache)/\(folder)") where names[folder]?.contains(name) != true {
          try Files.remove("\(cache)/\(folder)/\(name)")
        }
      }
    }
  }

  /// The wheels of a Glue job above a root that is unpacked already: all of them, none changed, one changed.
  func pythonImages() async throws {
    let wheels = ["boto3==1.34.131", "numpy==1.26.4", "pandas==2.2.2"]
    let root = try writeSpec("root")
    let folder = try writeSpec("wheels", wheels + ["pyathena==3.30.1"])
    let bumped = try writeSpec("bumped", wheels + ["pyathena==3.30.0"])
    for command in ["pin", "build"] { _ = try await time(ours(command, root)) }
    // What an earlier run of the benchmark left is no part of the start.
    try Files.remove("\(buildCache)/bytecode")
    try Files.createDirectory("\(buildCache)/bytecode")
    let before = try Kept(in: buildCache)
    for command in ["pin", "generate", "build"] { _ = try await time(ours(command, folder)) }
    let context = "\(work)/context"
    try Files.remove(context)
    _ = try await time(ours("generate", folder, "--context", context))
    let contextBumped = context + "-bumped"
    try Files.remove(contextBumped)
    let between = try Kept(in: buildCache)
    for command in ["pin", "generate"] { _ = try await time(ours(command, bumped)) }
    _ = try await time(ours("generate", bumped, "--context", contextBumped))
    let store = Path.absolute(work) + "/pushed"
    try Files.remove(store)
    try Files.createDirectory(store)
    let registry = try await DockerRegistry(in: store)
    defer { registry.stop() }
    try await withDocker { docker in
      func build(_ context: String, _ more: String...) -> Subprocess {
        docker(["build", "--quiet", "--network", "none"] + more + [context])
      }
      // Another context runs the step that installs again, and no step before it.
      func change(_ context: String) throws {
        try Files.write("\(UInt64.random(in: 0...UInt64.max))", to: "\(context)/stamp")
      }
      // The first build brings the root in, which every later one finds unpacked.
      _ = try await time(build(context))
      for (work, folders) in [
        ("14 wheels and their bytecode, base unpacked", ["layers", "bytecode"]),
        ("the same with the bytecode that is kept", ["layers"]),
      ] {
        print(
          try await compare(
            work, "docker build", runs: 3,
            ours: {
              try before.restore(folders, in: buildCache)
              return ours("build", folder)
            },
            theirs: {
              try change(context)
              return build(context)
            }))
      }
      print(
        try await compare(
          "the same again, nothing changed", "docker build", runs: 5, ours: { ours("build", folder) },
          theirs: { build(context) }))
      let name = "\(registry.domain)/wheels"
      _ = try await time(ours("push", folder, "\(name):ours"))
      _ = try await time(build(context, "-t", "\(name):theirs"))
      _ = try await time(docker(["push", "--quiet", "\(name):theirs"]))
      print(
        try await compare(
          "one wheel bumped, built and pushed", "docker build, push", runs: 3,
          ours: {
            try between.restore(["layers", "bytecode"], in: buildCache)
            return Subprocess(
              "sh", ["-c", "\"$0\" build \"$1\" && exec \"$0\" push \"$1\" \"$2\"", drydock, bumped, "\(name):ours"],
              environment: buildVariables)
          },
          theirs: {
            try change(contextBumped)
            let words = docker(["build", "--quiet", "--network", "none", "-t", "\(name):theirs", contextBumped])
            let script = "\"$0\" \"$@\" && exec \"$0\" --host \"$2\" push --quiet \(name):theirs"
            return Subprocess(
              "sh", ["-c", script, words.program] + words.arguments, environment: words.environment)
          }))
      try before.restore(["layers", "bytecode"], in: buildCache)
      let most = try await peak(ours("build", folder))
      print(Row(work: "peak memory of such a build in MB", peer: "limit", drydock: [most], others: [200]))
    }
  }

  /// Runs a daemon of Debian's docker.io with all its state below the work folder.
  private func withDocker(_ body: (([String]) -> Subprocess) async throws -> Void) async throws {
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
      try await body(docker)
      _ = try await stop.run()
    } catch {
      _ = try await stop.run()
      throw error
    }
  }
}
