import Host
import Images
import JSON
import Layers
import OCI
import TestSupport
import Testing

/// The same images by Drydock and by Debian's Docker, Buildah and Podman: the trees are equal.
@Suite(.serialized) struct EngineInteropTests {
  /// Where these versions leave the places of their mounts in a layer of `RUN`; later ones take them away again.
  private static let marks: Set<String> = [
    "dev", "proc", "sys", "etc", "etc/hosts", "etc/hostname", "etc/resolv.conf", "run", "run/secrets",
  ]
  /// What is left between Drydock and an engine, and why.
  private static let known: [String: [String]] = [
    // Docker's BuildKit makes the folder of a WORKDIR; Buildah leaves that to a RUN after it.
    "buildah": ["srv", "srv/work"], "podman": ["srv", "srv/work"],
  ]

  /// The folder of a test, which goes with the mounts that an engine's storage leaves in it when the engine is stopped.
  private final class Place: Sendable {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory(prefix: "drydock-engines") }

    deinit {
      let script = "awk '{print $5}' /proc/self/mountinfo | grep -F \"$0/\" | sort -r | xargs -r umount -l"
      _ = try? Subprocess("sh", ["-c", script, directory.path]).runBlocking()
    }
  }

  private let place: Place
  private let work: String

  init() throws {
    place = try Place()
    work = place.directory.path
    for name in ["home/.config/containers", "run"] { try Files.createDirectory("\(work)/\(name)") }
    try Files.write("{}", to: work + "/home/config.json")
    // Container storage of its own, gone with the test.
    try Files.write(
      "[storage]\ndriver = \"overlay\"\nrunroot = \"\(work)/run\"\ngraphroot = \"\(work)/containers\"\n",
      to: work + "/storage.conf")
  }

  private func drydock(_ words: [String], status: Int32 = 0) async throws -> Subprocess.Result {
    var environment = Environment.all
    environment["DRYDOCK_CACHE"] = work + "/cache"
    environment["HOME"] = work + "/home"
    environment["CONTAINERS_STORAGE_CONF"] = work + "/storage.conf"
    environment["DOCKER_HOST"] = "unix://\(work)/docker/socket"
    environment["DOCKER_CONFIG"] = work + "/home"
    // Debian's programs; a wrapper earlier in `PATH` would talk to another daemon.
    environment["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin"
    let result = try await Subprocess(
      BuiltProgram.path("drydock"), words, environment: environment, directory: work
    ).run()
    try #require(result.status == status, "\(words.joined(separator: " ")): \(result.errorText.suffix(4000))")
    return result
  }

  /// What is at each path, and what runs in the image.
  private func contents(_ name: String) throws -> [String: String] {
    let image = try OCILayout(at: "\(work)/\(name)").image()
    let root = "\(work)/root-\(name)"
    try Files.createDirectory(root)
    defer { try? Files.remove(root) }
    try image.unpack(into: root)
    var contents: [String: String] = [:]
    for node in try TreeScanner.scan(root).nodes where !Self.marks.contains(node.entry.path) {
      let entry = node.entry
      let text = entry.kind == .file ? String(decoding: try Files.read("\(root)/\(entry.path)"), as: UTF8.self) : ""
      contents[entry.path] =
        "\(entry.kind) \(String(entry.mode, radix: 8)) \(entry.uid):\(entry.gid) \(text.prefix(200))"
    }
    let config = image.config
    contents["environment"] = "\(config.environment)"
    contents["command"] = "\(config.entrypoint) \(config.command) \(config.user ?? "") \(config.workingDirectory ?? "")"
    contents["health"] = config.healthcheck.map { "\($0)" }
    contents["labels"] = "\(config.labels.filter { $0.key != "io.buildah.version" }.sorted { $0.key < $1.key })"
    contents["ports"] = "\(config.exposedPorts.sorted()) \(config.volumes.sorted()) \(config.stopSignal ?? "")"
    return contents
  }

  private func compare(_ engine: String, with own: [String: String]) throws {
    let theirs = try contents(engine)
    let different = Set(own.keys).union(theirs.keys).filter { own[$0] != theirs[$0] }
    for path in different.subtracting(Self.known[engine] ?? []).sorted() {
      #expect(own[path] == theirs[path], "\(engine), \(path)")
    }
  }

  private static let engines = ["docker", "buildah", "podman"]

  @Test func `a Dockerfile with its options is the same by every engine`() async throws {
    let context = work + "/context"
    try Files.createDirectory(context + "/d")
    for name in ["bin/busybox", "bin/sh"] {
      try Files.createDirectory("\(context)/\(Path.parent(name) ?? "")")
      let copied = try await Subprocess("cp", ["/bin/busybox", "\(context)/\(name)"]).run()
      try #require(copied.status == 0)
    }
    try Files.write("a", to: context + "/d/a")
    try Files.write("not here", to: context + "/ignored")
    try Files.write("ignored\n", to: context + "/.dockerignore")
    try Files.write("hidden", to: work + "/secret")
    try Files.write(
      """
      FROM scratch AS first
      COPY bin /bin
      ARG WORD=none
      ENV WORD=$WORD
      RUN --mount=type=secret,id=word busybox wc -c < /run/secrets/word > /length && echo $WORD > /word
      RUN busybox ip -o link | busybox wc -l > /links
      RUN busybox mkdir -m 1777 /tmp && busybox touch /tmp/x && busybox chown 3:4 /tmp/x
      FROM first AS wanted
      COPY --chown=5:6 d /d
      COPY . /all
      HEALTHCHECK --interval=5s --retries=2 CMD ["/bin/busybox", "true"]
      EXPOSE 80
      STOPSIGNAL SIGUSR1
      USER 7:8
      WORKDIR /srv/work
      ENTRYPOINT ["/bin/sh"]
      FROM scratch
      COPY d/a /unwanted
      """, to: context + "/Dockerfile")
    let words =
      ["build", context, "--target", "wanted", "--build-arg", "WORD=given", "--label", "l=1"]
      + ["--secret", "id=word,src=\(work)/secret"]
    _ = try await drydock(words + ["-o", "oci:own:t"])
    let own = try contents("own")
    #expect(own["word"]?.contains("given") == true)
    #expect(own["length"]?.contains("6") == true)
    #expect(own["all/ignored"] == nil)
    // No network but the way back to itself, whoever builds.
    #expect(own["links"]?.hasSuffix("1\n") == true, "\(own["links"] ?? "")")
    let docker = try await DockerDaemon(in: work + "/docker")
    do {
      for engine in Self.engines {
        _ = try await drydock(words + ["--engine", engine, "-o", "oci:\(engine):t", "-t", "team/app:1"])
        try compare(engine, with: own)
      }
      // The name is the engine's too.
      #expect(try await docker.output("image", "inspect", "--format", "{{.Config.User}}", "team/app:1") == "7:8")
      // As far as it goes: Buildah and Podman are told the times.
      _ = try await drydock(words + ["--engine", "buildah", "--no-cache", "-o", "oci:again:t"])
      #expect(
        try OCILayout(at: work + "/again").image().config.diffIDs
          == OCILayout(at: work + "/buildah").image().config.diffIDs)
      // What a command of the file does wrong is the file's fault, shown in the engine's words.
      try Files.write("FROM scratch\nCOPY bin /bin\nRUN echo said && exit 7\n", to: context + "/Dockerfile")
      for engine in Self.engines {
        let failed = try await drydock(["build", context, "--engine", engine], status: 2)
        #expect(failed.errorText.hasPrefix("error: \(engine) failed: "), "\(failed.errorText)")
        #expect(failed.errorText.contains("said"), "\(failed.errorText)")
      }
      let workspaces = try Files.list(work + "/cache/work")
      #expect(workspaces.isEmpty)
    } catch {
      try await docker.stop()
      throw error
    }
    try await docker.stop()
  }

  @Test func `a lock on a base that only a mirror has is the same by every engine`() async throws {
    let registry = try await DockerRegistry(in: work)
    defer { registry.stop() }
    try Files.write(
      "[[registry]]\nprefix = \"registry.example.com\"\nlocation = \"\(registry.domain)\"\ninsecure = true\n",
      to: work + "/home/.config/containers/registries.conf")
    let store = try ContentStore(at: work + "/base-store")
    var tree = LayerTree()
    try tree.addFile("etc/passwd", Array("root:x:0:0::/root:/bin/sh\nworker:x:7:7::/srv:/bin/sh\n".utf8))
    try tree.addFile("bin/sh", try Files.read("/bin/busybox"), mode: 0o755)
    try tree.addDirectory("srv", mode: 0o750)
    var config = ImageConfig(platform: .linuxAMD64)
    config.environment = ["PATH=/bin", "KEPT=base"]
    let base = try Image(config: config, layers: [try await store.add(tree, epoch: 0)], in: store)
    try OCILayout.write(base, to: work + "/base", tag: "1")
    _ = try await drydock(["copy", "oci:base:1", "docker://registry.example.com/team/base:1"])
    let folder = work + "/image"
    try Files.createDirectory(folder + "/data")
    try Files.write("content\n", to: folder + "/data/file")
    try Files.write(
      """
      version: 1
      name: sample
      runtime: false
      base:
        image: registry.example.com/team/base:1
      user:
        name: worker
      environment:
        ADDED: "yes"
      workdir: /srv/work
      healthcheck:
        test: [CMD, /bin/sh, -c, "true"]
      files:
        - from: data
          to: /opt/data
      """, to: folder + "/image.yaml")
    _ = try await drydock(["pin", folder])
    let before = try Files.list(folder).sorted()
    _ = try await drydock(["build", folder, "-o", "oci:own:t"])
    let own = try contents("own")
    // Nobody asks it any more: the base is in the store, and the engines get it from there.
    registry.stop()
    let docker = try await DockerDaemon(in: work + "/docker")
    do {
      for engine in Self.engines {
        _ = try await drydock(["build", folder, "--engine", engine, "-o", "oci:\(engine):t"])
        try compare(engine, with: own)
        _ = try await drydock(["build", folder, "--engine", engine, "-o", "docker-archive:\(engine).tar"])
        #expect(
          try ImageArchive.read("\(work)/\(engine).tar", name: "sample:latest", into: store).config.user == "worker")
      }
    } catch {
      try await docker.stop()
      throw error
    }
    try await docker.stop()
    #expect(try Files.list(folder).sorted() == before)
  }
}
