import ArgumentParser
import Building
import Dockerfiles
import Host
import JSON
import Resolution

/// `drydock pin`: resolves a specification, or a bare list of requirements.
struct Pin: Command {
  static let configuration = CommandConfiguration(
    abstract: "Resolve everything an image is made of and write its lock.",
    discussion: """
      Pins that the lock has already are held as long as image.yaml allows it; --upgrade moves all of them, --only some.

      EXAMPLES
        drydock pin images/spark-athena
        drydock pin images/spark-athena --only pandas --only numpy
        drydock pin requirements.in --python 3.10 -o requirements.txt
      """)

  @Argument(help: "A folder with an image.yaml, or a file with a requirement on each line.")
  var image: String

  @Flag(help: "Let every pin move to the newest version that fits.")
  var upgrade = false

  @Option(help: ArgumentHelp("Let this package move; may be given several times.", valueName: "package"))
  var only: [String] = []

  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var list: RequirementListOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let workplace = try Workplace(progress: progress.progress)
    if Files.isFile(image) {
      try await list.pin(image, workplace: workplace, output: output)
      return
    }
    guard Files.exists(image) else {
      throw Failure(
        .badInput, "\(image) does not exist", hint: "give a folder with an image.yaml, or a list of requirements")
    }
    let folder = try ImageFolder(image)
    let spec = try folder.spec()
    let previous = try folder.lockIfPresent()
    let upgrade: ImagePinner.Upgrade = self.upgrade ? .all : only.isEmpty ? .none : .only(Set(only))
    let lock = try await workplace.pinner.pin(
      spec, previous: previous, upgrade: upgrade, runtime: spec.hasRuntime ? try runtime.binary().inputs : nil,
      now: Clock.now)
    let text = lock.text
    if lock != previous { try Files.write(text, to: folder.file(ImageFolder.lockName)) }
    progress.clear()
    let changes = LockChanges(from: previous, to: lock)
    output.print(text: changes.text(path: folder.file(ImageFolder.lockName)), json: changes.json)
  }
}
