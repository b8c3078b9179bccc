import ArgumentParser
import Building
import Host

/// Where the runtime binary is that goes into images.
struct RuntimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The glue-athena binary (default: beside drydock, or .build/runtime/glue-athena).", valueName: "file"))
  var runtime: String?

  /// The binary with the digest of its inputs, which `make runtime` writes beside it.
  func binary() throws -> RuntimeBinary {
    let beside = Path.join(Path.parent(Environment.executablePath) ?? "/", "glue-athena")
    let candidates = runtime.map { [$0] } ?? [beside, ".build/runtime/glue-athena"]
    guard let path = candidates.first(where: { Files.isFile($0) && Files.isFile($0 + RuntimeBinary.inputsSuffix) })
    else {
      throw Failure(
        .badInput, "there is no glue-athena binary with its digest at \(candidates.joined(separator: " or "))",
        hint: "run 'make runtime', or name it with --runtime")
    }
    return try RuntimeBinary(path: path)
  }
}
