import Host
import Images
import OCI
import Registry

/// A transfer that a test can kill: `registry-transfer pull|push PLACE REFERENCE STORE`, in pieces small enough for that.
@main
struct TransferProgram {
  static func main() async {
    let words = CommandLine.arguments
    guard words.count == 5 else { CurrentProcess.exit(2) }
    var configuration = RegistryConfiguration()
    configuration.rangeBytes = 256 << 10...256 << 10
    configuration.uploadChunkBytes = 128 << 10
    do {
      let copier = ImageCopier(
        client: RegistryClient(configuration: configuration), store: try ContentStore(at: words[4]))
      let reference = try Reference(parsing: words[3])
      if words[1] == "pull" {
        try await copier.pull(reference)
      } else {
        try await copier.copy(try ImagePlace(parsing: words[2]), to: .registry(reference))
      }
    } catch {
      print("error: \(error)")
      CurrentProcess.exit(1)
    }
  }
}
