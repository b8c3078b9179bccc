import Building
import Dockerfiles
import HTTP
import Host
import Images
import JSON
import Layers
import OCI
import Recording
import Registry
import Sandbox

extension Build {
  /// Builds a Dockerfile and puts the image where it is wanted.
  func buildDockerfile(_ path: String, _ progress: ProgressLine) async throws {
    let places = try places()
    let names = try names()
    let exports = try dockerfile.cacheTo.map(Self.cachePlace)
    let cache = try BuildCache(path: Environment["DRYDOCK_CACHE"])
    let copier = try registry.copier(progress)
    let writer = try ImageWriter(copier, cache)
    let call = DockerfileCall(
      context: image, path: path, dockerfile: dockerfile, compression: try layers.compression(), vendor: runtime.vendor,
      cache: cache, copier: copier, output: output, progress: progress.progress)
    var origin: (file: [UInt8], context: Digest, options: DockerfileOptions)?
    let results = try await call.located {
      let (build, bytes, platforms) = try await call.prepare()
      let results = zip(platforms, try await build.build(for: platforms)).map { (platform: $0, result: $1) }
      let recorded = results[0].result.recorded
      if build.options.recordsNetwork, recorded != build.options.recorded {
        try Files.write(recorded.text, to: call.lockPath)
      }
      let replaying = build.replaying(recorded)
      try await replaying.exportCache(for: platforms, to: exports)
      if provenance != nil { origin = (bytes, try await build.contextDigest(), replaying.options) }
      return results
    }
    let isIndex = results.count > 1
    let images = results.map { (platform: $0.platform, image: $0.result.image) }
    var digest = images[0].image.digest
    if isIndex {
      digest = try await deliverIndex(images, to: places, names, writer)
    } else {
      try await deliver(images[0].image, to: places, names, writer)
    }
    if let origin {
      try write(
        Provenance(
          results, image: digest, origin.options, names: names.map(\.description), file: origin.file,
          context: origin.context, builtBy: Drydock.version))
    }
    let first = Reproduction.Built(digest: digest, images: isIndex ? images : images.map { (nil, $0.image) })
    let second = reproduce ? try await self.second(first, path, cache, progress.progress) : nil
    progress.clear()
    let text = output.quiet ? "\(digest)\n" : isIndex ? Self.text(results, digest) : Self.text(results[0].result)
    output.print(
      text: text + (second?.text ?? ""),
      json: isIndex ? Self.json(results, digest, second) : Self.json(results[0].result, second))
    if let second, !second.isSame { throw Verdict.gateFailed }
  }

  private func second(
    _ first: Reproduction.Built, _ path: String, _ cache: BuildCache, _ progress: Progress
  ) async throws -> Reproduction.Outcome {
    let (context, file) = (Path.absolute(image), Path.absolute(path))
    return try await Reproduction(folder: image, cache: cache, progress: progress).run(first) { folder in
      // With what lies beside it and bears its name, where all that is a part of the folder.
      let file = file.hasPrefix(context + "/") ? folder + file.dropFirst(context.count) : file
      return ["build", folder, "--file=\(file)", "--format=json", "--quiet"] + dockerfile.repeated + layers.repeated
        + (runtime.vendor.map { ["--vendor=\(Path.absolute($0))"] } ?? [])
    }
  }

  /// Keeps an image under its names and puts it where it is wanted.
  ///
  /// - Parameter fallback: Its name in an archive for `docker load`, where nothing else says one.
  func deliver(
    _ image: Image, to places: [ImagePlace], _ names: [Reference], _ writer: ImageWriter, fallback: String? = nil
  ) async throws {
    try writer.name(image.descriptor(), names)
    for place in places { try await writer.write(image, to: place, name: dockerfile.tag.first ?? fallback) }
    try writeResult(image.descriptor(), config: image.manifest.config.digest, names)
  }

  /// Writes the digest and the metadata to the files that were asked for.
  func writeResult(_ descriptor: Descriptor, config: Digest?, _ names: [Reference]) throws {
    if let file = dockerfile.iidfile { try Files.write("\(descriptor.digest)", to: file) }
    guard let file = dockerfile.metadataFile else { return }
    let metadata = JSONValue.object([
      "containerimage.config.digest": config.map { .string($0.description) },
      "containerimage.descriptor": descriptor.json, "containerimage.digest": .string(descriptor.digest.description),
      "image.name": names.isEmpty ? nil : .string(names.map(\.description).joined(separator: ",")),
    ])
    try Files.write(metadata.text(.pretty) + "\n", to: file)
  }

  /// The names under which the store keeps the image.
  func names() throws -> [Reference] { try dockerfile.tag.map { try Reference(argument: $0) } }

  /// Where the image goes, checked before anything is built.
  func places() throws -> [ImagePlace] {
    guard !dockerfile.tag.isEmpty || !push && !load else {
      throw Failure(
        .badInput, "\(push ? "--push" : "--load") needs a name for the image",
        hint: "name it with -t, or write -o docker://NAME")
    }
    let pushed = push ? try names().map { ImagePlace.registry($0) } : []
    let loaded = load ? try names().map { try ImagePlace(parsing: "docker-daemon:\($0.familiar)") } : []
    return try destinations.map(ImageWriter.place) + pushed + loaded
  }

  /// A place of a cache: the forms of `drydock copy`, those of `docker buildx`, or a folder.
  static func cachePlace(_ text: String) throws -> ImagePlace {
    if let schemed = try? ImagePlace(parsing: text) { return schemed }
    var fields: [String: String] = [:]
    for field in text.split(separator: ",") {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    switch fields["type"] {
    case "registry":
      if let name = fields["ref"] { return try ImagePlace(parsing: "docker://\(name)") }
    case "local":
      if let path = fields["dest"] ?? fields["src"] { return .layout(path: path, tag: "cache") }
    case nil where !text.isEmpty && !text.contains("="): return .layout(path: text, tag: "cache")
    default: break
    }
    throw Failure(.badInput, "'\(text)' is no place of a cache", hint: "type=local,dest=DIR or type=registry,ref=NAME")
  }

  static func text(_ result: DockerfileBuild.Result) -> String {
    var table = Table(["STEP", "SIZE", "INSTRUCTION"], rightAligned: [1])
    for step in result.steps {
      let text = step.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      table.add(
        "\(step.stage):\(step.position.line)" + (step.isCached ? " (cached)" : ""),
        step.layer == nil ? "-" : ByteCount.text(step.size), text.count > 72 ? text.prefix(71) + "…" : text)
    }
    return (result.steps.isEmpty ? "" : table.text) + "\(result.image.digest)\n"
  }

  static func json(_ result: DockerfileBuild.Result, _ second: Reproduction.Outcome? = nil) -> JSONValue {
    .object([
      "apart": Reproduction.apart, "reproduced": second?.json,
      "digest": .string(result.image.digest.description),
      "layers": .array(
        result.image.layers.map { layer in
          .object([
            "diffID": .string(layer.diffID.description), "digest": .string(layer.descriptor.digest.description),
            "size": .integer(layer.descriptor.size),
          ])
        }),
      "steps": .array(
        result.steps.map { step in
          .object([
            "cached": .bool(step.isCached), "instruction": .string(step.text),
            "layer": step.layer.map { .string($0.description) }, "line": .integer(step.position.line),
            "size": .integer(step.size), "stage": .string(step.stage),
          ])
        }),
    ])
  }
}
