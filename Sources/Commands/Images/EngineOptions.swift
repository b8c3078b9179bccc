import ArgumentParser
import Building
import Host

/// Options that say who builds.
struct EngineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who builds: drydock, docker (its BuildKit), buildah, podman, or buildkit (a buildkitd by its address).",
      valueName: "name"), completion: .list(BuildEngine.allCases.map(\.rawValue)), transform: Self.engine)
  var engine: BuildEngine = .drydock

  @Option(
    help: ArgumentHelp(
      "Where the daemon is (default: DOCKER_HOST, BUILDKIT_HOST): tcp://HOST:PORT, unix://SOCKET, kube-pod://POD and more.",
      valueName: "address"))
  var engineAddress: String?

  @Option(
    help: ArgumentHelp("The folder with ca.pem, cert.pem and key.pem for a buildkitd.", valueName: "dir"))
  var engineCertificates: String?

  private static func engine(_ text: String) throws -> BuildEngine {
    guard let engine = BuildEngine(rawValue: text) else {
      throw ValidationError("it is none of \(BuildEngine.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return engine
  }

  func validate() throws {
    if engine == .drydock, engineAddress != nil { throw ValidationError("--engine-address: name an --engine too") }
    if engineCertificates != nil, engine != .buildkit {
      throw ValidationError("--engine-certificates are those for --engine buildkit")
    }
  }

  /// Whether the words of a command line name another engine than Drydock: its programs know the real users of this machine.
  static func nameAnother(_ words: [String]) -> Bool {
    zip(words, words.dropFirst() + [""]).contains { word, next in
      let value = word == "--engine" ? next : word.hasPrefix("--engine=") ? String(word.dropFirst(9)) : "drydock"
      return value != BuildEngine.drydock.rawValue
    }
  }

  /// The engine, as it is found on this machine.
  func client() async throws -> EngineClient {
    if let engineCertificates {
      for name in ["ca.pem", "cert.pem", "key.pem"] where !Files.isFile("\(engineCertificates)/\(name)") {
        throw Failure(.badInput, "--engine-certificates: \(engineCertificates) has no \(name)")
      }
    }
    return try await EngineClient.find(
      engine, address: engineAddress, certificates: engineCertificates, environment: Environment.all)
  }
}
