import ArgumentParser
import Host
import Images
import JSON
import OCI
import Registry

/// `drydock inspect`: says what is inside an image.
struct Inspect: Command, EndsSoon {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show an image's configuration, layers, platforms and referrers.",
    discussion: """
      EXAMPLES
        drydock inspect docker://debian:12
        drydock inspect oci:layout:12 --waste    what its layers hold for nothing
        drydock inspect docker://debian:12 --raw the manifest's own bytes
      """)

  @Argument(help: "An image in any form that 'drydock copy' knows.")
  var image: String

  @Flag(help: "Print the manifest or index as it is, and nothing else.")
  var raw = false

  @Flag(help: "Read the layers and show what later ones hide.")
  var waste = false

  @Option(help: ArgumentHelp("Look at this platform's image.", valueName: "os/arch"))
  var platform: String?

  @OptionGroup var registry: RegistryOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let copier = try registry.copier(progress)
    let place = try ImagePlace(parsing: image)
    if raw {
      let named = try platform.map { try SelectionOptions.platform($0) }
      let manifest = try await copier.manifest(of: place, platform: named)
      progress.clear()
      Terminal.write(String(decoding: manifest.bytes, as: UTF8.self), to: .output)
      return
    }
    let inspection = try await copier.inspect(
      place, platform: try SelectionOptions.platform(platform), readsLayers: waste)
    progress.clear()
    let report = InspectionReport(inspection)
    output.print(text: report.text, json: report.json)
  }
}
