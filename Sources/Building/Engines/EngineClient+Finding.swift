internal import Host
internal import JSON

extension EngineClient {
  /// Forms of a daemon's address, as Docker and BuildKit write them.
  private static let addressForms = [
    "tcp://", "unix://", "ssh://", "docker-container://", "podman-container://", "nerdctl-container://", "kube-pod://",
  ]

  /// Finds the program that drives an engine, and asks the engine whether it is there.
  ///
  /// - Parameters:
  ///   - address: Where the daemon is, nil for what the environment says or the program's own default.
  ///   - certificates: The folder with the client's certificates for a `buildkitd`.
  public static func find(
    _ engine: BuildEngine, address: String?, certificates: String? = nil, environment: [String: String]
  ) async throws -> EngineClient {
    if let address, !addressForms.contains(where: { address.hasPrefix($0) && address.count > $0.count }) {
      throw EngineError.badAddress(address, forms: addressForms.map { $0 + "…" })
    }
    switch engine {
    case .drydock: preconditionFailure("Drydock needs nobody else")
    case .docker: return try await docker(address)
    case .buildah, .podman:
      guard address == nil else { throw EngineError.hasNoAddress(engine) }
      return try await daemonless(engine)
    case .buildkit:
      guard let address = address ?? environment["BUILDKIT_HOST"] else { throw EngineError.noAddress(engine) }
      return try await buildkit(address, certificates)
    }
  }

  // MARK: Docker

  private static func docker(_ address: String?) async throws -> EngineClient {
    guard let program = Environment.program("docker") else { throw EngineError.missing(.docker, programs: ["docker"]) }
    let host = address.map { ["--host", $0] } ?? []
    let asked = try await run(program, host + ["version", "--format", "{{json .}}"])
    let said = try? JSONValue(parsing: asked.output)
    guard asked.status == 0, let server = said?["Server"]?["Version"]?.string,
      let client = said?["Client"]?["Version"]?.string
    else {
      throw EngineError.unreachable(
        .docker, program: "docker version", address: address ?? Environment["DOCKER_HOST"], reason: reason(asked))
    }
    // BuildKit came with 18.09, bind mounts of RUN without an experimental flag with 20.10.
    try check(server, .docker, atLeast: [20, 10])
    try check(client, .docker, atLeast: [20, 10])
    let hasBuildx = try await run(program, ["buildx", "version"]).status == 0
    // From 23.0 on the client has no BuildKit of its own.
    if try !hasBuildx && numbers(client, .docker)[0] >= 23 {
      throw EngineError.noBuildx(program: program, version: client)
    }
    return EngineClient(
      engine: .docker, kind: .docker(hasBuildx: hasBuildx), program: program, version: server, address: address)
  }

  // MARK: Buildah and Podman

  private static func daemonless(_ engine: BuildEngine) async throws -> EngineClient {
    let name = engine.rawValue
    guard let program = Environment.program(name) else { throw EngineError.missing(engine, programs: [name]) }
    // For example `buildah version 1.28.2 (image-spec …)`.
    let asked = try await run(program, ["--version"])
    let words = asked.text.split(whereSeparator: \.isWhitespace)
    guard asked.status == 0, words.count >= 3, words[1] == "version" else {
      throw EngineError.unknownVersion(engine, text: reason(asked))
    }
    let version = String(words[2])
    // The first of each that have bind mounts of RUN and named contexts.
    try check(version, engine, atLeast: engine == .buildah ? [1, 26] : [4, 2])
    return EngineClient(
      engine: engine, kind: engine == .buildah ? .buildah : .podman, program: program, version: version)
  }

  // MARK: buildkitd

  private static func buildkit(_ address: String, _ certificates: String?) async throws -> EngineClient {
    if let program = Environment.program("buildctl") {
      let tls = certificates.map { ["--tlsdir", $0] } ?? []
      let asked = try await run(program, ["--addr", address] + tls + ["debug", "workers"])
      guard asked.status == 0 else {
        throw EngineError.unreachable(
          .buildkit, program: "buildctl debug workers", address: address, reason: reason(asked))
      }
      // For example `buildctl github.com/moby/buildkit v0.12.5 …`.
      let version = try await run(program, ["--version"]).text.split(whereSeparator: \.isWhitespace)
      return EngineClient(
        engine: .buildkit, kind: .buildctl, program: program,
        version: version.first { $0.hasPrefix("v") }.map(String.init) ?? "of unknown version", address: address,
        certificates: certificates)
    }
    if let program = Environment.program("docker") {
      let asked = try await run(program, ["buildx", "version"])
      // For example `github.com/docker/buildx v0.12.1 …`.
      let words = asked.text.split(whereSeparator: \.isWhitespace)
      if asked.status == 0 {
        return EngineClient(
          engine: .buildkit, kind: .buildx, program: program,
          version: words.count > 1 ? "with buildx \(words[1])" : "with buildx", address: address,
          certificates: certificates)
      }
    }
    throw EngineError.missing(.buildkit, programs: ["buildctl", "docker buildx"])
  }

  // MARK: Words of programs

  private static func run(_ program: String, _ arguments: [String]) async throws -> Subprocess.Result {
    try await Subprocess(program, arguments).run(limit: 1 << 20)
  }

  /// The last line that a program wrote.
  private static func reason(_ result: Subprocess.Result) -> String {
    let lines = (result.errorText + "\n" + result.text).split(separator: "\n").filter { !$0.hasPrefix("{") }
    return lines.first.map(String.init) ?? "nothing (exit code \(result.status))"
  }

  private static func check(_ version: String, _ engine: BuildEngine, atLeast needed: [Int]) throws {
    guard try !numbers(version, engine).lexicographicallyPrecedes(needed) else {
      throw EngineError.tooOld(engine, version: version, needed: needed.map(String.init).joined(separator: "."))
    }
  }

  /// The numbers that a version begins with, such as 20, 10 and 24 of `20.10.24+dfsg1`.
  private static func numbers(_ version: String, _ engine: BuildEngine) throws -> [Int] {
    let numbers = version.split(separator: ".").prefix(3).map { Int($0.prefix { $0.isASCII && $0.isNumber }) }
    guard !numbers.isEmpty, !numbers.contains(nil) else { throw EngineError.unknownVersion(engine, text: version) }
    return numbers.compactMap(\.self)
  }
}
