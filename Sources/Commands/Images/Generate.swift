import ArgumentParser
import Building
import Dockerfiles
import Host
import JSON
import Resolution

/// `drydock generate`: writes what is derived from the lock.
struct Generate: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    abstract: "Write the Dockerfile and the hashed requirements that a lock amounts to.",
    discussion: """
      With --context also everything that the Dockerfile needs is gathered, so that 'docker build --network none' of that
      folder builds the image.

      EXAMPLES
        drydock generate images/spark-athena
        drydock generate images/spark-athena --check
        drydock generate images/spark-athena --context out/context
      """)

  @Argument(help: "A folder with an image.yaml and a drydock.lock.")
  var image: String

  @Flag(help: "Write nothing; fail if a generated file is missing or stale.")
  var check = false

  @Option(help: ArgumentHelp("Gather the files of a build into this new folder.", valueName: "dir"))
  var context: String?

  /// For a build by another engine, which changes nothing in the folder.
  @Flag(help: .hidden)
  var contextOnly = false

  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if check, context != nil { throw ValidationError("--check writes nothing, --context a folder: give one of them") }
  }

  func execute(_ progress: ProgressLine) async throws {
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    let files = GeneratedFiles(plan: ImagePlan(spec: spec, lock: try folder.lock(for: spec)))
    let stale = contextOnly ? [] : try files.stale(in: folder)
    if check {
      output.print(
        text: stale.map { "\($0): stale, run 'drydock generate \(folder.path)'\n" }.joined(),
        json: .object(["stale": .strings(stale)]))
      if !stale.isEmpty { throw Verdict.gateFailed }
      return
    }
    try files.write(to: folder, stale)
    var text = files.paths(in: folder).map { "\($0): \(stale.contains($0) ? "written" : "unchanged")\n" }.joined()
    var gathering: JSONValue?
    if let context {
      let gathered = try await gather(folder, into: context, progress.progress)
      text += "\(context): \(gathered.files) files, \(ByteCount.text(gathered.size))\n"
      gathering = .object([
        "path": .string(context), "files": .integer(gathered.files), "size": .integer(gathered.size),
      ])
    }
    progress.clear()
    output.print(text: text, json: .object(["written": .strings(stale), "context": gathering]))
  }

  private func gather(
    _ folder: ImageFolder, into directory: String, _ progress: Progress
  ) async throws -> (files: Int, size: Int) {
    guard !Files.exists(directory) else {
      throw Failure(.badInput, "\(directory) exists", hint: "a build context is gathered only into a new folder")
    }
    let workplace = try Workplace(progress: progress)
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    let context = try await build.context()
    return try await progress.during("write \(directory)") { try await context.write(to: directory) }
  }
}

/// The generated files of an image by name.
struct GeneratedFiles {
  private let contents: [(name: String, text: String)]

  init(plan: ImagePlan) {
    var contents = [(ImageFolder.dockerfileName, DockerfileGenerator(plan: plan).text)]
    if plan.lock.python != nil {
      contents.append((ImageFolder.requirementsName, RequirementsFile(lock: plan.lock).text))
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
