import ArgumentParser
import Building
import Host
import OCI

/// Where the files are that go into images: the runtime binary, and a folder of vendored artefacts.
struct RuntimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The glue-athena binary (default: beside drydock, or .build/runtime/glue-athena); for each platform one.",
      valueName: "[os/arch=]file"))
  var runtime: [String] = []

  @Option(
    help: ArgumentHelp("Take every locked file from this folder, which 'drydock vendor' wrote.", valueName: "dir"))
  var vendor: String?

  /// The binary for a platform, with the digest of its inputs, which `make runtime` writes beside it.
  ///
  /// Of several candidates the first one counts whose header names the platform's processor.
  func binary(for platform: Platform) throws -> RuntimeBinary {
    let given = given()
    if let named = given.first(where: { $0.platform == platform }) {
      return try Self.binary(among: [named.path], platform)
    }
    let unnamed = given.filter { $0.platform == nil }.map(\.path)
    if !unnamed.isEmpty { return try Self.binary(among: unnamed, platform) }
    let vendored = vendor.map { folder in
      VendoredFolder.runtimes(for: platform.architecture).map { Path.join(folder, $0) }
    }
    return try Self.binary(among: (vendored ?? []) + Self.standard, platform)
  }

  /// The binary whose inputs a lock names: any will do, as all are built from the same sources.
  func anyBinary() throws -> RuntimeBinary {
    let given = given().map(\.path)
    if !given.isEmpty { return try Self.binary(among: given, nil) }
    return try Self.binary(among: (vendor.map { [Path.join($0, VendoredFolder.runtime)] } ?? []) + Self.standard, nil)
  }

  /// The options for another process of Drydock's, with paths that hold from everywhere.
  func repeated() -> [String] {
    given().map { given in
      "--runtime=" + (given.platform.map { "\($0)=" } ?? "") + Path.absolute(given.path)
    } + (vendor.map { ["--vendor=\(Path.absolute($0))"] } ?? [])
  }

  private static var standard: [String] {
    [Path.join(Path.parent(Environment.executablePath) ?? "/", "glue-athena"), ".build/runtime/glue-athena"]
  }

  private func given() -> [(platform: Platform?, path: String)] {
    runtime.map { text in
      guard let sign = text.firstIndex(of: "="), let platform = try? Platform(parsing: String(text[..<sign])) else {
        return (nil, text)
      }
      return (platform, String(text[text.index(after: sign)...]))
    }
  }

  private static func binary(among candidates: [String], _ platform: Platform?) throws -> RuntimeBinary {
    let binaries = try candidates.filter { Files.isFile($0) && Files.isFile($0 + RuntimeBinary.inputsSuffix) }
      .map(RuntimeBinary.init)
    guard let first = binaries.first else {
      throw Failure(
        .badInput, "there is no glue-athena binary with its digest at \(candidates.joined(separator: " or "))",
        hint: "run 'make runtime', or name it with --runtime")
    }
    // A lone wrong one is refused by whoever puts it into an image.
    return binaries.first { $0.architecture == platform?.architecture } ?? first
  }
}
