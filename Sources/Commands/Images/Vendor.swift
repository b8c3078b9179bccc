import ArgumentParser
import Building
import Host
import JSON
import OCI
import Registry
import Resolution

/// `drydock vendor`: keeps every locked file in a folder.
struct Vendor: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    abstract: "Copy every file that a lock names into a folder, to build from it without a network.",
    discussion: """
      Debian packages, wheels, source distributions with what builds them, what only tests need, the base image and the
      runtime: verified on the way in and again on the way out. A folder that was left half done goes on where it was.

      EXAMPLES
        drydock vendor images/spark-athena vendored
        drydock build images/spark-athena --vendor vendored    a year later, on a train
        sha256sum --check SHA256SUMS                           in the folder, with no tool of ours
      """)

  @Argument(help: "A folder with an image.yaml and a drydock.lock.")
  var image: String

  @Argument(help: "The folder to write; made if it does not exist.")
  var folder: String

  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let workplace = try Workplace(progress: progress.progress)
    let source = try ImageFolder(image)
    let spec = try source.spec()
    let lock = try source.lock(for: spec)
    let target = VendoredFolder(folder, cache: workplace.cache, progress: workplace.progress)
    try target.requireOwn()
    let binary = spec.hasRuntime ? try runtime.binary() : nil
    if let base = lock.base { try await copyBase(base, to: target, lock.platform, workplace) }
    let summary = try await target.write(
      lock, of: spec, from: try workplace.sources(of: lock), runtime: binary)
    progress.clear()
    output.print(
      text:
        "\(folder): \(summary.files) files, \(ByteCount.text(summary.size)), \(summary.kept) of them there before\n",
      json: .object([
        "path": .string(folder), "files": .integer(summary.files), "size": .integer(summary.size),
        "kept": .integer(summary.kept),
      ]))
  }

  /// The base's manifests and layers, of the platform alone.
  private func copyBase(
    _ base: Lock.Base, to folder: VendoredFolder, _ platform: Platform, _ workplace: Workplace
  ) async throws {
    let name = try Reference(argument: base.reference)
    let pinned = try Reference(domain: name.domain, repository: name.repository, digest: base.digest)
    try Files.createDirectory(folder.path)
    let copier = try workplace.copier()
    try await copier.copy(
      .registry(pinned), to: .layout(path: folder.basePath, tag: nil), ImageCopier.Selection(platform: platform))
    // The digest in the lock may be that of an index, which vouches for the platform's manifest.
    let root = try await copier.manifest(of: .registry(pinned))
    let blobs = "\(folder.basePath)/blobs/sha256"
    try Files.createDirectory(blobs)
    try Files.write(root.bytes, to: "\(blobs)/\(root.descriptor.digest.hex)")
  }
}
