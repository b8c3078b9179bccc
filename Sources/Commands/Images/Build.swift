import ArgumentParser
import Building
import Dockerfiles
import Host
import Images
import JSON
import OCI
import Registry
import Resolution

/// `drydock build`: builds an image from its lock, or from a Dockerfile.
struct Build: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Build an image from its lock or from a Dockerfile, without a daemon.",
    discussion: """
      The same lock gives the same bytes, wherever and whenever it is built. Several -o may be given; without one, the
      image is only kept in Drydock's store.

      A lock for several platforms gives an index of all their images, or of those that --platform names. Packages' own
      scripts and interpreters run while an image is built; those of another processor need its emulation here
      (qemu-user-static), which is found out before anything else is done.

      A folder without an image.yaml is built from its Dockerfile, as 'docker build' would, but for this: commands have
      no network unless it is allowed, all times are SOURCE_DATE_EPOCH (1980-01-01 if that is not set), and what commands
      leave by the way (logs, package lists, caches of pip, backups) is no part of a layer.

      With --record, commands read from the network through a proxy, and what they got is pinned in Dockerfile.lock beside
      the Dockerfile. From then on they get the same again, from the store or by its hash, and nothing else.

      With --reproduce the image is built a second time: from a copy of the folder at another path, with other times and
      owners of its files, made in another order; with nothing kept but downloads; in another second, under another time zone,
      language and umask; among other users, who are those of a user namespace; with its stages one by one, the last one
      first. Each difference is explained down to the byte and the step that made it.

      Layers are compressed with gzip whose bytes never change with a library. --compression zstd makes smaller ones, whose
      bytes are those of this machine's libzstd; stored gzip (level 0) and uncompressed layers are BuildKit's to the byte.
      Layers of a base stay as they are.

      Another engine builds the same plan: --engine docker (a daemon with BuildKit), buildah, podman, or buildkit (a
      buildkitd somewhere else, by buildctl or docker buildx). It gets the same files and Dockerfile, the base of a lock out
      of Drydock's store, and the image comes back for all -o. Times and layers are then the engine's.

      EXAMPLES
        drydock build images/spark-athena -o oci:out/spark-athena:latest
        drydock build images/spark-athena -o docker-archive:spark.tar:spark-athena:1.0
        drydock build images/spark-athena -o out/root
        drydock build images/spark-athena -t spark-athena:1 -o docker://example.com/team/spark-athena:1
        drydock build images/spark-athena --platform linux/arm64 -o oci:out/arm    of a lock for several, this one
        drydock build images/spark-athena --reproduce --provenance provenance.json
        drydock build . -t app:1 --build-arg VERSION=1.2 -o docker-archive:app.tar
        drydock build . --record
        drydock build . --platform linux/amd64,linux/arm64 -o docker://example.com/app:1
        drydock build -f docker/Dockerfile --target test --secret id=token,src=token.txt .
        drydock build images/spark-athena --engine buildah -o oci:out/spark-athena:latest
        drydock build . --engine buildkit --engine-address tcp://buildkitd:1234 -o docker://example.com/app:1
        drydock build . --cache-from docker://example.com/app:cache --cache-to docker://example.com/app:cache
      """)

  @Argument(help: "A folder with an image.yaml and a drydock.lock, or the context of a Dockerfile.")
  var image: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Write it as oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], docker://NAME[:TAG], a form of docker build (type=oci,dest=FILE) or unpacked into a new folder.",
      valueName: "dest"))
  var destinations: [String] = []

  @Flag(help: "Push it under each of its names (-t).")
  var push = false

  @Flag(help: "Hand it to the Docker daemon under each of its names (-t).")
  var load = false

  @Flag(help: "Replace locked files that no source has any longer by their successors, and say so.")
  var repinMissing = false

  @Flag(help: "Build twice, apart, and explain each difference; the exit code is 1 if there is one.")
  var reproduce = false

  @Option(
    help: ArgumentHelp("Write what the image was built from into this file, as a SLSA statement.", valueName: "file"))
  var provenance: String?

  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup var layers: CompressionOptions
  @OptionGroup(title: "Dockerfile") var dockerfile: DockerfileBuildOptions
  @OptionGroup var registry: RegistryOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let path = try dockerfile.path(in: image)
    if engine.engine != .drydock { return try await buildElsewhere(path, progress) }
    if let path { return try await buildDockerfile(path, progress) }
    let (places, names) = (try places(), try names())
    let workplace = try Workplace(progress: progress.progress)
    let folder = try ImageFolder(image)
    let build = ImageBuild(
      folder: folder, workplace: workplace, runtime: runtime, output: output,
      compression: try layers.compression())
    let all = try folder.lockIfPresent()?.platforms ?? folder.spec().platforms
    let named = dockerfile.platform.isEmpty ? nil : try dockerfile.platforms()
    let isIndex = (named ?? all).count > 1
    let results = try await build.build(named.map(PlatformChoice.named) ?? .all, repinningMissing: repinMissing)
    let result = results[0]
    let writer = try ImageWriter(registry.copier(progress), workplace.cache)
    let name = result.plan.spec.name
    let images = results.map { (platform: $0.plan.spec.platform, image: $0.built.image) }
    var digest = result.built.image.digest
    if isIndex {
      digest = try await deliverIndex(images, to: places.map { $0.tagged(with: name) }, names, writer)
    } else {
      try await deliver(result.built.image, to: places, names, writer, fallback: "\(name):latest")
    }
    try write(
      Provenance(
        results.map { ($0.plan, $0.built.image) }, image: digest, compression: result.built.compression,
        builtBy: Drydock.version))
    let first = Reproduction.Built(digest: digest, images: isIndex ? images : images.map { (nil, $0.image) })
    let second = reproduce ? try await self.second(first, results, folder, workplace) : nil
    progress.clear()
    output.print(
      text: (isIndex ? Self.text(results, digest) : Self.text(result)) + (second?.text ?? ""),
      json: isIndex ? Self.json(results, digest, second) : Self.json(result, second))
    if let second, !second.isSame { throw Verdict.gateFailed }
  }

  /// Writes the statement, if it is wanted.
  func write(_ statement: @autoclosure () throws -> Provenance) throws {
    if let provenance { try Files.write(try statement().statement.canonicalText, to: provenance) }
  }

  private func second(
    _ first: Reproduction.Built, _ results: [ImageBuild.Result], _ folder: ImageFolder, _ workplace: Workplace
  ) async throws -> Reproduction.Outcome {
    let plans = results.map(\.plan)
    var options = ["--format=json", "--quiet"] + layers.repeated
    options.append("--platform=\(plans.map(\.spec.platform.description).joined(separator: ","))")
    for plan in plans where plan.spec.hasRuntime {
      let binary = try runtime.binary(for: plan.spec.platform)
      options.append("--runtime=\(plan.spec.platform)=\(Path.absolute(binary.path))")
    }
    let reproduction = Reproduction(folder: folder.path, cache: workplace.cache, progress: workplace.progress)
    return try await reproduction.run(first) { cache in
      // The base is in the store, which both builds share; the other one has to know that.
      let bases = BaseImages(cache: cache) { try RegistryConfiguration(environment: Environment.all) }
      for plan in plans {
        if let base = plan.lock.base { try bases.adopt(base, platform: plan.spec.platform) }
      }
    } words: { [options] in
      ["build", $0] + options
    }
  }

  static func text(_ result: ImageBuild.Result) -> String {
    var table = Table(["LAYER", "SIZE", "UNPACKED"], rightAligned: [1, 2])
    for layer in result.built.layers {
      table.add(layer.name, ByteCount.text(layer.size), layer.plainSize.map(ByteCount.text) ?? "-")
    }
    return table.text + "\(result.built.image.digest)\n"
  }

  static func json(_ result: ImageBuild.Result, _ second: Reproduction.Outcome? = nil) -> JSONValue {
    .object([
      "apart": Reproduction.apart, "reproduced": second?.json,
      "name": .string(result.plan.spec.name), "digest": .string(result.built.image.digest.description),
      "layers": .array(
        zip(result.built.layers, result.built.image.layers).map { summary, layer in
          .object([
            "name": .string(summary.name), "digest": .string(layer.descriptor.digest.description),
            "diffID": .string(layer.diffID.description), "size": .integer(summary.size),
            "unpacked": summary.plainSize.map { .integer($0) },
          ])
        }),
      "notes": result.built.notes.isEmpty ? nil : .strings(result.built.notes),
    ])
  }
}
