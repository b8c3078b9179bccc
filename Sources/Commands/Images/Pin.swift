import ArgumentParser
import Building
import Dockerfiles
import Host
import JSON
import Resolution

/// `drydock pin`: resolves a specification, or a bare list of requirements.
struct Pin: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    commandName: "pin",
    abstract: "Resolve everything an image is made of and write its lock.",
    discussion: """
      An image for several platforms has one lock for all of them; a package that one of them lacks is named with it. Python
      packages have the same versions on all as far as their files allow.
      Pins that the lock has already are held as long as image.yaml allows it; --upgrade moves all of them, --only some.

      EXAMPLES
        drydock pin images/spark-athena
        drydock pin images/spark-athena --only pandas --only numpy
        drydock pin requirements.in --python 3.10 -o requirements.txt
        drydock pin pyproject.toml --universal --extra test -o pylock.toml
        drydock pin Dockerfile --diff
        drydock pin Dockerfile --platform linux/amd64 --platform linux/arm64
      """)

  @Argument(
    help: "A folder with an image.yaml, a Dockerfile, a file with a requirement on each line, or a pyproject.toml.")
  var image: String

  @Flag(help: "Let every pin move to the newest version that fits.")
  var upgrade = false

  @Option(help: ArgumentHelp("Let this package move; may be given several times.", valueName: "package"))
  var only: [String] = []

  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var sources: PythonSourceOptions
  @OptionGroup var list: RequirementListOptions
  @OptionGroup var dockerfile: DockerfilePinOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    if Files.isFile(image), DockerfilePinOptions.isDockerfile(image) {
      let workplace = try Workplace(
        progress: progress.progress, sources: sources.sources, strategy: sources.indexStrategy, alwaysAsks: upgrade)
      try await DockerfilePin(path: image, options: dockerfile, list: list, workplace: workplace).pin(output: output)
      return
    }
    if Files.isFile(image) {
      try await pinList(progress)
      return
    }
    guard Files.exists(image) else {
      throw Failure(
        .badInput, "\(image) does not exist", hint: "give a folder with an image.yaml, or a list of requirements")
    }
    let workplace = try Workplace(
      progress: progress.progress, sources: sources.sources, strategy: sources.indexStrategy, alwaysAsks: upgrade)
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    let previous = try folder.lockIfPresent()
    let pinned = try await workplace.pinner.pin(
      spec, previous: previous, upgrade: movable, runtime: spec.hasRuntime ? try runtime.anyBinary().inputs : nil,
      now: Clock.now)
    let lock = pinned.lock
    let text = lock.text
    if lock != previous { try Files.write(text, to: folder.file(ImageFolder.lockName)) }
    progress.clear()
    let effects = pinned.platforms.map { (platform: $0.lock.platform, effects: BaseEffects($0)) }
    let changes = LockChanges(from: previous, to: lock, base: effects)
    for difference in lock.versionDifferences { output.note("note: \(difference)") }
    output.print(text: changes.text(path: folder.file(ImageFolder.lockName)), json: changes.json)
  }

  /// What may move.
  private var movable: ImagePinner.Upgrade { upgrade ? .all : only.isEmpty ? .none : .only(Set(only)) }

  /// Resolves a list and writes every package with the hashes of all its files.
  private func pinList(_ progress: ProgressLine) async throws {
    let requirements = try list.list(image)
    var sources = self.sources.sources
    sources.add(requirements.sources)
    let workplace = try Workplace(
      progress: progress.progress, sources: sources, strategy: self.sources.indexStrategy, alwaysAsks: upgrade)
    let pin = ListPin(path: image, options: list, list: requirements, workplace: workplace, upgrade: movable)
    let outcome = try await workplace.progress.during("resolve \(image)") { try await pin.resolve() }
    let text = try pin.text(of: outcome)
    progress.clear()
    guard let file = list.outputFile else {
      output.print(text: text, json: pin.json(of: outcome))
      return
    }
    try Files.write(text, to: file)
    output.note("\(file): \(outcome.resolution.packages.count) packages")
  }
}
