import ArgumentParser
import JSON
import OCI
import Registry

/// `drydock pull`: brings an image of a registry into the store, or to another place.
struct Pull: Command {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetch an image from a registry; a broken or killed pull goes on where it was.",
    discussion: """
      EXAMPLES
        drydock pull debian:12
        drydock pull docker://example.com/team/image:1 --all
        drydock pull debian:12 -o oci:layout:12
      """)

  @Argument(help: "The image: [docker://][HOST/]NAME[:TAG][@DIGEST].")
  var reference: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: "Put it there, in any form that 'drydock copy' knows, and not under its name in the store.")
  var destination: String?

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var registry: RegistryOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let reference = try Reference(argument: reference)
    let copier = try registry.copier(progress)
    let descriptor: Descriptor
    if let destination {
      descriptor = try await copier.copy(
        .registry(reference), to: try ImagePlace(parsing: destination), try selection.selection)
    } else {
      descriptor = try await copier.pull(reference, try selection.selection)
    }
    progress.clear()
    let pinned = reference.pinned(to: descriptor.digest)
    output.print(
      text: "\(pinned)\n",
      json: .object(["digest": .string("\(descriptor.digest)"), "reference": .string("\(pinned)")]))
  }
}
