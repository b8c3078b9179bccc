import Building
import Host
import Images
import Layers
import OCI
import TestSupport
import Testing

/// Builds each Dockerfile of a table by the program and by Docker's BuildKit, and compares what came out.
@Suite(.serialized)
struct `Dockerfiles in Docker` {
  /// Where this version of Docker leaves the places of its mounts in a layer of `RUN`; later ones take them away again.
  private static let marks: Set<String> = ["dev", "proc", "sys", "etc", "etc/hosts", "etc/resolv.conf", "run", "m"]
  /// How many images are built at a time.
  private static let width = 4

  @Test func `the same Dockerfile gives the same files and the same configuration`() async throws {
    let directory = try TemporaryDirectory(prefix: "drydock-dockerfiles")
    let daemon = try await DockerDaemon(in: directory.path + "/docker")
    var failures = 0
    do {
      try await withThrowingTaskGroup(of: (String, [String]).self) { group in
        var waiting = DockerfileCase.all.enumerated().makeIterator()
        func startNext() {
          guard let (number, test) = waiting.next() else { return }
          group.addTask { (test.name, try await differences(test, in: "\(directory.path)/case-\(number)", daemon)) }
        }
        for _ in 0..<Self.width { startNext() }
        for try await (name, differences) in group {
          if !differences.isEmpty { failures += 1 }
          #expect(differences.isEmpty, "\(name):\n\(differences.joined(separator: "\n"))")
          startNext()
        }
      }
    } catch {
      try await daemon.stop()
      throw error
    }
    try await daemon.stop()
    print(
      "Dockerfiles built the same as by Docker: \(DockerfileCase.all.count - failures) of \(DockerfileCase.all.count)")
  }

  @concurrent private func differences(_ test: DockerfileCase, in work: String, _ daemon: DockerDaemon) async throws
    -> [String]
  {
    let context = work + "/context"
    try await test.write(to: context)
    let arguments = test.arguments.flatMap { ["--build-arg", $0] }
    var environment = Environment.all
    environment["DRYDOCK_CACHE"] = work + "/cache"
    defer { try? Files.remove(work) }
    let tag = Path.name(work)
    let ours = try await Subprocess(
      BuiltProgram.path("drydock"), ["build", context, "-q", "-o", "oci:\(work)/ours:t"] + arguments,
      environment: environment
    ).run()
    let theirs = try await daemon.run(
      ["build", "--network", "none", "--quiet", "--tag", tag, context] + arguments)
    if ours.status != 0 || theirs.status != 0 {
      return [
        "drydock: \(ours.status) \(ours.errorText.suffix(600))",
        "docker: \(theirs.status) \(theirs.errorText.suffix(600))",
      ]
    }
    _ = try await daemon.output("save", "--output", work + "/theirs.tar", tag)
    let store = try ContentStore(at: work + "/store")
    let mine = try OCILayout(at: work + "/ours").image()
    let other = try ImageReference.dockerArchive(path: work + "/theirs.tar", name: nil).image(store: store)
    return Self.compare(try Self.files(mine, work + "/root-1"), try Self.files(other, work + "/root-2"))
      + Self.compare(try Self.attributes(mine), try Self.attributes(other))
      + Self.compare(Self.configuration(mine.config), Self.configuration(other.config))
  }

  /// What is at each path: kind, mode, owner, target or content.
  private static func files(_ image: Image, _ root: String) throws -> [String: String] {
    try Files.createDirectory(root)
    try image.unpack(into: root)
    var files: [String: String] = [:]
    for node in try TreeScanner.scan(root).nodes {
      let entry = node.entry
      var text = "mode \(String(entry.mode, radix: 8)), owner \(entry.uid):\(entry.gid)"
      switch entry.kind {
      case .file:
        text += ", file " + String(decoding: try Files.read("\(root)/\(entry.path)"), as: UTF8.self).prefix(80)
      case .directory: text += ", directory"
      case .symbolicLink(let target): text += ", link to \(target)"
      case .hardLink(let target): text += ", the same as \(target)"
      default: text += ", \(entry.kind)"
      }
      if !marks.contains(entry.path) { files[entry.path] = text }
    }
    return files
  }

  /// The extended attributes that layers bring, by path.
  private static func attributes(_ image: Image) throws -> [String: String] {
    var attributes: [String: String] = [:]
    for layer in image.layers {
      let reader = try TarReader(path: layer.path)
      while let entry = try reader.next() {
        let names = entry.attributes.keys.sorted()
        attributes["attributes of \(entry.path)"] = names.isEmpty ? nil : "\(names)"
      }
    }
    return attributes
  }

  private static func configuration(_ config: ImageConfig) -> [String: String] {
    [
      "environment": "\(config.environment)", "entrypoint": "\(config.entrypoint)", "command": "\(config.command)",
      "directory": config.workingDirectory ?? "", "user": config.user ?? "", "volumes": "\(config.volumes.sorted())",
      "labels": "\(config.labels.sorted { $0.key < $1.key })", "ports": "\(config.exposedPorts.sorted())",
      "signal": config.stopSignal ?? "", "health": config.healthcheck.map { "\($0)" } ?? "",
      "triggers": "\(config.onBuild)", "shell": "\(config.shell)", "author": config.author ?? "",
      "platform": "\(config.platform)",
    ]
  }

  private static func compare(_ ours: [String: String], _ theirs: [String: String]) -> [String] {
    Set(ours.keys).union(theirs.keys).sorted().compactMap { name in
      ours[name] == theirs[name]
        ? nil : "  \(name): drydock \(ours[name] ?? "nothing"); docker \(theirs[name] ?? "nothing")"
    }
  }
}
