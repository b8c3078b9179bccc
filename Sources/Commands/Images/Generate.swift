import ArgumentParser
import Dockerfiles
import Host
import JSON
import Resolution

/// `drydock generate`: writes what is derived from the lock.
struct Generate: Command {
  static let configuration = CommandConfiguration(
    abstract: "Write the Dockerfile and the hashed requirements that a lock amounts to.",
    discussion: """
      EXAMPLES
        drydock generate images/spark-athena
        drydock generate images/spark-athena --check
      """)

  @Argument(help: "A folder with an image.yaml and a drydock.lock.")
  var image: String

  @Flag(help: "Write nothing; fail if a generated file is missing or stale.")
  var check = false

  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    let files = GeneratedFiles(plan: ImagePlan(spec: spec, lock: try folder.lock(for: spec)))
    let stale = try files.stale(in: folder)
    if check {
      output.print(
        text: stale.map { "\($0): stale, run 'drydock generate \(folder.path)'\n" }.joined(),
        json: .object(["stale": .strings(stale)]))
      if !stale.isEmpty { throw Verdict.gateFailed }
      return
    }
    try files.write(to: folder, stale)
    output.print(
      text: files.paths(in: folder).map { "\($0): \(stale.contains($0) ? "written" : "unchanged")\n" }.joined(),
      json: .object(["written": .strings(stale)]))
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
