import ArgumentParser
import Building
import Host
import Images
import JSON
import OCI
import Registry

/// `drydock push`: brings an image to a registry.
struct Push: Command {
  static let configuration = CommandConfiguration(
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
    let descriptor = try await copier.copy(
      try await origin(progress), to: .registry(reference), try selection.selection)
    progress.clear()
    let pinned = reference.pinned(to: descriptor.digest)
    output.print(
      text: "\(pinned)\n",
      json: .object(["digest": .string("\(descriptor.digest)"), "reference": .string("\(pinned)")]))
  }

  /// A folder's image is built first, which takes no time if nothing changed.
  private func origin(_ progress: ProgressLine) async throws -> ImagePlace {
    if !Files.isDirectory(image) { return try ImagePlace(parsing: image) }
    let folder = try ImageFolder(image)
    let workplace = try Workplace(progress: progress.progress)
    let result = try await ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output).build()
    let built = result.built.image
    return .stored(digest: built.digest, root: built.blobRoot)
  }
}
