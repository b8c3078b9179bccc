import ArgumentParser
import JSON
import OCI
import Registry

/// `drydock copy`: copies an image between any two places.
struct Copy: Command, EndsSoon {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Copy an image from one place to another without changing its digests.",
    discussion: """
      A place is docker://NAME[:TAG][@DIGEST], oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG],
      docker-daemon:NAME:TAG or dir:DIR.

      EXAMPLES
        drydock copy docker://debian:12 oci:layout:12 --all
        drydock copy oci:layout:12 docker://example.com/team/debian:12 --all --referrers
      """)

  @Argument(help: "Where the image is.")
  var from: String

  @Argument(help: "Where it goes.")
  var to: String

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var registry: RegistryOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let copier = try registry.copier(progress)
    let descriptor = try await copier.copy(
      try ImagePlace(parsing: from), to: try ImagePlace(parsing: to), try selection.selection)
    progress.clear()
    output.print(
      text: "\(descriptor.digest)\n",
      json: .object(["digest": .string("\(descriptor.digest)"), "mediaType": .string("\(descriptor.mediaType)")]))
  }
}
