import ArgumentParser
import Building
import Host

/// Where the files are that go into images: the runtime binary, and a folder of vendored artefacts.
struct RuntimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The glue-athena binary (default: beside drydock, or .build/runtime/glue-athena).", valueName: "file"))
  var runtime: String?

  @Option(
    help: ArgumentHelp("Take every locked file from this folder, which 'drydock vendor' wrote.", valueName: "dir"))
  var vendor: String?

  /// The binary with the digest of its inputs, which `make runtime` writes beside it.
  func binary() throws -> RuntimeBinary {
    let beside = Path.join(Path.parent(Environment.executablePath) ?? "/", "glue-athena")
    let vendored = vendor.map { [Path.join($0, VendoredFolder.runtime)] } ?? []
    let candidates = runtime.map { [$0] } ?? vendored + [beside, ".build/runtime/glue-athena"]
    guard let path = candidates.first(where: { Files.isFile($0) && Files.isFile($0 + RuntimeBinary.inputsSuffix) })
    else {
      throw Failure(
        .badInput, "there is no glue-athena binary with its digest at \(candidates.joined(separator: " or "))",
        hint: "run 'make runtime', or name it with --runtime")
    }
    return try RuntimeBinary(path: path)
  }
}
