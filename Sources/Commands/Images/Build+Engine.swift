import Building
import Dockerfiles
import Host
import Images
import JSON
import OCI
import Registry
import Resolution

extension Build {
  /// Has another engine build, and puts the image where it is wanted.
  ///
  /// - Parameter path: The Dockerfile, nil if a folder with a lock is meant.
  func buildElsewhere(_ path: String?, _ progress: ProgressLine) async throws {
    for (isUsed, option) in [
      (reproduce, "--reproduce"), (provenance != nil, "--provenance"), (repinMissing, "--repin-missing"),
      (dockerfile.record, "--record"),
    ] where isUsed {
      throw Failure(
        .badInput, "\(option) is for Drydock's own engine: another builder does nothing like it",
        hint: "leave it out, or leave out --engine \(engine.engine.rawValue)")
    }
    guard !dockerfile.record else {
      throw Failure(
        .badInput, "--record is for Drydock's own engine: commands of another one do not go by its proxy",
        hint: "--allow-network gives them the engine's network")
    }
    let client = try await engine.client()
    if output.verbose { output.note("engine: \(client.summary)") }
    let cache = try BuildCache(path: Environment["DRYDOCK_CACHE"])
    let work = try cache.workspace()
    if let path {
      try await buildDockerfile(path, by: client, cache, in: work.path, progress)
    } else {
      try await buildLock(by: client, cache, in: work.path, progress)
    }
  }

  // MARK: A lock

  /// Gathers the context that the generated Dockerfile needs, and has it built there.
  private func buildLock(
    by client: EngineClient, _ cache: BuildCache, in work: String, _ progress: ProgressLine
  ) async throws {
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    let plans = ImagePlans(spec: spec, lock: try folder.lock(for: spec))
    let choice = dockerfile.platform.isEmpty ? PlatformChoice.all : .named(try dockerfile.platforms())
    let chosen = try choice.plans(of: plans, in: folder)
    let (places, names) = (try places(), try names())
    let store = try ContentStore(at: cache.folder(.store))
    var builds: [(plan: ImagePlan, context: String, build: EngineBuild)] = []
    for plan in chosen {
      let place = "\(work)/\(plan.spec.platform.label)"
      try Files.createDirectory(place)
      let request = try await request(of: plan, in: place, store, progress)
      // What is refused is refused before anything is gathered.
      builds.append((plan, request.context, try engineBuild(client, request, store, place, progress)))
    }
    var built: [(platform: Platform, image: Image)] = []
    for (plan, context, build) in builds {
      try await progress.progress.during("gather the files of the build") {
        try await gather(plan.spec.platform, into: context)
      }
      built.append((plan.spec.platform, try await build.run()))
    }
    let writer = try ImageWriter(registry.copier(progress), cache)
    var digest = built[0].image.digest
    if built.count == 1 {
      try await deliver(built[0].image, to: places, names, writer, fallback: "\(spec.name):latest")
    } else {
      digest = try await deliverIndex(built, to: places.map { $0.tagged(with: spec.name) }, names, writer)
    }
    progress.clear()
    report(built, digest: digest, client)
  }

  /// What an engine is asked for one platform of a lock.
  private func request(
    of plan: ImagePlan, in work: String, _ store: ContentStore, _ progress: ProgressLine
  ) async throws -> EngineRequest {
    let context = "\(work)/context"
    var request = EngineRequest(
      context: context, dockerfile: "\(context)/\(DockerfileGenerator.Context.dockerfile)", epoch: plan.lock.date)
    request.platform = plan.spec.platform
    request.compression = try layers.compression()
    if let base = plan.lock.base {
      let image = try await Workplace(progress: progress.progress).bases.image(base, platform: plan.spec.platform)
      let handed = EngineRequest.Base(image.digest, store: store.root)
      request.base = handed
      request.dockerfile = "\(work)/Dockerfile"
      let generator = DockerfileGenerator(
        plan: plan, base: handed.name, baseUser: image.config.user ?? "")
      try Files.write(generator.text, to: request.dockerfile)
    }
    return request
  }

  /// Has `drydock generate` gather the context: it works on roots with files of several users, for which an ordinary user's
  /// process enters a namespace that the engine's programs must not be in.
  private func gather(_ platform: Platform, into context: String) async throws {
    let words =
      ["generate", image, "--context", context, "--context-only", "--platform=\(platform)", "--quiet"]
      + runtime.repeated()
    let result = try await Subprocess(Environment.executablePath, words).run()
    guard result.status == 0 else { throw Failure(repeating: result.errorText, status: result.status) }
  }

  // MARK: A Dockerfile

  private func buildDockerfile(
    _ path: String, by client: EngineClient, _ cache: BuildCache, in work: String, _ progress: ProgressLine
  ) async throws {
    guard Files.isDirectory(image) else { throw Failure(.badInput, "\(image) is no folder to build from") }
    if let faults = try Self.syntaxFault(path) { throw faults }
    let places = try places()
    let names = try names()
    let platforms = try dockerfile.platforms()
    var request = try dockerfile.request(context: Path.absolute(image), dockerfile: Path.absolute(path))
    request.compression = try layers.compression()
    let store = try ContentStore(at: cache.folder(.store))
    var built: [(platform: Platform, image: Image)] = []
    for platform in platforms {
      request.platform = platform
      // One name can't stand for several images in an engine; in Drydock's store it stands for their index.
      request.names = platforms.count == 1 ? dockerfile.tag : []
      built.append((platform, try await engineBuild(client, request, store, work, progress).run()))
    }
    let writer = try ImageWriter(registry.copier(progress), cache)
    var digest = built[0].image.digest
    if platforms.count == 1 {
      try await deliver(built[0].image, to: places, names, writer)
    } else {
      digest = try await deliverIndex(built, to: places, names, writer)
    }
    progress.clear()
    report(built, digest: digest, client)
  }

  /// What the language itself forbids is told with its place, as by Drydock's own engine.
  private static func syntaxFault(_ path: String) throws -> Failure? {
    let bytes = try Failure.reading(path) { path throws(SystemError) in try Files.read(path, limit: 16 << 20) }
    do {
      _ = try Dockerfile(parsing: bytes)
      return nil
    } catch {
      return Failure(.badInput, "\(path):\(error)", hint: error.hint)
    }
  }

  private func engineBuild(
    _ client: EngineClient, _ request: EngineRequest, _ store: ContentStore, _ work: String, _ progress: ProgressLine
  ) throws -> EngineBuild {
    try EngineBuild(client, request, store: store, work: work) { [output] line in
      if output.verbose { output.note("\(client.engine.rawValue) | \(line)") } else { progress.show(line) }
    }
  }

  private func report(_ built: [(platform: Platform, image: Image)], digest: Digest, _ client: EngineClient) {
    var text = ""
    var images: [JSONMember] = []
    for (platform, image) in built {
      var table = Table(["LAYER", "SIZE"], rightAligned: [1])
      for layer in image.layers { table.add("\(layer.descriptor.digest)", ByteCount.text(layer.descriptor.size)) }
      text += (built.count > 1 ? "\(platform)\n" : "") + table.text
      images.append(
        JSONMember(
          platform.description,
          .object([
            "digest": .string(image.digest.description),
            "layers": .array(
              image.layers.map { layer in
                .object([
                  "diffID": .string(layer.diffID.description), "digest": .string(layer.descriptor.digest.description),
                  "size": .integer(layer.descriptor.size),
                ])
              }),
          ])))
    }
    output.print(
      text: (output.quiet ? "" : text) + "\(digest)\n",
      json: .object([
        "digest": .string(digest.description),
        "engine": .object(["name": .string(client.engine.rawValue), "version": .string(client.version)]),
        "platforms": .object(images),
      ]))
  }
}

extension DockerfileBuildOptions {
  /// What these options ask of another engine.
  func request(context: String, dockerfile: String) throws -> EngineRequest {
    // Read for Drydock's own build too: what is wrong with them is wrong for everybody.
    let options = try options(context: context, dockerfile: dockerfile)
    for (option, isUsed) in [
      ("--no-cache-filter", !noCacheFilter.isEmpty), ("--add-host", !addHost.isEmpty), ("--shm-size", shmSize != nil),
    ]
    where isUsed {
      throw Failure(.badInput, "\(option) is for Drydock's own builder", hint: "leave it out, or leave out --engine")
    }
    var request = EngineRequest(context: context, dockerfile: dockerfile, epoch: options.epoch)
    request.target = target
    request.arguments = try settings(buildArg, "--build-arg", fromEnvironment: true)
    request.labels = try settings(label.map { $0.contains("=") ? $0 : $0 + "=" }, "--label")
    request.contexts = options.contexts.sorted { $0.key < $1.key }.map { name, place in
      EngineRequest.NamedContext(name, Self.place(place))
    }
    request.secrets = secret
    request.ssh = ssh
    request.cacheFrom = try cacheFrom.map { try Self.cache($0, "--cache-from") }
    request.cacheTo = try cacheTo.map { try Self.cache($0, "--cache-to") }
    request.usesCache = !noCache
    request.allowsNetwork = givesNetwork
    request.memoryLimit = options.memoryLimit
    return request
  }

  private func settings(
    _ texts: [String], _ option: String, fromEnvironment: Bool = false
  ) throws -> [EngineRequest.Setting] {
    try pairs(texts, option, fromEnvironment: fromEnvironment).sorted { $0.key < $1.key }.map {
      EngineRequest.Setting($0.key, $0.value)
    }
  }

  private static func place(_ context: DockerfileOptions.NamedContext) -> EngineRequest.NamedContext.Place {
    switch context {
    case .scratch: .image("scratch")
    case .folder(let path): .folder(path)
    case .image(.registry(let reference)): .image("\(reference)")
    case .image(.layout(let path, let tag)):
      .layout(path: Path.absolute(path), suffix: tag.map { ($0.hasPrefix("sha256:") ? "@" : ":") + $0 } ?? "")
    case .image(let place): .image("\(place)")
    }
  }

  private static func cache(_ text: String, _ option: String) throws -> EngineRequest.Cache {
    switch try Build.cachePlace(text) {
    case .registry(let reference): return .registry("\(reference)")
    case .layout(let path, _): return .folder(Path.absolute(path))
    default:
      throw Failure(
        .badInput, "\(option): '\(text)' is no place of an engine's cache",
        hint: "type=local,dest=DIR or type=registry,ref=NAME")
    }
  }
}
