import Host
import OCI
import TestSupport
import Testing

@testable import Registry

/// The program itself: exit code, standard output and standard error, whole.
@Suite struct CommandTests {
  private struct Outcome: Equatable, CustomStringConvertible {
    let status: Int32
    let output: String
    let errors: String
    var description: String { "\(status)\n\(output)\n\(errors)" }
  }

  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func drydock(_ words: [String], input: String = "") async throws -> Outcome {
    let environment = [
      "HOME": directory.path, "DRYDOCK_CACHE": directory.path + "/cache", "PATH": "/usr/bin:/bin",
      "DRYDOCK_DOCKER_DAEMON_JSON": directory.path + "/none",
      "CONTAINERS_REGISTRIES_CONF": directory.path + "/none",
    ]
    let result = try await Subprocess(BuiltProgram.path("drydock"), words, environment: environment)
      .run(input: Array(input.utf8))
    return Outcome(status: result.status, output: result.text, errors: result.errorText)
  }

  @Test func `pull, list, check and copy without a network`() async throws {
    try await TestRegistry.with { registry in
      let image = registry.add([SampleImage.bytes(5000)], to: "a", tag: "1")
      let name = "\(registry.domain)/a:1"
      let digest = image.descriptor.digest
      #expect(try await drydock(["pull", name]) == Outcome(status: 0, output: "\(name)@\(digest)\n", errors: ""))
      #expect(
        try await drydock(["store", "ls"])
          == Outcome(status: 0, output: "digest        name\n\(digest.short)  \(name)\n", errors: ""))
      #expect(try await drydock(["store", "fsck"]) == Outcome(status: 0, output: "the store is sound\n", errors: ""))
      registry.stop()
      let copied = try await drydock(["copy", "--offline", "docker://\(name)", "dir:\(directory.path)/dir"])
      #expect(copied == Outcome(status: 0, output: "\(digest)\n", errors: ""))
      #expect(try Files.read(directory.path + "/dir/manifest.json") == image.bytes)
    }
  }

  @Test func `what is not there ends with 3, and what makes no sense with 2`() async throws {
    try await TestRegistry.with { registry in
      registry.add([], to: "a", tag: "1")
      let missing = try await drydock(["pull", "\(registry.domain)/a:2"])
      #expect(
        missing
          == Outcome(
            status: 3, output: "", errors: "error: The manifest \(registry.domain)/a:2 does not exist there.\n"))
      let malformed = try await drydock(["pull", "A"])
      #expect(
        malformed
          == Outcome(
            status: 2, output: "",
            errors: "error: 'A': the repository 'library/A' has capital letters; only lower-case ones are allowed\n"))
      #expect(try await drydock(["copy", "x", "y"]).status == 2)
    }
  }

  @Test func `a login is read from standard input, checked and kept, and its password is told nobody`() async throws {
    try await TestRegistry.with(TestRegistry.Options { $0.login = .basic(user: "u", password: "secret") }) { registry in
      registry.add([], to: "a", tag: "1")
      let name = "\(registry.domain)/a:1"
      let refused = try await drydock(["pull", name])
      #expect(refused.status == 3)
      #expect(refused.errors.hasSuffix("hint: run 'drydock login \(registry.domain)'\n"))
      let wrong = try await drydock(["login", registry.domain, "-u", "u"], input: "wrong\n")
      #expect(wrong.status == 3)
      #expect(!wrong.description.contains("wrong\n"))
      let path = directory.path + "/.docker/config.json"
      #expect(!Files.exists(path))
      #expect(
        try await drydock(["login", registry.domain, "-u", "u"], input: "secret\n")
          == Outcome(status: 0, output: "logged in to \(registry.domain); the login is in \(path)\n", errors: ""))
      #expect(try await drydock(["pull", name]).status == 0)
      #expect(
        try await drydock(["logout", registry.domain])
          == Outcome(status: 0, output: "\(path): login removed\n", errors: ""))
      #expect(try await drydock(["pull", name]).status == 3)
    }
  }
}
