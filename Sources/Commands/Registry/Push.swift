import ArgumentParser
import Building
import Dockerfiles
import Host
import Images
import JSON
import OCI
import Registry
import Resolution

/// `drydock push`: brings an image to a registry.
struct Push: Command {
  static let configuration = CommandConfiguration(
    commandName: "push",
    abstract: "Send an image to a registry; what it has already is not sent, and a broken push goes on where it was.",
    discussion: """
      EXAMPLES
        drydock push oci:layout:latest docker://example.com/team/image:1
        drydock push images/spark-athena example.com/team/image:1
      """)

  @Argument(help: "A folder with an image.yaml, or an image in any form that 'drydock copy' knows.")
  var image: String

  @Argument(help: "Where it goes: [docker://]HOST/NAME[:TAG].")
  var reference: String

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var registry: RegistryOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let reference = try Reference(argument: reference)
    let copier = try registry.copier(progress)
    var selection = try selection.selection
    let origin = try await origin(progress, &selection)
    let descriptor = try await copier.copy(origin, to: .registry(reference), selection)
    progress.clear()
    let pinned = reference.pinned(to: descriptor.digest)
    output.print(
      text: "\(pinned)\n",
      json: .object(["digest": .string("\(descriptor.digest)"), "reference": .string("\(pinned)")]))
  }

  /// A folder's image is built first, which takes no time if nothing changed; those of several platforms go as an index.
  private func origin(
    _ progress: ProgressLine, _ whole: inout ImageCopier.Selection
  ) async throws -> ImagePlace {
    if !Files.isDirectory(image) { return try ImagePlace(parsing: image) }
    let folder = try ImageFolder(image)
    let workplace = try Workplace(progress: progress.progress)
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    let choice = try selection.platform.map { PlatformChoice.named([try SelectionOptions.platform($0)]) } ?? .all
    let results = try await build.build(choice)
    let built = results[0].built.image
    whole.takesAll = whole.takesAll || results.count > 1
    guard results.count > 1 else { return .stored(digest: built.digest, root: built.blobRoot) }
    let index = try Build.addIndex(
      results.map { ($0.plan.spec.platform, $0.built.image) }, to: try ContentStore(at: workplace.cache.folder(.store)))
    return .stored(digest: index.digest, root: built.blobRoot)
  }
}
