import Glibc
import Host
import Images
import JSON
import Layers
import OCI
import TestSupport
import Testing

/// Builds by other engines, as the program is called: with stand-ins of their clients, which write down what they are told.
@Suite struct EngineTests {
  private static let dockerfile = ["app/Dockerfile": "FROM scratch\nCOPY data /data\n", "app/data": "x"]

  /// A program of the fixture's own folder of programs.
  private func program(_ name: String, _ script: String, _ fixture: ProgramFixture) throws {
    try Files.createDirectory(fixture.work + "/bin")
    try Files.write("#!/bin/sh\n" + script, to: "\(fixture.work)/bin/\(name)")
    try Files.changeMode("\(fixture.work)/bin/\(name)", 0o755)
  }

  /// Runs Drydock where only the fixture's programs and those of a shell are found.
  private func run(_ fixture: ProgramFixture, _ words: [String], _ variables: String...) async throws
    -> ProgramFixture.Outcome
  {
    try Files.createDirectory(fixture.work + "/bin")
    for name in ["sh", "cp", "cat", "sleep"] where !Files.exists("\(fixture.work)/bin/\(name)") {
      try Files.link("\(fixture.work)/bin/\(name)", to: try #require(Environment.program(name)))
    }
    return try await fixture.run(words, under: ["/usr/bin/env", "PATH=\(fixture.work)/bin"] + variables)
  }

  /// A `buildctl` that writes down its arguments and hands over an image that is there already.
  private func buildctl(_ fixture: ProgramFixture) async throws -> Digest {
    let store = try ContentStore(at: fixture.work + "/made")
    var tree = LayerTree()
    try tree.addFile("made", [1])
    let image = try Image(
      config: ImageConfig(platform: .linuxAMD64), layers: [try await store.add(tree, epoch: 0)], in: store)
    try ImageArchive.write(image, to: fixture.work + "/made.tar", form: .oci, name: "t")
    try program(
      "buildctl",
      """
      if [ "$1" = --version ]; then echo "buildctl github.com/moby/buildkit v0.12.5 abc"; exit; fi
      for word; do
        printf '%s\\n' "$word"
        case "$word" in
        type=oci,dest=*) file=${word#type=oci,dest=}; cp \(fixture.work)/made.tar "${file%%,*}" ;;
        esac
      done >> \(fixture.work)/calls
      echo done
      """, fixture)
    return image.digest
  }

  @Test func `BuildKit is driven by buildctl, and its image delivered`() async throws {
    let fixture = try ProgramFixture(Self.dockerfile)
    let digest = try await buildctl(fixture)
    let outcome = try await run(
      fixture,
      [
        "build", "app", "--engine", "buildkit", "--platform", "linux/amd64", "--build-arg", "A=1", "-q", "-t", "app:1",
        "-o", "oci:out:1",
      ], "BUILDKIT_HOST=tcp://127.0.0.1:1234", "SOURCE_DATE_EPOCH=9")
    #expect(outcome == .init(0, output: "\(digest)\n"))
    #expect(try OCILayout(at: fixture.work + "/out").image(tag: "1").digest == digest)
    let calls = try Files.text(fixture.work + "/calls").replacing(fixture.work, with: "WORK").split(separator: "\n")
    let expected = """
      --addr tcp://127.0.0.1:1234 debug workers \
      --addr tcp://127.0.0.1:1234 build --progress plain --frontend dockerfile.v0 --local context=WORK/app \
      --local dockerfile=WORK/app --opt filename=Dockerfile --opt platform=linux/amd64 --opt build-arg:A=1 \
      --opt build-arg:SOURCE_DATE_EPOCH=9 --opt force-network-mode=none --output
      """
    #expect(calls.dropLast().joined(separator: " ") == expected)
    let leftovers = try Files.list(fixture.cache + "/work")
    #expect(leftovers.isEmpty)
  }

  @Test func `several platforms make an index`() async throws {
    let fixture = try ProgramFixture(Self.dockerfile)
    let digest = try await buildctl(fixture)
    let words = ["build", "app", "--engine=buildkit", "--engine-address=unix:///s", "-o", "oci:out:1", "--format=json"]
    let outcome = try await run(fixture, words + ["--platform", "linux/amd64,linux/arm64"])
    #expect(outcome.status == 0, "\(outcome)")
    let json = try JSONValue(parsing: Array(outcome.output.utf8))
    #expect(json["engine"]?["version"]?.string == "v0.12.5")
    #expect(json["platforms"]?["linux/arm64"]?["digest"]?.string == digest.description)
    #expect(try Index(parsing: Files.read(fixture.work + "/out/index.json")).manifests.count == 1)
    let calls = try Files.text(fixture.work + "/calls")
    #expect(calls.contains("platform=linux/amd64\n") && calls.contains("platform=linux/arm64\n"))
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let name: String
    var programs: [(String, String)] = []
    var words: [String] = []
    let engine: String
    let status: Int32
    let errors: String

    var testDescription: String { name }
  }

  private static let dockerVersion = #"{"Client":{"Version":"CLIENT"},"Server":{"Version":"SERVER"}}"#
  private static func docker(_ client: String, _ server: String, buildx: Bool = false) -> [(String, String)] {
    let text = dockerVersion.replacing("CLIENT", with: client).replacing("SERVER", with: server)
    return [("docker", "case $1 in version) echo '\(text)';; buildx) exit \(buildx ? 0 : 1);; *) : > ran;; esac\n")]
  }

  static let refusals: [Refusal] = [
    Refusal(
      name: "an engine that nobody knows", engine: "kaniko", status: 2,
      errors: "it is none of drydock, docker, buildah, podman, buildkit"),
    Refusal(
      name: "no docker", engine: "docker", status: 4,
      errors: """
        error: --engine docker: no docker was found in PATH
        hint: apt-get install docker.io, or leave --engine out: Drydock builds without a daemon

        """),
    Refusal(
      name: "no buildah", engine: "buildah", status: 4,
      errors: """
        error: --engine buildah: no buildah was found in PATH
        hint: apt-get install buildah, or leave --engine out: Drydock needs no other builder

        """),
    Refusal(
      name: "no podman", engine: "podman", status: 4,
      errors: """
        error: --engine podman: no podman was found in PATH
        hint: apt-get install podman, or leave --engine out: Drydock needs no other builder

        """),
    Refusal(
      name: "no address", engine: "buildkit", status: 2,
      errors: """
        error: --engine buildkit needs the address of a daemon
        hint: give --engine-address tcp://HOST:PORT, unix://SOCKET, docker-container://NAME or kube-pod://POD, or set BUILDKIT_HOST

        """),
    Refusal(
      name: "an address of no form", words: ["--engine-address", "host:1"], engine: "buildkit", status: 2,
      errors: """
        error: 'host:1' is no address of a daemon, expected tcp://…, unix://…, ssh://…, docker-container://…, \
        podman-container://…, nerdctl-container://… or kube-pod://…

        """),
    Refusal(
      name: "neither buildctl nor buildx", programs: docker("24.0.1", "24.0.1"),
      words: ["--engine-address", "tcp://h:1"], engine: "buildkit", status: 4,
      errors: """
        error: --engine buildkit: no buildctl or docker buildx was found in PATH
        hint: install buildctl of a BuildKit release, or docker with its component buildx; Debian 12 has neither

        """),
    Refusal(
      name: "a buildkitd that does not answer", programs: [("buildctl", "echo 'error: no route' >&2; exit 1\n")],
      words: ["--engine-address", "tcp://h:1"], engine: "buildkit", status: 3,
      errors: """
        error: buildkit does not answer at tcp://h:1: 'buildctl debug workers' said: error: no route
        hint: see that buildkitd runs there and that this machine may reach it

        """),
    Refusal(
      name: "a daemon that does not answer",
      programs: [("docker", "echo '{\"Client\":{\"Version\":\"20.10.24\"}}'; echo 'Cannot connect' >&2; exit 1\n")],
      engine: "docker", status: 4,
      errors: """
        error: docker does not answer: 'docker version' said: Cannot connect
        hint: start dockerd, or name another daemon with --engine-address or DOCKER_HOST

        """),
    Refusal(
      name: "an old daemon", programs: docker("20.10.24", "19.03.8"), engine: "docker", status: 4,
      errors: "error: docker 19.03.8 is too old, 20.10 or newer is needed\n"),
    Refusal(
      name: "a client without BuildKit", programs: docker("24.0.1", "20.10.24+dfsg1"), engine: "docker", status: 4,
      errors: """
        error: DIR/work/bin/docker 24.0.1 builds with BuildKit only through its component buildx, which is not installed
        hint: install buildx (Docker's packages call it docker-buildx-plugin), or a client before 23.0

        """),
    Refusal(
      name: "an old buildah", programs: [("buildah", "echo buildah version 1.19.6 '(image-spec 1.0)'\n")],
      engine: "buildah", status: 4, errors: "error: buildah 1.19.6 is too old, 1.26 or newer is needed\n"),
    Refusal(
      name: "a buildah of no version", programs: [("buildah", "echo hello\n")], engine: "buildah", status: 4,
      errors: "error: buildah does not tell its version: hello\n"),
    Refusal(
      name: "an address for who has none", words: ["--engine-address", "tcp://h:1"], engine: "podman", status: 2,
      errors: "error: --engine-address: podman works on this machine, without a daemon\n"),
    Refusal(
      name: "options that docker lacks", programs: docker("20.10.24", "20.10.24"),
      words: ["--memory", "1g", "--cache-to", "type=local,dest=k"], engine: "docker", status: 2,
      errors: """
        error: --memory: BuildKit has no limit for a single command
        --cache-to: docker 20.10.24 without buildx has none
        hint: leave it out, or build with Drydock's own engine

        """),
    Refusal(
      name: "what is Drydock's own", words: ["--reproduce"], engine: "podman", status: 2,
      errors: """
        error: --reproduce is for Drydock's own engine: another builder does nothing like it
        hint: leave it out, or leave out --engine podman

        """),
    Refusal(
      name: "certificates for nobody", words: ["--engine-certificates", "t"], engine: "docker", status: 2,
      errors: "--engine-certificates are those for --engine buildkit"),
  ]

  @Test(arguments: refusals) func `is refused before anything runs`(_ test: Refusal) async throws {
    let fixture = try ProgramFixture(Self.dockerfile)
    for (name, script) in test.programs { try program(name, script, fixture) }
    let outcome = try await run(fixture, ["build", "app", "--engine", test.engine] + test.words)
    #expect(outcome.status == test.status, "\(outcome)")
    #expect(
      test.errors.hasPrefix("error:") ? outcome.errors == test.errors : outcome.errors.contains(test.errors),
      "\(outcome)")
    #expect(outcome.output.isEmpty)
    #expect(!Files.exists(fixture.work + "/ran"))
  }

  @Test func `a fault of the language is told with its place before anybody is started`() async throws {
    let fixture = try ProgramFixture(["app/Dockerfile": "FROM scratch\nCOPY <<END /a\nb\n"])
    _ = try await buildctl(fixture)
    let outcome = try await run(fixture, ["build", "app", "--engine=buildkit", "--engine-address=unix:///s"])
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.hasPrefix("error: app/Dockerfile:2:"), "\(outcome)")
  }

  @Test func `a failing build shows the engine's last words`() async throws {
    let fixture = try ProgramFixture(Self.dockerfile)
    try program(
      "podman", "[ $1 = --version ] && echo podman version 4.3.1 && exit\necho one; echo 'two: no' >&2; exit 125\n",
      fixture)
    let outcome = try await run(fixture, ["build", "app", "--engine", "podman"])
    #expect(
      outcome
        == .init(
          2,
          errors: """
            error: podman failed: 'DIR/work/bin/podman build' ended with exit code 125
            one
            two: no

            """))
  }

  @Test(arguments: [SIGINT, SIGTERM]) func `an interrupt is the engine's, and nothing is left`(_ signal: Int32)
    async throws
  {
    let fixture = try ProgramFixture(Self.dockerfile)
    try program(
      "podman",
      """
      [ "$1" = --version ] && echo podman version 4.3.1 && exit
      trap 'echo told >> told; exit 3' INT TERM
      : > started
      for i in 0 1 2 3 4 5 6 7 8 9; do sleep 60 & wait $!; done

      """, fixture)
    let pidFile = fixture.work + "/pid"
    async let running = run(
      fixture, ["build", "app", "--engine", "podman"], "sh", "-c", "echo $$ > \(pidFile); exec \"$@\"", "sh")
    for _ in 0..<6000 where !Files.exists(fixture.work + "/started") { try await Task.sleep(for: .milliseconds(10)) }
    let process = try #require(pid_t(try Files.text(pidFile).filter { $0 != "\n" }))
    kill(process, signal)
    let outcome = try await running
    #expect(outcome == .init(4, errors: "error: interrupted\n"))
    #expect(try Files.text(fixture.work + "/told") == "told\n")
    #expect(try Files.list(fixture.cache + "/work").isEmpty)
  }
}
