import Host
import TestSupport
import Testing

/// A Dockerfile of somebody else's, pinned by `drydock pin`, as Debian's Docker builds it.
@Suite(.serialized) struct PinnedDockerfileTests {
  private static func dockerfile(_ scene: PinnedDockerfileScene) -> String {
    """
    # An image as people write them.
    ARG TAG=3.11-bookworm
    FROM \(scene.base):${TAG}
    ENV APP=1

    # Tools of the distribution.
    RUN apt-get update \\
        && apt-get install -y --no-install-recommends \\
           tool \\
        && rm -rf /var/lib/apt/lists/*
    WORKDIR /srv
    COPY requirements.txt .
    RUN pip install --no-cache-dir -r requirements.txt
    CMD ["/bin/sh", "-c", "tool; python3 -c 'import alpha, beta; print(alpha.version, beta.version)'"]

    """
  }

  private func build(_ docker: DockerDaemon, _ scene: PinnedDockerfileScene, _ name: String) async throws
    -> Subprocess.Result
  {
    try await docker.run("build", "--network", "host", "--no-cache", "--progress", "plain", "-t", name, scene.work)
  }

  @Test func `docker builds what was pinned, and goes on doing so when newer versions come`() async throws {
    let scene = try await PinnedDockerfileScene()
    defer { scene.stop() }
    let path = scene.work + "/Dockerfile"
    let text = Self.dockerfile(scene)
    try Files.write(text, to: path)
    try Files.write("alpha\n", to: scene.work + "/requirements.txt")
    let pinned = try await scene.drydock("pin", "Dockerfile")
    try #require(pinned.status == 0, "\(pinned.errorText)")
    #expect(pinned.errorText == "")
    let file = try Files.text(path)
    #expect(file.contains("       tool=1.2-3 \\\n"), "\(file)")
    #expect(file.contains("--require-hashes"))
    #expect(file.contains("@sha256:"))
    let docker = try await DockerDaemon(in: scene.directory.path + "/docker")
    do {
      // Newer versions are there by now.
      try await scene.publish(tool: "1.3-1")
      try await scene.publish(wheel: "beta", "2.1", needs: nil)
      let built = try await build(docker, scene, "pinned")
      try #require(built.status == 0, "\(built.errorText.suffix(4000))")
      #expect(try await docker.output("run", "--rm", "--network", "none", "pinned") == "tool 1.2-3\n1.0 2.0")
      // The file as it was takes what there is on the day.
      try Files.write(text, to: path)
      let loose = try await build(docker, scene, "loose")
      try #require(loose.status == 0, "\(loose.errorText.suffix(4000))")
      #expect(try await docker.output("run", "--rm", "--network", "none", "loose") == "tool 1.3-1\n1.0 2.1")
      // An index that serves another file under a pinned version's name ends the build.
      try Files.write(file, to: path)
      let wheel = scene.directory.path + "/served/files/beta-2.0-py3-none-any.whl"
      try Files.write(try Files.read(wheel) + [0], to: wheel)
      let tampered = try await build(docker, scene, "tampered")
      #expect(tampered.status != 0)
      #expect(
        tampered.errorText.contains("THESE PACKAGES DO NOT MATCH THE HASHES"), "\(tampered.errorText.suffix(2000))")
      try await docker.stop()
    } catch {
      try await docker.stop()
      throw error
    }
  }

  /// `ADD --checksum` is of BuildKit's frontend 1.6: Docker 20.10 refuses what it does not know, rather than to leave it out.
  @Test func `a checksum of ADD holds where the frontend knows it, and is refused where it does not`() async throws {
    let scene = try await PinnedDockerfileScene()
    defer { scene.stop() }
    let path = scene.work + "/Dockerfile"
    try Files.write(
      "FROM \(scene.base):3.11-bookworm\nADD \(scene.server.origin)/files/archive.bin /srv/\n", to: path)
    let pinned = try await scene.drydock("pin", "Dockerfile")
    try #require(pinned.status == 0, "\(pinned.errorText)")
    #expect(try Files.text(path).contains("ADD --checksum=sha256:"))
    let built = try await scene.drydock("build", ".", "-o", "root")
    try #require(built.status == 0, "\(built.errorText)")
    #expect(try Files.text(scene.work + "/root/srv/archive.bin") == "archive")
    let docker = try await DockerDaemon(in: scene.directory.path + "/docker")
    do {
      let refused = try await build(docker, scene, "refused")
      #expect(refused.status != 0)
      #expect(refused.errorText.lowercased().contains("unknown flag: checksum"), "\(refused.errorText.suffix(2000))")
      try await docker.stop()
    } catch {
      try await docker.stop()
      throw error
    }
  }
}
