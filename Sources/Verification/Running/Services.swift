internal import Host
internal import Sandbox

/// The servers that tests of one container use, each started at its first use.
actor Services {
  private static let address = "127.0.0.1:5555"
  private static let patience = Duration.seconds(60)

  private let container: Container
  private let hasTestSite: Bool
  private var starts: [TestService: Task<SandboxProcess, any Error>] = [:]

  init(_ container: Container, hasTestSite: Bool) {
    self.container = container
    self.hasTestSite = hasTestSite
  }

  /// Makes sure that services answer.
  ///
  /// - Returns: The variables by which a command finds them.
  func variables(for services: [TestService]) async throws(VerificationError) -> [String: String] {
    var variables: [String: String] = [:]
    for service in services {
      let start = starts[service] ?? Task { try await self.start(service) }
      starts[service] = start
      do { _ = try await start.value } catch {
        throw error as? VerificationError ?? .service(service, reason: "was cancelled")
      }
      variables.merge(Self.variables(of: service)) { $1 }
    }
    return variables
  }

  /// Credentials that mean nothing, a region, and the address in place of Amazon's.
  private static func variables(of service: TestService) -> [String: String] {
    switch service {
    case .moto:
      [
        "AWS_ENDPOINT_URL": "http://\(address)", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
      ]
    }
  }

  /// Starts moto's server from the packages for tests, which its own Python path puts before the image's.
  private func start(_ service: TestService) async throws(VerificationError) -> SandboxProcess {
    guard hasTestSite else { throw .noTestSite(service) }
    let parts = Self.address.split(separator: ":").map(String.init)
    var command = container.settings.command(
      ["python3", "-m", "moto.server", "-H", parts[0], "-p", parts[1]],
      environment: [
        "PYTHONPATH": ContainerSettings.testSite, "PYTHONDONTWRITEBYTECODE": "1", "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true",
      ])
    // Its requests are logged to standard error: only the last of them matter, when it ends too early.
    command.output = .null
    let server = try await container.start(command)
    do throws(VerificationError) {
      try await waitForAnswer(of: service, server)
    } catch {
      server.kill()
      throw error
    }
    return server
  }

  private func waitForAnswer(of service: TestService, _ server: SandboxProcess) async throws(VerificationError) {
    let probe = container.settings.command(
      ["python3", "-I", "-c", Self.probe, "http://\(Self.address)/moto-api/"], timeout: Self.patience)
    let asking = try await container.start(probe)
    // A server that is gone gives no answer: stop asking.
    Task {
      _ = await server.wait()
      asking.kill()
    }
    let answer = await asking.wait()
    if let end = server.result {
      let last = end.errorText.lines.last { !$0.isEmpty }.map { ": \($0)" } ?? ""
      throw .service(service, reason: "\(end.status)\(last)")
    }
    guard answer.status.isSuccess else {
      throw .service(service, reason: "gave no answer within \(Self.patience.components.seconds) s")
    }
  }

  /// Asks until there is an answer.
  private static let probe = """
    import sys, time, urllib.request
    while True:
        try:
            urllib.request.urlopen(sys.argv[1], timeout=5).read()
            break
        except OSError:
            time.sleep(0.05)
    """

  /// Ends all services.
  func stop() async {
    for start in starts.values {
      guard let server = try? await start.value else { continue }
      server.kill()
      _ = await server.wait()
    }
  }
}
