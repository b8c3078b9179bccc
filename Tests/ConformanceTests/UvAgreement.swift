import HTTP
import Host
import Packages
import Resolution
import TestSupport
import Testing
import Versions

/// Compares resolutions over the configured index with those of uv, the program that `DRYDOCK_UV` names.
///
/// Both see the index of this minute, so the only differences are those of judgement.
@Suite(.serialized, .enabled(if: Environment["DRYDOCK_UV"] != nil))
struct `Agreement with uv` {
  @Test(arguments: RequirementSet.all)
  func `the same versions and hashes are picked`(_ item: RequirementSet) async throws {
    let folder = try TemporaryDirectory()
    defer { folder.remove() }
    let mine = try await Self.own(item, cache: folder.path)
    let theirs = try await Self.uv(item, folder: folder.path)
    for name in Set(mine.keys).union(theirs.keys).sorted() where mine[name] != theirs[name] {
      Issue.record("\(name): \(mine[name] ?? "absent"), uv has \(theirs[name] ?? "absent")")
    }
    #expect(!theirs.isEmpty)
  }

  /// The resolution's packages, each with its version and hashes as one text.
  private static func own(_ item: RequirementSet, cache: String) async throws -> [String: String] {
    let environment = Environment.all
    let machine = try PipConfiguration.ofThisMachine(environment: environment)
    let configuration = PipConfiguration(
      indexes: machine.indexes, findLinks: [], certificateFile: machine.certificateFile,
      clientCertificate: machine.clientCertificate, proxy: machine.proxy, trustedHosts: machine.trustedHosts)
    let client = HTTPClient(
      configuration: configuration.applied(
        to: HTTPConfiguration(environment: environment), environment: environment))
    let index = SimpleIndex(configuration: configuration, client: client, cacheDirectory: Path.join(cache, "index"))
    let resolver = PythonResolver(index: index) { file, project in
      try await sourceMetadata(file, project, index: index, folder: cache)
    }
    let request = PythonRequest(
      requirements: try item.requirements.map { try Requirement(parsing: $0) },
      platform: PythonPlatform(
        python: try PEP440Version(parsing: item.python), glibc: try PEP440Version(parsing: "2.36"), machine: "x86_64"))
    let (cold, time) = try await measured { try await resolver.resolve(request) }
    let (_, solverTime) = try await measured { try await resolver.resolve(request) }
    print("\(item): \(cold.packages.count) packages, \(time) from nothing, \(solverTime) from memory")
    return Dictionary(
      uniqueKeysWithValues: cold.packages.map { package in
        (
          package.name.description,
          ([package.version.description] + package.files.compactMap(\.sha256).sorted()).joined(separator: " ")
        )
      })
  }

  private static func measured<Value>(_ work: () async throws -> Value) async rethrows -> (Value, Duration) {
    let start = ContinuousClock.now
    let value = try await work()
    return (value, ContinuousClock.now - start)
  }

  /// What a source distribution says about itself, believed even where only a build would tell: uv builds instead.
  private static func sourceMetadata(
    _ file: PythonFile, _ project: PackageName, index: SimpleIndex, folder: String
  ) async throws -> PythonMetadata {
    let path = Path.join(folder, file.fileName)
    try await index.fetch(file, into: path)
    let listing = try await Subprocess("/usr/bin/tar", ["-tzf", path]).run()
    let member = listing.text.split(separator: "\n").filter { $0.hasSuffix("PKG-INFO") }.min { $0.count < $1.count }
    let content = try await Subprocess("/usr/bin/tar", ["-xzOf", path, String(member ?? "PKG-INFO")]).run()
    return try PythonMetadata(parsing: content.output)
  }

  private static func uv(_ item: RequirementSet, folder: String) async throws -> [String: String] {
    let input = Path.join(folder, "requirements.in")
    try Files.write(item.requirements.joined(separator: "\n") + "\n", to: input)
    var environment = Environment.all.filter { !$0.key.hasPrefix("PIP_") }
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    let arguments = [
      "pip", "compile", input, "--python-version", item.python, "--python-platform", "x86_64-manylinux_2_36",
      "--generate-hashes", "--no-header", "--no-annotate", "--cache-dir", Path.join(folder, "uv"),
    ]
    let process = Subprocess(Environment["DRYDOCK_UV"] ?? "uv", arguments, environment: environment)
    let (result, time) = try await measured { try await process.run() }
    try #require(result.status == 0, "\(result.errorText)")
    print("\(item): uv took \(time)")
    var packages: [String: [String]] = [:]
    var current = ""
    for line in result.text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\\" }
      for word in words {
        if let range = word.firstRange(of: "==") {
          current = String(word[..<range.lowerBound].prefix { $0 != "[" })
          packages[current] = [String(word[range.upperBound...])]
        } else if word.hasPrefix("--hash=sha256:") {
          packages[current, default: []].append(String(word.dropFirst("--hash=sha256:".count)))
        }
      }
    }
    return packages.mapValues { ($0.prefix(1) + $0.dropFirst().sorted()).joined(separator: " ") }
  }
}
