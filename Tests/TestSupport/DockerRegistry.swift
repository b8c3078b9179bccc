import Host

/// The distribution project's registry, as Debian packages it, on a port of this machine.
public final class DockerRegistry: Sendable {
  /// `HOST:PORT`.
  public let domain: String
  /// The file of its log, with a line for each request.
  public let log: String
  private let server: ServerProcess

  /// Starts a registry that keeps everything in a directory, and waits until it answers.
  ///
  /// - Parameter certificates: Makes it speak TLS, under the name that they are for.
  public init(in directory: String, certificates: TestCertificates? = nil) async throws {
    let port = ServerProcess.freePort()
    domain = "\(certificates == nil ? "127.0.0.1" : "localhost"):\(port)"
    log = directory + "/registry.log"
    let tls = certificates.map { ", tls: {certificate: \($0.certificate), key: \($0.key)}" } ?? ""
    try Files.write(
      """
      version: 0.1
      log: {level: error}
      storage: {filesystem: {rootdirectory: \(directory)/data}, delete: {enabled: true}}
      http: {addr: "127.0.0.1:\(port)"\(tls)}
      """, to: directory + "/registry.yml")
    server = try ServerProcess(["docker-registry", "serve", directory + "/registry.yml"], log: log)
    let address = "\(certificates == nil ? "http" : "https")://\(domain)/v2/"
    for _ in 0..<200 {
      if try await Subprocess("curl", ["-ksf", address]).run().status == 0 { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw Silence(log: (try? Files.text(log)) ?? "")
  }

  /// It did not come up, and what it said.
  struct Silence: Error {
    let log: String
  }

  /// Stops it and waits.
  public func stop() { server.stop() }
}
