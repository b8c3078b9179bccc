import Host
import TestSupport
import Testing

/// A `dockerd` with all of its state in one directory and no network, stopped with the scope that started it.
struct DockerDaemon: Sendable {
  /// Where Debian's docker.io puts the client; a wrapper earlier in `PATH` would talk to another daemon.
  private static let client = "/usr/bin/docker"

  private let directory: String
  private let server: ServerProcess

  /// Starts a daemon and waits until it answers.
  init(in directory: String) async throws {
    self.directory = directory
    try Files.createDirectory(directory)
    try Files.write("{}", to: directory + "/daemon.json")
    server = try ServerProcess(
      [
        "dockerd", "--config-file", directory + "/daemon.json", "--data-root", directory + "/data", "--exec-root",
        directory + "/exec", "--pidfile", directory + "/pid", "--host", "unix://\(directory)/socket", "--bridge=none",
        "--iptables=false", "--ip6tables=false", "--ip-forward=false",
      ], log: directory + "/log")
    for _ in 0..<300 {
      if try await run("version").status == 0 { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    let log = (try? Files.text(directory + "/log")) ?? ""
    try await stop()
    Issue.record("dockerd does not answer:\n\(log.suffix(4000))")
  }

  /// Runs the client, whatever it ends with.
  func run(_ words: [String]) async throws -> Subprocess.Result {
    var environment = Environment.all
    for name in environment.keys where name.hasPrefix("DOCKER_") { environment[name] = nil }
    environment["DOCKER_BUILDKIT"] = "1"
    environment["DOCKER_CONFIG"] = directory + "/client"
    return try await Subprocess(
      Self.client, ["--host", "unix://\(directory)/socket"] + words, environment: environment
    ).run()
  }

  /// Runs the client, whatever it ends with.
  func run(_ words: String...) async throws -> Subprocess.Result { try await run(words) }

  /// Runs the client, which has to succeed, and gives its output without the last line break.
  func output(_ words: String...) async throws -> String {
    let result = try await run(words)
    try #require(result.status == 0, "docker \(words.joined(separator: " ")): \(result.errorText.suffix(4000))")
    return result.text.hasSuffix("\n") ? String(result.text.dropLast()) : result.text
  }

  /// Stops the daemon, which stops its containerd, and holds it to leaving no mount.
  func stop() async throws {
    await BlockingPool.run { [server] in server.stop() }
    let mounts = try Files.text("/proc/self/mounts").split(separator: "\n").filter { $0.contains(directory) }
    #expect(mounts.isEmpty)
  }
}
