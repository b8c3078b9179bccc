import ArgumentParser
import Building
import Dockerfiles
import Host
import JSON
import OCI
import Resolution

/// `drydock generate`: writes what is derived from the lock.
struct Generate: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write the Dockerfile and the hashed requirements that a lock amounts to.",
    discussion: """
      With --context also everything that the Dockerfile needs is gathered, so that 'docker build --network none' of that
      folder builds the image. With --bake there is a folder for each of several images, and a docker-bake.json that builds
      them all at once: 'cd DIR && docker buildx bake'. REGISTRY (with a slash at its end) and TAG in bake's environment make
      the names.

      A lock for several platforms has one Dockerfile, with a stage for each of them of which 'docker buildx build' takes the
      one that it builds for (TARGETARCH), and one requirements.txt with the hashes of all; its context has a folder for each.

      EXAMPLES
        drydock generate images/spark-athena
        drydock generate images/spark-athena --check
        drydock generate images/spark-athena --context out/context
        drydock generate images/* --context out/fleet --bake --cache-from type=registry,ref=example.com/cache:{name}
      """)

  @Argument(help: "Folders with an image.yaml and a drydock.lock; several are for --check and --bake.")
  var images: [String]

  @Flag(help: "Write nothing; fail if a generated file is missing or stale.")
  var check = false

  @Option(help: ArgumentHelp("Gather the files of a build into this new folder.", valueName: "dir"))
  var context: String?

  @Flag(help: "Write a docker-bake.json beside a context for each image.")
  var bake = false

  @Option(help: ArgumentHelp("A cache that bake reads; {name} is the image's name.", valueName: "place"))
  var cacheFrom: [String] = []

  @Option(help: ArgumentHelp("A cache that bake writes; {name} is the image's name.", valueName: "place"))
  var cacheTo: [String] = []

  /// For a build by another engine, which changes nothing in the folder.
  @Flag(help: .hidden)
  var contextOnly = false

  @Option(
    help: ArgumentHelp(
      "Of images for several platforms, gather the context of this one alone.", valueName: "os/arch"))
  var platform: String?

  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if bake, context == nil { throw ValidationError("--bake needs the folder for the contexts: --context DIR") }
    if !bake, !cacheFrom.isEmpty || !cacheTo.isEmpty {
      throw ValidationError("--cache-from and --cache-to are for the file of --bake")
    }
    if platform != nil, context == nil || bake {
      throw ValidationError(
        "--platform is for the folder of --context; the files beside image.yaml are about all platforms")
    }
    if images.count > 1, context != nil, !bake { throw ValidationError("several contexts need --bake") }
    if check, context != nil { throw ValidationError("--check writes nothing, --context a folder: give one of them") }
  }

  func execute(_ progress: ProgressLine) async throws {
    let folders = try images.map(ImageFolder.init)
    let plans = try folders.map { folder in
      let spec = try folder.spec()
      return ImagePlans(spec: spec, lock: try folder.lock(for: spec))
    }
    // Before anything is gathered.
    let bakeFile = try bakeFile(plans)
    var (stale, text) = ([String](), "")
    for (folder, plan) in zip(folders, plans) where !contextOnly {
      let files = GeneratedFiles(plans: plan)
      let old = try files.stale(in: folder)
      stale += old
      if check {
        text += old.map { "\($0): stale, run 'drydock generate \(folder.path)'\n" }.joined()
      } else {
        try files.write(to: folder, old)
        text += files.paths(in: folder).map { "\($0): \(old.contains($0) ? "written" : "unchanged")\n" }.joined()
      }
    }
    if check {
      output.print(text: text, json: .object(["stale": .strings(stale)]))
      if !stale.isEmpty { throw Verdict.gateFailed }
      return
    }
    var gathering: JSONValue?
    if let context {
      let gathered = try await gather(zip(folders, plans).map { $0 }, bakeFile, into: context, progress.progress)
      text += "\(context): \(gathered.files) files, \(ByteCount.text(gathered.size))\n"
      gathering = .object([
        "path": .string(context), "files": .integer(gathered.files), "size": .integer(gathered.size),
      ])
    }
    progress.clear()
    output.print(text: text, json: .object(["written": .strings(stale), "context": gathering]))
  }

  private func bakeFile(_ plans: [ImagePlans]) throws -> BakeFile? {
    guard bake else { return nil }
    do throws(BakeFile.Failure) { return try BakeFile(plans: plans, cacheFrom: cacheFrom, cacheTo: cacheTo) } catch {
      throw Failure(.badInput, error.description, hint: error.hint)
    }
  }

  /// Gathers one context in the directory, or one for each image in its folders, with the file for bake; it appears when it
  /// is whole.
  private func gather(
    _ images: [(folder: ImageFolder, plans: ImagePlans)], _ bakeFile: BakeFile?, into directory: String,
    _ progress: Progress
  ) async throws -> (files: Int, size: Int) {
    guard !Files.exists(directory) else {
      throw Failure(.badInput, "\(directory) exists", hint: "a build context is gathered only into a new folder")
    }
    guard let bakeFile else { return try await gather(images[0].folder, into: directory, progress) }
    let target = Path.absolute(directory)
    let work = try TemporaryDirectory(in: Path.parent(target), prefix: ".drydock-contexts")
    let fleet = work.path + "/fleet"
    try Files.createDirectory(fleet)
    var (files, size) = (1, bakeFile.text.utf8.count)
    for (folder, plans) in images {
      let gathered = try await gather(folder, into: "\(fleet)/\(plans.first.spec.name)", progress)
      files += gathered.files
      size += gathered.size
    }
    try Files.write(bakeFile.text, to: "\(fleet)/\(BakeFile.name)")
    try Files.rename(fleet, to: target)
    return (files, size)
  }

  private func gather(
    _ folder: ImageFolder, into directory: String, _ progress: Progress
  ) async throws -> (files: Int, size: Int) {
    let workplace = try Workplace(progress: progress)
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    let named = try platform.map { text in
      try Failure.argument("--platform") { () throws(Platform.ParseError) in try Platform(parsing: text) }
    }
    return try await build.writeContext(of: named, to: directory)
  }
}

/// The generated files of an image by name.
struct GeneratedFiles {
  private let contents: [(name: String, text: String)]

  init(plans: ImagePlans) {
    var contents = [(ImageFolder.dockerfileName, DockerfileGenerator.text(of: plans))]
    if plans.first.lock.python != nil {
      contents.append((ImageFolder.requirementsName, RequirementsFile(lock: plans.lock).text))
    }
    self.contents = contents
  }

  func paths(in folder: ImageFolder) -> [String] { contents.map { folder.file($0.name) } }

  /// The paths of those that are missing or say something else.
  func stale(in folder: ImageFolder) throws -> [String] {
    try contents.compactMap { name, text in
      let path = folder.file(name)
      guard Files.exists(path) else { return path }
      return try Files.text(path) == text ? nil : path
    }
  }

  func write(to folder: ImageFolder, _ paths: [String]) throws {
    for (name, text) in contents where paths.contains(folder.file(name)) {
      try Files.write(text, to: folder.file(name))
    }
  }
}
