import ArgumentParser
import Building
import Host
import JSON
import OCI
import Registry
import Resolution

/// `drydock vendor`: keeps every locked file in a folder.
struct Vendor: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "vendor",
    abstract: "Copy every file that a lock names into a folder, to build from it without a network.",
    discussion: """
      Of every platform that the lock is for: Debian packages, wheels, source distributions with what builds them, what only
      tests need, the base image and the runtime: verified on the way in and again on the way out. A folder that was left
      half done goes on where it was.

      Of a folder with a Dockerfile: the images that it begins with or copies from, the files of ADD, and what its
      Dockerfile.lock says that commands fetched. It is built for that, with the same options as by 'drydock build'.

      EXAMPLES
        drydock vendor images/spark-athena vendored
        drydock build images/spark-athena --vendor vendored    a year later, on a train
        sha256sum --check SHA256SUMS                           in the folder, with no tool of ours
        drydock vendor . vendored --platform linux/amd64,linux/arm64
        drydock build . --vendor vendored --platform linux/amd64,linux/arm64
      """)

  @Argument(help: "A folder with an image.yaml and a drydock.lock, or the context of a Dockerfile.")
  var image: String

  @Argument(help: "The folder to write; made if it does not exist.")
  var folder: String

  @OptionGroup(title: "Dockerfile") var dockerfile: DockerfileBuildOptions
  @OptionGroup var registry: RegistryOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    if let path = try dockerfile.path(in: image) { return try await vendor(path, progress) }
    let workplace = try Workplace(progress: progress.progress)
    let source = try ImageFolder(image)
    let spec = try source.spec()
    let lock = try source.lock(for: spec)
    let target = VendoredFolder(folder, cache: workplace.cache, progress: workplace.progress)
    try target.requireOwn()
    let binaries = spec.hasRuntime ? try lock.platforms.map { try runtime.binary(for: $0) } : []
    for lock in lock.locks {
      if let base = lock.base { try await copyBase(base, to: target, lock.platform, workplace) }
    }
    let summary = try await target.write(
      lock, of: spec, from: try workplace.sources(of: lock.first), runtimes: binaries)
    report(summary, progress)
  }

  /// Builds a Dockerfile, and keeps what that took from elsewhere.
  private func vendor(_ path: String, _ progress: ProgressLine) async throws {
    for (isUsed, option) in [
      (dockerfile.record, "--record"), (!dockerfile.tag.isEmpty, "--tag"), (dockerfile.iidfile != nil, "--iidfile"),
      (!dockerfile.cacheTo.isEmpty, "--cache-to"), (dockerfile.givesNetwork, "--allow-network"),
      (dockerfile.metadataFile != nil, "--metadata-file"),
      (runtime.vendor != nil, "--vendor"),
    ] where isUsed {
      throw Failure(
        .badInput, "\(option) is for 'drydock build'",
        hint: option == "--allow-network" ? "what commands get without --record can't be kept" : nil)
    }
    let cache = try BuildCache(path: Environment["DRYDOCK_CACHE"])
    let target = try VendoredSources(folder, cache: cache, progress: progress.progress)
    try target.requireOwn()
    let call = DockerfileCall(
      context: image, path: path, dockerfile: dockerfile, cache: cache, copier: try registry.copier(progress),
      output: output, progress: progress.progress)
    let summary = try await call.located {
      let (build, _, platforms) = try await call.prepare()
      var sources = DockerfileSources()
      for result in try await build.build(for: platforms) { sources.formUnion(result.sources) }
      try await build.gather(sources)
      return try await target.write(sources, lock: build.options.recorded)
    }
    report(summary, progress)
  }

  private func report(_ summary: VendoredFolder.Summary, _ progress: ProgressLine) {
    progress.clear()
    output.print(
      text:
        "\(folder): \(summary.files) files, \(ByteCount.text(summary.size)), \(summary.kept) of them there before\n",
      json: .object([
        "path": .string(folder), "files": .integer(summary.files), "size": .integer(summary.size),
        "kept": .integer(summary.kept),
      ]))
  }

  /// The base's manifests and layers of one platform.
  private func copyBase(
    _ base: Lock.Base, to folder: VendoredFolder, _ platform: Platform, _ workplace: Workplace
  ) async throws {
    let name = try Reference(argument: base.reference)
    let pinned = try Reference(domain: name.domain, repository: name.repository, digest: base.digest)
    try Files.createDirectory(folder.path)
    let copier = try workplace.copier()
    try await copier.copy(
      .registry(pinned), to: .layout(path: folder.basePath, tag: nil), ImageCopier.Selection(platform: platform))
    // The digest in the lock may be that of an index, which vouches for the platform's manifest.
    let root = try await copier.manifest(of: .registry(pinned))
    let blobs = "\(folder.basePath)/blobs/sha256"
    try Files.createDirectory(blobs)
    try Files.write(root.bytes, to: "\(blobs)/\(root.descriptor.digest.hex)")
  }
}
